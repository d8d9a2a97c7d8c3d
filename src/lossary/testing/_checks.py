"""The checks; each is a generator of failure messages."""

import inspect
import math
from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from lossary.testing._libraries import Library, Loss, Values
from lossary.testing._points import Kind, Point, batch, points

Check: TypeAlias = Callable[[Loss, Kind, list[Library]], Iterator[str]]

_FLAT = 40.0
"""From this logit on, a textbook sigmoid is 0 or 1 in float64, and only the epsilon remains."""


def _at(loss: Loss, library: Library, point: Point, x: float | None = None) -> float:
    return float(library.value(loss, *point.arrays(x)).sum())


def finite(loss: Loss, kind: Kind, some: list[Library]) -> Iterator[str]:
    """Values and gradients are finite in double and single precision."""
    for library in some:
        for dtype in ("float64", "float32"):
            for point in points(kind):
                value = float(library.value(loss, *point.arrays(dtype=dtype)).sum())
                if not math.isfinite(value):
                    yield f"{library.name}, {dtype}: the loss is {value} at {point}"
                elif library.derives:
                    slope = library.gradient(loss, *point.arrays(dtype=dtype))
                    if not np.isfinite(slope).all():
                        yield f"{library.name}, {dtype}: the gradient is {slope.ravel()[0]} at {point}"


def not_negative(loss: Loss, kind: Kind, some: list[Library]) -> Iterator[str]:
    for point in points(kind):
        value = _at(loss, some[0], point)
        if value < -1e-12:
            yield f"the loss is {value:.6g} at {point}"


def minimum(loss: Loss, kind: Kind, some: list[Library]) -> Iterator[str]:
    """No prediction costs less than the right one, and a wrong one costs more."""
    for target in sorted({point.target for point in points(kind)}):
        point = Point(kind, 0.0, target)
        wrong = point.best + 3.0 if kind == "real" else 1 - point.best if kind == "probs" else -point.best
        if not _at(loss, some[0], point, wrong) > _at(loss, some[0], point, point.best):
            yield f"target {target:g}: {wrong:.6g} costs no more than {point.best:.6g}, which is right"
    for point in points(kind):
        right = _at(loss, some[0], point, point.best)
        value = _at(loss, some[0], point)
        if value < right - 1e-6 * max(1.0, abs(right)):
            yield f"the loss is {value:.6g} at {point}, and {right:.6g} at {point.best:.6g}, which is right"


def saturation(loss: Loss, kind: Kind, some: list[Library]) -> Iterator[str]:
    """A worse mistake costs more: values clipped by an epsilon have no gradient."""
    if kind in ("real", "probs"):
        return
    for target in (0.0, 1.0):
        point = Point(kind, 0.0, target)
        wrong = -math.copysign(1.0, point.best)
        near, far = (_at(loss, some[0], point, wrong * x) for x in (_FLAT, 100.0))
        if math.isfinite(far) and far <= near:
            yield (
                f"target {target:g}: the loss is {far:.6g} at logit {wrong * 100:g}, no more than at "
                f"{wrong * _FLAT:g}: clipped by an epsilon? No gradient is left"
            )


def derivative(loss: Loss, kind: Kind, some: list[Library]) -> Iterator[str]:
    """Autodiff lies between the one-sided differences; at a kink, any slope between them is accepted."""
    for library in (one for one in some if one.derives):
        for point in points(kind):
            slope = float(library.gradient(loss, *point.arrays()).ravel()[0])
            middle = _at(loss, library, point)
            left = (middle - _at(loss, library, point, point.x - point.step)) / point.step
            right = (_at(loss, library, point, point.x + point.step) - middle) / point.step
            if not all(map(math.isfinite, (slope, left, right))):
                continue  # `finite` reports this
            slack = 1e-4 * max(1.0, abs(left), abs(right))
            if not min(left, right) - slack <= slope <= max(left, right) + slack:
                middle = (left + right) / 2
                yield f"{library.name}: autodiff says {slope:.6g}, differences {middle:.6g} at {point}"


def libraries_agree(loss: Loss, kind: Kind, some: list[Library]) -> Iterator[str]:
    for library in some[1:]:
        for point in points(kind):
            first, other = _at(loss, some[0], point), _at(loss, library, point)
            if math.isfinite(first) and not math.isclose(first, other, rel_tol=1e-9, abs_tol=1e-12):
                yield f"{some[0].name} says {first:.9g}, {library.name} {other:.9g} at {point}"


def jit(loss: Loss, kind: Kind, some: list[Library]) -> Iterator[str]:
    for library in some:
        compiled = library.compiled(loss)
        if compiled is None:
            continue
        x, y = batch(points(kind))
        eager, traced = library.value(loss, x, y), library.value(compiled, x, y)
        if eager.shape != traced.shape or not np.allclose(
            eager, traced, rtol=1e-9, atol=1e-12, equal_nan=True
        ):
            yield f"{library.name}: compiled, the loss is {_short(traced)}, and {_short(eager)} without"


def reductions(loss: Loss, kind: Kind, some: list[Library]) -> Iterator[str]:
    """`reduction` works as named; without it, a batch returns the mean or the sum of its examples."""
    usual = [point for point in points(kind) if abs(point.x) <= 15]
    x, y = batch(usual)
    each = np.array([_at(loss, some[0], point) for point in usual])
    if "reduction" in _parameters(loss):
        for name, expected in (("none", each), ("sum", each.sum()), ("mean", each.mean())):
            value = some[0].value(loss, x, y, reduction=name)
            if value.shape != np.shape(expected):
                yield f"reduction={name!r} has shape {value.shape}, expected {np.shape(expected)}"
            elif not np.allclose(value, expected, rtol=1e-9):
                yield f"reduction={name!r} is {_short(value)}, expected {_short(np.asarray(expected))}"
        return
    value = some[0].value(loss, x, y)
    if value.shape == each.shape:
        if not np.allclose(value, each, rtol=1e-9):
            yield "a batch has other losses than its examples one by one"
    elif value.shape:
        yield f"{len(each)} examples have losses of shape {value.shape}, expected {each.shape} or one number"
    elif not (np.allclose(value, each.mean(), rtol=1e-9) or np.allclose(value, each.sum(), rtol=1e-9)):
        yield f"a batch costs {value:.6g}, but the mean of its examples is {each.mean():.6g}"


def _parameters(loss: Loss) -> list[str]:
    try:
        return list(inspect.signature(loss).parameters)
    except ValueError:  # built-in functions have no signature
        return []


def _short(value: Values) -> str:
    return f"{float(value):.6g}" if value.ndim == 0 else f"{value.ravel()[:3].tolist()}..."


CHECKS: dict[str, Check] = {
    "finite": finite,
    "non-negative": not_negative,
    "minimum": minimum,
    "saturation": saturation,
    "derivative": derivative,
    "libraries": libraries_agree,
    "jit": jit,
    "reductions": reductions,
}
