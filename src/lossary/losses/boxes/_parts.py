"""The terms of the losses on boxes, with their derivatives.

The areas are A for the prediction, B for the target, I for what they share, N for the rest of both, U = N +
I, and C for the smallest box around both. A ' marks the other axis; a, k, n and m are the steps of w, i, o
and c:

UNSHARED  N/U = 1 - IoU          N = w·out' + out·i', and the same for the target
          i'·(w'·(i·(a - k) - out·k) - B·k) / U²
AROUND    E/C = 1 - U/C          E = out·miss' + miss·out' + gap·o' + (o - gap)·gap'
          (n·(U/o - w') + (n - a + k)·w' - k·out') / C
DISTANCE  P = Σ c² / Σ o²
          (2c·m - P·2o·n) / Σ o²
ASPECT    α·v = α·4/π²·Δ²        Δ the angle between the diagonals, α = v/(1 - IoU + v) held constant
          -α·8/π²·Δ·(h, -w)·a / (w² + h²)

Areas are linear in each number, so the second derivatives of the first two terms are their slopes times
-2U'/U and -2C'/C.
"""

from collections.abc import Callable, Mapping
from functools import partial
from math import pi
from typing import Any, NamedTuple

from lossary._kernel import Argument, Kernel
from lossary._typing import Array
from lossary.losses.boxes._lengths import FORMATS, Boxes, Format, Steps, area, both, measured, other, steps


class Part(NamedTuple):
    value: Callable[[Boxes, Any], Array]
    slope: Callable[[Boxes, Steps, Any], Array]
    """The derivative in one number per axis."""
    bend: Callable[[Boxes, Steps, Array, Any], Array]
    """The second derivative in it, given the slope."""
    turn: Callable[[Boxes, Steps, Steps, Any], Array]
    """The derivative of the slope along the second steps."""


def _apart(at: Boxes) -> Array:
    """N"""
    found = at.w[..., 0] * at.out[..., 1] + at.out[..., 0] * at.i[..., 1]
    return found + (at.s[..., 0] * at.miss[..., 1] + at.miss[..., 0] * at.i[..., 1])


def _all(at: Boxes) -> Array:
    """U"""
    return _apart(at) + area(at.i)


def _unshared(at: Boxes, xp: Any) -> Array:
    apart, shared = _apart(at), area(at.i)
    whole = apart + shared
    none = whole == 0
    return xp.where(none, 1.0, apart / xp.where(none, 1.0, whole))


def _whole(at: Boxes, xp: Any) -> Array:
    """U with a trailing axis of length 1; 1 where U is 0."""
    whole = _all(at)[..., None]
    return xp.where(whole == 0, 1.0, whole)


class _Slope(NamedTuple):
    """The slope of N/U as a product, in units of o."""

    share: Array
    rest: Array


def _unshared_in_units(at: Boxes, step: Steps, whole: Array, xp: Any) -> _Slope:
    rest = other(at.w, xp) * (at.i * (step.w - step.i) - at.out * step.i) - area(at.s)[..., None] * step.i
    return _Slope(other(at.i, xp) / whole, rest / whole)


def _unshared_slope(at: Boxes, step: Steps, xp: Any) -> Array:
    share, rest = _unshared_in_units(at, step, _whole(at, xp), xp)
    return at.unit * (share * rest)


def _growth(at: Boxes, step: Steps, xp: Any) -> Array:
    """U' for each axis."""
    return (step.w - step.i) * other(at.w, xp) + step.i * other(at.out, xp)


def _unshared_bend(at: Boxes, step: Steps, slope: Array, xp: Any) -> Array:
    return -2.0 * (_growth(at, step, xp) / _whole(at, xp)) * at.unit * slope


def _unshared_turn(at: Boxes, step: Steps, way: Steps, xp: Any) -> Array:
    whole = _whole(at, xp)
    share, rest = _unshared_in_units(at, step, whole, xp)
    w, i = at.unit * way.w, at.unit * way.i
    growth = both(_growth(at, Steps(w, i, 0.0, 0.0), xp))[..., None]
    of_rest = other(w, xp) * (at.i * (step.w - step.i) - at.out * step.i)
    of_rest = of_rest + other(at.w, xp) * (i * (step.w - step.i) - (w - i) * step.i)
    change = (other(i, xp) / whole) * rest + share * (of_rest / whole)
    return at.unit * (change - 2.0 * share * rest * (growth / whole))


