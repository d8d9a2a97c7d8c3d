"""Losses of the overlap of regions."""

from typing import Any

import mpmath as mp

from tests.reference.terms import Terms, sigmoid


def _parts(p: Any, y: Any, overlap: str) -> tuple[list, list, list]:
    """Of each pixel: what is hit, what is found by mistake, what is missed."""
    pixels = [(mp.mpf(a), mp.mpf(b)) for a, b in zip(p, y, strict=True)]
    if overlap == "product":
        parts = [(a * b, a * (1 - b), (1 - a) * b) for a, b in pixels]
    elif overlap == "minimum":
        parts = [((a + b - abs(a - b)) / 2, max(a - b, mp.mpf(0)), max(b - a, mp.mpf(0))) for a, b in pixels]
    else:  # norms in the place of sums: what is false and what is missed together are a square
        parts = [(a * b, (a - b) ** 2 / 2, (a - b) ** 2 / 2) for a, b in pixels]
    hit, false, missed = zip(*parts, strict=True)
    return list(hit), list(false), list(missed)


def tversky(
    p: Any,
    y: Any,
    *,
    fp_weight: float = 0.5,
    fn_weight: float = 0.5,
    smooth: float = 0,
    overlap: str = "product",
) -> Terms:
    hits, falses, misses = _parts(p, y, overlap)
    false = mp.mpf(fp_weight) * mp.fsum(falses)
    missed = mp.mpf(fn_weight) * mp.fsum(misses)
    whole = mp.fsum(hits) + false + missed + mp.mpf(smooth)
    if whole == 0:
        return [mp.mpf(0)]
    if overlap == "squared":  # each derivative is that of the pixel itself, less what the others make of it
        return [part / whole for part in falses]
    # Of hard labels each derivative has one sign. Of others it crosses zero, between these two.
    return [(false + missed) / whole] if all(b in (0, 1) for b in y) else [false / whole, missed / whole]


def dice(p: Any, y: Any, *, smooth: float = 0, overlap: str = "product") -> Terms:
    return tversky(p, y, smooth=smooth, overlap=overlap)


def sigmoid_tversky(x: Any, y: Any, **options: Any) -> Terms:
    return tversky([sigmoid(v) for v in x], y, **options)


def sigmoid_dice(x: Any, y: Any, **options: Any) -> Terms:
    return sigmoid_tversky(x, y, **options)


def focal_tversky(p: Any, y: Any, *, exponent: float = 0.75, **options: Any) -> Terms:
    parts = tversky(p, y, **options)
    loss = mp.fsum(parts)
    return [part * loss ** (mp.mpf(exponent) - 1) if loss else loss for part in parts]


def sigmoid_focal_tversky(x: Any, y: Any, **options: Any) -> Terms:
    return focal_tversky([sigmoid(v) for v in x], y, **options)


def _lovasz(m: Any, y: Any) -> Terms:
    """Algorithm 1 of the paper."""
    order = sorted(range(len(m)), key=lambda j: -m[j])
    every, terms, last = mp.fsum(y), [], mp.mpf(0)
    for i in range(len(order)):
        labels = mp.fsum(mp.mpf(y[j]) for j in order[: i + 1])
        loss = 1 - (every - labels) / (every + (i + 1 - labels))
        terms.append(max(m[order[i]], mp.mpf(0)) * (loss - last))
        last = loss
    return [mp.fsum(terms)]


def lovasz_hinge(x: Any, y: Any) -> Terms:
    return _lovasz([1 - (2 * mp.mpf(b) - 1) * a for a, b in zip(x, y, strict=True)], y)


def lovasz(p: Any, y: Any) -> Terms:
    return _lovasz([abs(mp.mpf(a) - b) for a, b in zip(p, y, strict=True)], y)


def lovasz_softmax(p: Any, y: Any, *, absent: str = "counted") -> Terms:
    lines = [(q, b) for q, b in zip(p, y, strict=True) if absent == "counted" or any(b)]
    return [mp.fsum(term) / len(lines) for term in (lovasz(*line) for line in lines)] or [mp.mpf(0)]


def generalized_dice(p: Any, y: Any, *, smooth: float = 0, overlap: str = "product") -> Terms:
    sizes = [mp.fsum(line) for line in y]
    weights = [1 / size**2 if size else mp.mpf(0) for size in sizes]
    lines = [(w, *_parts(*line, overlap)) for w, *line in zip(weights, p, y, strict=True)]
    hit = mp.fsum(w * mp.fsum(hits) for w, hits, _, _ in lines)
    if overlap == "squared":
        apart = [w * part for w, _, falses, _ in lines for part in falses]
    else:
        apart = [w * mp.fsum(part) / 2 for w, _, *parts in lines for part in parts]
    whole = hit + mp.fsum(apart) + mp.mpf(smooth)
    if whole == 0:
        return [mp.mpf(0)]
    apart = [part / whole for part in apart]
    is_hard = overlap != "squared" and all(b in (0, 1) for line in y for b in line)
    return [mp.fsum(apart)] if is_hard else apart


ROWS = {
    dice,
    focal_tversky,
    lovasz,
    lovasz_hinge,
    sigmoid_dice,
    sigmoid_focal_tversky,
    sigmoid_tversky,
    tversky,
}
"""Those of which an example is a row."""

TABLES = {generalized_dice, lovasz_softmax}
"""Those of which an example is a table."""
