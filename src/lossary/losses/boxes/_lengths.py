"""Lengths of a pair of boxes along x and y, which are on the last axis of the arrays.

For a predicted box from lo to hi and a true box from a to b:

w, s       the sizes of the two boxes
i          the length they share;  out, miss: the rest of w and of s;  gap: the length between them
o          from the first end to the last: i + out + miss + gap
c          from center to center

All lengths except c are sums of nonnegative terms, so nothing cancels where boxes are nearly equal. They are
in units of o: IoU does not depend on the unit, and no area overflows or underflows, however large or small
the boxes are. If neither box has an extent along an axis, o is 0, and the axis counts as shared.

Each length is piecewise linear in the two numbers that locate the prediction. At a kink, where two edges
meet, its slope is the mean of both sides.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from lossary._math import difference
from lossary._typing import Array, Number


class Steps(NamedTuple):
    """Derivatives of the lengths: in one number of the prediction, or along a combination of several."""

    w: Number
    i: Number
    o: Number
    c: Number

    def plus(self, other: "Steps", of_self: Number, of_other: Number) -> "Steps":
        return Steps(*[of_self * a + of_other * b for a, b in zip(self, other, strict=True)])


class _Ends(NamedTuple):
    """Lengths that do not depend on the format."""

    w: Array
    s: Array
    left: Array
    """lo - a"""
    right: Array
    """hi - b"""
    near: Array
    """hi - a"""
    far: Array
    """b - lo"""
    c: Array


def _of_corners(x: Array, y: Array, xp: Any) -> _Ends:
    (lo, hi), (a, b) = xp.halves(x), xp.halves(y)
    left, right = lo - a, hi - b
    return _Ends(hi - lo, b - a, left, right, hi - a, b - lo, 0.5 * (left + right))


def _of_center(x: Array, y: Array, xp: Any) -> _Ends:
    """Adds back the rounding errors of sums, to keep the distances of edges that nearly meet."""
    (here, w), (there, s) = xp.halves(x), xp.halves(y)
    c, of_c = difference(here, there, xp)
    more, of_more = difference(0.5 * w, 0.5 * s, xp)
    mean, of_mean = difference(0.5 * w, -0.5 * s, xp)
    left, right = (c - more) + (of_c - of_more), (c + more) + (of_c + of_more)
    near, far = (mean + c) + (of_mean + of_c), (mean - c) + (of_mean - of_c)
    return _Ends(w, s, left, right, near, far, c)


def _in_corners(lo: Steps, hi: Steps) -> tuple[Steps, Steps]:
    return lo, hi


def _in_center(lo: Steps, hi: Steps) -> tuple[Steps, Steps]:
    return lo.plus(hi, 1.0, 1.0), hi.plus(lo, 0.5, -0.5)


class Format(NamedTuple):
    """How four numbers describe a box, two for each axis."""

    ends: Callable[[Array, Array, Any], _Ends]
    numbers: Callable[[Steps, Steps], tuple[Steps, Steps]]
    """Converts steps in the two ends to steps in the two numbers."""


FORMATS = {"corners": Format(_of_corners, _in_corners), "center": Format(_of_center, _in_center)}


class Boxes(NamedTuple):
    ends: _Ends
    w: Array
    s: Array
    i: Array
    out: Array
    miss: Array
    gap: Array
    o: Array
    """1, but autodiff sees its derivative."""
    span: Array
    """o in the units of the boxes."""
    unit: Array
    """1/span, or 0."""


def measured(by: Format, x: Array, y: Array, xp: Any) -> Boxes:
    at = by.ends(x, y, xp)
    meet = _meet(at)
    least, most = _lesser(at.near, at.far, xp), _larger(at.near, at.far, xp)
    i = xp.where(meet, _lesser(_lesser(at.w, at.s, xp), least, xp), 0.0)
    out = xp.where(meet, _rise(-at.left, xp) + _rise(at.right, xp), at.w)
    miss = xp.where(meet, _rise(at.left, xp) + _rise(-at.right, xp), at.s)
    gap = xp.where(meet, 0.0, -least)
    span = _larger(_larger(at.w, at.s, xp), most, xp)
    none = span == 0
    by_unit, shared = xp.constant(xp.where(none, 1.0, span)), xp.where(none, 1.0, xp.zeros_like(span))
    w, s, i, o = [length / by_unit + shared for length in (at.w, at.s, i, span)]
    out, miss, gap, unit = [length / by_unit for length in (out, miss, gap, 1.0 - shared)]
    return Boxes(at, w, s, i, out, miss, gap, o, span, unit)


def steps(by: Format, at: Boxes, xp: Any) -> tuple[Steps, Steps]:
    """Derivatives of the lengths in each of the two numbers."""
    ends = at.ends
    meet = xp.where(_meet(ends), 1.0, xp.zeros_like(ends.w))
    lo = Steps(-1.0, -meet * _passed(ends.left, xp), -_passed(-ends.left, xp), 0.5)
    hi = Steps(1.0, meet * _passed(-ends.right, xp), _passed(ends.right, xp), 0.5)
    return by.numbers(lo, hi)


def other(x: Array, xp: Any) -> Array:
    """For each length, the length along the other axis."""
    return xp.stack((x[..., 1], x[..., 0]), axis=-1)


def area(x: Array) -> Array:
    return x[..., 0] * x[..., 1]


def both(x: Array) -> Array:
    return x[..., 0] + x[..., 1]


def _meet(at: _Ends) -> Array:
    return (at.near > 0) & (at.far > 0)


def _lesser(x: Array, y: Array, xp: Any) -> Array:
    if not xp.is_differentiated:
        return xp.minimum(x, y)
    return xp.where(x < y, x, xp.where(x > y, y, 0.5 * (x + y)))


def _larger(x: Array, y: Array, xp: Any) -> Array:
    return -_lesser(-x, -y, xp)


def _rise(x: Array, xp: Any) -> Array:
    """max(x, 0), with slope one half at 0."""
    if not xp.is_differentiated:
        return xp.maximum(x, 0.0)
    return xp.where(x > 0, x, xp.where(x < 0, 0.0 * x, 0.5 * x))


def _passed(x: Array, xp: Any) -> Array:
    """The slope of `_rise`."""
    return xp.where(x > 0, 1.0, xp.where(x < 0, 0.0, 0.5 + x))