def _around(at: Boxes, xp: Any) -> Array:
    filled = at.i + at.out + at.miss
    empty = both(at.out * other(at.miss, xp))
    empty = empty + (at.gap[..., 0] * at.o[..., 1] + filled[..., 0] * at.gap[..., 1])
    return empty / area(at.o)


def _around_in_units(at: Boxes, step: Steps, xp: Any) -> Array:
    out, miss, filled = other(at.out, xp), other(at.miss, xp), other(at.i + at.out + at.miss, xp)
    beyond = (miss * (at.i + at.miss + at.gap) - (at.miss * out + at.gap * filled)) / at.o  # U/o - w'
    change = step.o * beyond + (step.o - step.w + step.i) * other(at.w, xp) - step.i * out
    return change / area(at.o)[..., None]


def _around_slope(at: Boxes, step: Steps, xp: Any) -> Array:
    return at.unit * _around_in_units(at, step, xp)


def _around_bend(at: Boxes, step: Steps, slope: Array, xp: Any) -> Array:
    return -2.0 * (step.o / at.o) * at.unit * slope


def _around_turn(at: Boxes, step: Steps, way: Steps, xp: Any) -> Array:
    w, i, o = at.unit * way.w, at.unit * way.i, at.unit * way.o
    whole = area(at.o)[..., None]
    share = _all(at)[..., None] / whole
    change = both(_around_in_units(at, Steps(w, i, o, 0.0), xp))[..., None]
    turn = step.o * (share * other(o, xp) - change * other(at.o, xp))
    turn = turn - (step.w * other(w, xp) - step.i * other(i, xp))
    turn = turn - _around_in_units(at, step, xp) * both(o * other(at.o, xp))[..., None]
    return at.unit * turn / whole


class _Diagonal(NamedTuple):
    """In units of the longer o."""

    unit: Array
    c: Array
    o: Array
    square: Array
    share: Array
    """P"""


def _diagonal(at: Boxes, xp: Any) -> _Diagonal:
    unit = _largest(at.span, xp)
    c, o = at.ends.c / unit, at.span / unit
    square = both(o * o)[..., None]
    square = xp.where(square == 0, 1.0, square)
    return _Diagonal(unit, c, o, square, both(c * c)[..., None] / square)


def _largest(x: Array, xp: Any) -> Array:
    """The unit of length: the largest x, or 1 if that is 0."""
    unit = xp.constant(xp.max(x, axis=-1, keepdims=True))
    return xp.where(unit == 0, 1.0, unit)


def _distance(at: Boxes, xp: Any) -> Array:
    return _diagonal(at, xp).share[..., 0]


def _distance_in_units(of: _Diagonal, step: Steps) -> Array:
    return 2.0 * (of.c * step.c - of.share * (of.o * step.o)) / of.square


def _distance_slope(at: Boxes, step: Steps, xp: Any) -> Array:
    of = _diagonal(at, xp)
    return _distance_in_units(of, step) / of.unit


def _distance_bend(at: Boxes, step: Steps, slope: Array, xp: Any) -> Array:
    of = _diagonal(at, xp)
    down = of.share * (step.o * step.o) + 2.0 * _distance_in_units(of, step) * (of.o * step.o)
    return (2.0 * (step.c * step.c - down) / of.square) / (of.unit * of.unit)


def _distance_turn(at: Boxes, step: Steps, way: Steps, xp: Any) -> Array:
    of = _diagonal(at, xp)
    c, o = way.c / of.unit, way.o / of.unit
    growth = 2.0 * both(of.o * o)[..., None]
    share = (2.0 * both(of.c * c)[..., None] - of.share * growth) / of.square
    change = 2.0 * (c * step.c - share * of.o * step.o - of.share * o * step.o)
    return ((change - _distance_in_units(of, step) * growth) / of.square) / of.unit


class _Shape(NamedTuple):
    """In units of the longer side."""

    unit: Array
    w: Array
    square: Array
    turn: Array
    """The derivative in w and h of the angle between the diagonal and the height."""
    angle: Array
    """Δ, from the diagonal of the prediction to the diagonal of the target."""
    amount: Array
    """α, times 4/π²."""


