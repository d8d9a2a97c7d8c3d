"""Losses of boxes, written from their corners."""

from collections.abc import Callable
from typing import Any

import mpmath as mp

from tests.reference.terms import Terms


def _corners(box: Any, form: str) -> list:
    if form == "corners":
        return [mp.mpf(v) for v in box]
    x, y, w, h = map(mp.mpf, box)
    return [x - w / 2, y - h / 2, x + w / 2, y + h / 2]


class _Pair:
    """Two boxes. Along an axis in which neither has an extent both have the length 1, and share it."""

    def __init__(self, x: Any, y: Any, form: str):
        p, t = _corners(x, form), _corners(y, form)
        self.sizes, self.sizes_of_target, shared, around = [], [], [], []
        for i in (0, 1):
            (lo, hi), (a, b) = (p[i], p[i + 2]), (t[i], t[i + 2])
            span = max(hi, b) - min(lo, a)
            lengths = hi - lo, b - a, max(min(hi, b) - max(lo, a), mp.mpf(0)), span
            found = lengths if span else [mp.mpf(1)] * 4
            for kept, length in zip((self.sizes, self.sizes_of_target, shared, around), found, strict=True):
                kept.append(length)
        self.spans = [max(p[i + 2], t[i + 2]) - min(p[i], t[i]) for i in (0, 1)]
        self.apart = [(p[i] + p[i + 2] - t[i] - t[i + 2]) / 2 for i in (0, 1)]
        self.predicted, self.true = mp.fprod(self.sizes), mp.fprod(self.sizes_of_target)
        self.shared, self.around = mp.fprod(shared), mp.fprod(around)
        self.union = self.predicted + self.true - self.shared
        self.angles = [
            mp.atan2(b[2] - b[0], b[3] - b[1]) if b[2] > b[0] or b[3] > b[1] else None for b in (p, t)
        ]

    @property
    def v(self) -> Any:
        a, b = self.angles
        return mp.mpf(0) if a is None or b is None else (2 / mp.pi * (a - b)) ** 2

    @property
    def lost(self) -> Terms:
        """1 - IoU: what is in the one box alone, and what in the other."""
        if self.union == 0:
            return [mp.mpf(1), mp.mpf(0)]
        return [(self.predicted - self.shared) / self.union, (self.true - self.shared) / self.union]


def iou(x: Any, y: Any, *, format: str = "corners") -> Terms:
    return _Pair(x, y, format).lost


def generalized_iou(x: Any, y: Any, *, format: str = "corners") -> Terms:
    pair = _Pair(x, y, format)
    return [*pair.lost, (pair.around - pair.union) / pair.around]


def distance_iou(x: Any, y: Any, *, format: str = "corners") -> Terms:
    pair = _Pair(x, y, format)
    diagonal = mp.fsum(s**2 for s in pair.spans)
    return [*pair.lost, *[d**2 / (diagonal or mp.mpf(1)) for d in pair.apart]]


def complete_iou(x: Any, y: Any, *, format: str = "corners", alpha: Any = None) -> Terms:
    v = _Pair(x, y, format).v
    alpha = _alpha(x, y, format) if alpha is None else alpha
    return [*distance_iou(x, y, format=format), alpha * v]


def _alpha(x: Any, y: Any, form: str) -> Any:
    pair = _Pair(x, y, form)
    whole = mp.fsum(pair.lost) + pair.v
    return pair.v / whole if whole else mp.mpf(0)


def _held(x: Any, y: Any, *, format: str = "corners") -> Callable[..., Terms]:
    alpha = _alpha(x, y, format)

    def held(x: Any, y: Any, **options: Any) -> Terms:
        return complete_iou(x, y, alpha=alpha, **options)

    return held


complete_iou.held = _held  # type: ignore[attr-defined]

ROWS = {complete_iou, distance_iou, generalized_iou, iou}
"""An example is a row of four numbers."""
