"""NumPy's program for most calls: arrays used as they are, in one block.

The steps are those of `_program._steps`, with all decisions made in advance.
"""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from lossary._backend._numpy_formulas import maximum_or_nan
from lossary._program._guard import filler
from lossary._program._plan import TOTAL, Operands, Plan
from lossary._program._steps import not_of_each
from lossary._program._weigh import Sums, divide
from lossary._typing import Array


def is_straight(plan: Plan) -> bool:
    """Whether a call qualifies."""
    numbers = prod(plan.layout.shape) * (plan.classes if plan.kernel.has_classes else 1)
    has_value = plan.orders[0] == 0
    return bool(has_value and plan.as_is and plan.layout.shape and numbers and not plan.has_per_class)


def straight(
    plan: Plan,
    check: Callable[[Operands, bool], Any],
    libraries: tuple[Any, Any],
    sum_of: Callable[[Array, tuple[int, ...]], Array],
) -> Callable[[Operands, bool], Any]:
    """The program of a plan. The first library is quick, the second careful."""
    kernel, orders, shape, axes = plan.kernel, plan.orders, plan.layout.shape, plan.axes
    dtype, first_dtype, reduction, static = plan.dtype, plan.first_dtype, plan.reduction, plan.static
    cast, first_shape = np.dtype(dtype).type, (*shape, *([plan.classes] if kernel.has_classes else []))
    all_axes, weights_shape, where_shape = len(axes) == len(shape), plan.weights_shape, plan.where_shape
    kept = tuple([1 if i in axes else n for i, n in enumerate(shape)])
    fillers = [filler(argument.domain, plan.classes) for argument in kernel.takes]
    is_weighed, rows, size = plan.is_weighed, kernel.has_classes, plan.size
    looks, differentiates = bool(plan.checked or plan.has_params or is_weighed), len(orders) > 1

    @np.errstate(all="ignore")
    def program(operands: Operands, thorough: bool) -> Any:
        if looks:
            check(operands, thorough)
        arrays, params, weights, where = operands
        if static:
            params = {**static, **params}
        share: Array = None
        count: Any = size
        weight: Any = size
        if is_weighed:
            if where is not None:
                where = np.broadcast_to(np.reshape(where, where_shape), shape)
                arrays = masked(where, arrays)
                count = np.count_nonzero(where, axis=axes)
                count = int(count) if all_axes else count
                share = where.astype(dtype)
            if weights is not None:
                weights = np.reshape(np.asarray(weights, dtype), weights_shape)
                share = weights if where is None else np.where(where, weights, 0.0)
            weight = sum_of(np.broadcast_to(share, shape), axes)
        by = count if reduction == "mean" else weight if reduction == "weighted_mean" else None
        slopes: list[Array] = []
        for library in libraries:
            losses, *slopes = library.results(kernel, orders, arrays, params)
            if share is not None:
                losses = losses * share
            if losses.shape != shape:
                losses = of_each(plan, losses, shape)
            result = losses if reduction == "none" else sum_of(losses, axes)
            most = maximum_or_nan(result)
            if differentiates:
                factor = factor_of(share, by)
                # NumPy computes in place what nobody else refers to.
                slopes = [slopes.pop(0) * factor for _ in range(len(slopes))]
                for slope in slopes:
                    most = most + maximum_or_nan(slope)
            if most == most:
                break  # no NaN, so there was no 0 times infinity
        value = finished(result, weight, count, by)
        return (value, *[as_first(slope) for slope in slopes]) if differentiates else value

    def masked(where: Array, arrays: tuple[Array, ...]) -> tuple[Array, ...]:
        """The arrays with a value inside the domain where an example is masked out."""
        apart = where[..., None] if rows else where
        return tuple(
            [
                np.where(apart if core else where, a, fill)
                for a, core, fill in zip(arrays, kernel.cores, fillers, strict=True)
            ]
        )

    def factor_of(share: Array, by: Any) -> Any:
        """The factor of each loss's derivative."""
        if share is None:
            return 1.0 if by is None else 1.0 / by if by else 0.0
        if by is not None:
            share = divide(share, by if all_axes else by.astype(dtype).reshape(kept), np)
        return share[..., None] if rows and share.ndim else share

    def finished(result: Array, weight: Any, count: Any, by: Any) -> Any:
        if by is not None:
            result = (result / by if by else 0.0 * result) if all_axes else divide(result, by, np)
        if reduction == "none":
            return result.astype(dtype, copy=False)
        value = cast(result) if all_axes else result.astype(dtype)
        if reduction != TOTAL:
            return value
        zeros = np.zeros_like(value)
        return Sums(value, zeros + np.asarray(weight, dtype), zeros + np.asarray(count, dtype))

    def as_first(slope: Array) -> Array:
        if slope.shape != first_shape:
            slope = np.broadcast_to(slope, first_shape).copy()
        return slope.astype(first_dtype, order="C", copy=False)

    return program


def of_each(plan: Plan, losses: Array, shape: tuple[int, ...]) -> Array:
    """The losses in their shape. One number for all examples is an error."""
    if losses.ndim != len(shape):
        raise not_of_each(plan, losses)
    return np.broadcast_to(losses, shape)