def _shape(at: Boxes, xp: Any) -> _Shape:
    unit, unit_of_target = _largest(at.ends.w, xp), _largest(at.ends.s, xp)
    w, s = at.ends.w / unit, at.ends.s / unit_of_target
    square = both(w * w)[..., None]
    square = xp.where(square == 0, 1.0, square)
    turn = xp.stack((w[..., 1], -w[..., 0]), axis=-1) / square
    angle = xp.atan2(s[..., 0] * w[..., 1] - s[..., 1] * w[..., 0], both(s * w))
    v = (4.0 / pi**2) * angle * angle
    whole = _unshared(at, xp) + v
    amount = xp.constant((4.0 / pi**2) * (v / xp.where(whole == 0, 1.0, whole)))
    return _Shape(unit, w, square, turn, angle[..., None], amount[..., None])


def _aspect(at: Boxes, xp: Any) -> Array:
    of = _shape(at, xp)
    return (of.amount * (of.angle * of.angle))[..., 0]


def _aspect_slope(at: Boxes, step: Steps, xp: Any) -> Array:
    of = _shape(at, xp)
    return -2.0 * of.amount * of.angle * (of.turn * step.w) / of.unit


def _aspect_bend(at: Boxes, step: Steps, slope: Array, xp: Any) -> Array:
    of = _shape(at, xp)
    again = of.turn * of.turn + of.angle * (2.0 * of.turn * of.w / of.square)
    return 2.0 * of.amount * again * (step.w * step.w) / (of.unit * of.unit)


def _aspect_turn(at: Boxes, step: Steps, way: Steps, xp: Any) -> Array:
    of = _shape(at, xp)
    w = way.w / of.unit
    square = 2.0 * both(of.w * w)[..., None]
    turn = (xp.stack((w[..., 1], -w[..., 0]), axis=-1) - of.turn * square) / of.square
    along = both(of.turn * w)[..., None]
    return 2.0 * of.amount * (along * of.turn - of.angle * turn) * step.w / of.unit


UNSHARED = Part(_unshared, _unshared_slope, _unshared_bend, _unshared_turn)
AROUND = Part(_around, _around_slope, _around_bend, _around_turn)
DISTANCE = Part(_distance, _distance_slope, _distance_bend, _distance_turn)
ASPECT = Part(_aspect, _aspect_slope, _aspect_bend, _aspect_turn)


def _value(x: Array, y: Array, *, xp: Any, by: Format, parts: tuple[Part, ...]) -> Array:
    at = measured(by, x, y, xp)
    return _sum([part.value(at, xp) for part in parts])


def _grad(x: Array, y: Array, *, xp: Any, by: Format, parts: tuple[Part, ...]) -> Array:
    at = measured(by, x, y, xp)
    found = [_sum([part.slope(at, step, xp) for part in parts]) for step in steps(by, at, xp)]
    return xp.concat(found, axis=-1)


def _hess(x: Array, y: Array, *, xp: Any, by: Format, parts: tuple[Part, ...]) -> Array:
    at = measured(by, x, y, xp)
    found = [
        _sum([part.bend(at, step, part.slope(at, step, xp), xp) for part in parts])
        for step in steps(by, at, xp)
    ]
    return xp.concat(found, axis=-1)


def _hvp(v: Array, x: Array, y: Array, *, xp: Any, by: Format, parts: tuple[Part, ...]) -> Array:
    at = measured(by, x, y, xp)
    first, second = steps(by, at, xp)
    way = first.plus(second, v[..., :2], v[..., 2:])
    found = [_sum([part.turn(at, step, way, xp) for part in parts]) for step in (first, second)]
    return xp.concat(found, axis=-1)


def _sum(terms: list[Array]) -> Array:
    return sum(terms[1:], terms[0])


def kernels(name: str, takes: Mapping[str, tuple[Argument, ...]], *parts: Part) -> dict[str, Kernel]:
    """One kernel for each format."""
    formulas = _value, _grad, _hess, _hvp
    return {
        way: Kernel(
            name,
            "(4),(4)->()",
            takes[way],
            *[partial(formula, by=by, parts=parts) for formula in formulas],
        )
        for way, by in FORMATS.items()
    }
