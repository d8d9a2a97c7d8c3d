"""Losses of the overlap of regions."""

from typing import Any

import mpmath as mp

from tests.reference.terms import Terms, sigmoid


def tversky(p: Any, y: Any, *, fp_weight: float = 0.5, fn_weight: float = 0.5, smooth: float = 0) -> Terms:
    pixels = [(a, mp.mpf(b)) for a, b in zip(p, y, strict=True)]
    hit = mp.fsum(a * b for a, b in pixels)
    false = mp.mpf(fp_weight) * mp.fsum(a * (1 - b) for a, b in pixels)
    missed = mp.mpf(fn_weight) * mp.fsum((1 - a) * b for a, b in pixels)
    whole = hit + false + missed + mp.mpf(smooth)
    if whole == 0:
        return [mp.mpf(0)]
    # Of hard labels each derivative has one sign. Of others it crosses zero, between these two.
    return [(false + missed) / whole] if all(b in (0, 1) for b in y) else [false / whole, missed / whole]


def dice(p: Any, y: Any, *, smooth: float = 0) -> Terms:
    return tversky(p, y, smooth=smooth)


def sigmoid_tversky(x: Any, y: Any, **options: Any) -> Terms:
    return tversky([sigmoid(v) for v in x], y, **options)


def sigmoid_dice(x: Any, y: Any, *, smooth: float = 0) -> Terms:
    return sigmoid_tversky(x, y, smooth=smooth)


def generalized_dice(p: Any, y: Any) -> Terms:
    sizes = [mp.fsum(line) for line in y]
    weights = [1 / size**2 if size else mp.mpf(0) for size in sizes]
    lines = [
        (w, [(a, mp.mpf(b)) for a, b in zip(*line, strict=True)])
        for w, *line in zip(weights, p, y, strict=True)
    ]
    whole = mp.fsum(w * mp.fsum(a + b for a, b in line) for w, line in lines)
    if whole == 0:
        return [mp.mpf(0)]
    apart = [w * mp.fsum(a * (1 - b) for a, b in line) / whole for w, line in lines]
    apart += [w * mp.fsum((1 - a) * b for a, b in line) / whole for w, line in lines]
    return [mp.fsum(apart)] if all(b in (0, 1) for line in y for b in line) else apart


ROWS = {dice, sigmoid_dice, sigmoid_tversky, tversky}
"""Those of which an example is a row."""

TABLES = {generalized_dice}
"""Those of which an example is a table."""
