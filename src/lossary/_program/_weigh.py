"""A reduction is a weight: the result is Σ share·value, so the gradient is share·slope.

Weights, masks, denominators and reductions are handled here and nowhere else.
"""

from math import nan, prod
from typing import Any, NamedTuple

from lossary._program._layout import Shape, is_number
from lossary._program._library import Library
from lossary._program._plan import TOTAL, Operands, Plan
from lossary._program._prepare import Inputs
from lossary._typing import Array

Denominators = tuple[Array, Array]
"""The sum of the weights and the number of the losses; None where the reduction does not need it."""


class Sums(NamedTuple):
    """A sum of weighted losses and its possible denominators."""

    sum: Array
    weight: Array
    count: Array


class Weighing(NamedTuple):
    """How much each loss counts."""

    where: Array = None
    """None, or which losses count."""
    weights: Array = None
    """None, or the weight of each loss (0 where masked out), broadcastable to the loss."""
    counted: Array = None
    """The weights in the denominator, if they differ: the value may include class weights already."""


NOTHING = Weighing()
"""Each loss counts 1."""


def weigh(
    library: Library, plan: Plan, inputs: Inputs, operands: Operands, unread: tuple[str, ...]
) -> Weighing:
    xp = library.xp
    weights, where, class_weights = operands.weights, operands.where, inputs.class_weights
    if where is not None:
        where = _mask(library, plan, where, inputs)
    if weights is not None:
        weights = library.asarray(weights, plan.dtype, inputs.arrays[0])
        weights = _aligned(library, plan, plan.weights_shape, inputs, weights)
        if "weights" in unread:
            weights = xp.where(weights < 0, nan, weights)
    counted = None
    if class_weights is not None:
        if "class_weights" in inputs.params:  # the value includes them already
            counted = class_weights if weights is None else weights * class_weights
        else:
            if "class_weights" in unread:
                class_weights = xp.where(class_weights < 0, nan, class_weights)
            weights = class_weights if weights is None else weights * class_weights
    if where is not None:
        weights = library.cast(where, plan.dtype) if weights is None else xp.where(where, weights, 0.0)
        counted = None if counted is None else xp.where(where, counted, 0.0)
    return Weighing(where, weights, counted)


def _mask(library: Library, plan: Plan, where: Array, inputs: Inputs) -> Array:
    if isinstance(where, bool):
        return library.xp.broadcast_to(
            library.asarray(where, library.xp.bool, inputs.arrays[0]), inputs.shape
        )
    return _aligned(library, plan, plan.where_shape, inputs, where)


def _aligned(library: Library, plan: Plan, shape: Shape, inputs: Inputs, array: Array) -> Array:
    """Weights or a mask with as many axes as the losses, broadcast if sizes are known only later."""
    if is_number(array) or not array.shape:
        return array
    known = None not in shape and None not in plan.layout.shape
    axes = len(array.shape)
    if not known and axes < len(shape):  # its own axes must not broadcast
        array = library.of_shape(array, inputs.shape[:axes])
    if tuple(array.shape) != shape:
        array = library.xp.reshape(array, shape)
    if known:
        return array
    return library.xp.broadcast_to(array, inputs.shape)  # fails if sizes turn out not to match


def denominators_of(library: Library, plan: Plan, inputs: Inputs, weighing: Weighing) -> Denominators:
    """The sum of the weights and the number of the losses."""
    where, weights, counted = weighing
    counted = weights if counted is None else counted
    size, weight, count = plan.size, None, None
    if size is None:
        size = prod([inputs.shape[i] for i in plan.axes])
    if plan.reduction in ("weighted_mean", TOTAL):
        weight = size
        if counted is not None:
            weight = library.sum(library.xp.broadcast_to(counted, inputs.shape), plan.axes)
    if plan.reduction in ("mean", TOTAL):
        count = size
        if where is not None:
            count = library.xp.count_nonzero(library.xp.broadcast_to(where, inputs.shape), axis=plan.axes)
    return weight, count


def share_of(
    library: Library,
    plan: Plan,
    shape: Shape,
    weights: Array,
    denominators: Denominators,
    cotangent: Array = None,
) -> Array:
    """The factor of each loss's derivative."""
    share = 1.0 if weights is None else weights
    by = _divisor(plan, *denominators)
    if by is not None:
        if not is_number(by):
            by = library.cast(_kept(library, plan, shape, by), plan.dtype)
        share = divide(share, by, library.xp)
    if cotangent is None:
        return share
    return share * (cotangent if plan.reduction == "none" else _kept(library, plan, shape, cotangent))


def _kept(library: Library, plan: Plan, shape: Shape, reduced: Array) -> Array:
    """A reduced array with the reduced axes put back, to broadcast against the losses."""
    kept = tuple([1 if i in plan.axes else n for i, n in enumerate(shape)])
    return library.xp.reshape(reduced, kept)


def finish(library: Library, plan: Plan, sums: Sums) -> Any:
    """From sums to the result of the reduction."""
    by = _divisor(plan, sums.weight, sums.count)
    if by is not None:
        if is_number(by) and by:
            return library.ratio(sums.sum, by, plan.dtype)
        if not is_number(by):
            by = library.cast(by, sums.sum.dtype)
        return library.cast(divide(sums.sum, by, library.xp), plan.dtype)
    total = library.cast(sums.sum, plan.dtype)
    if plan.reduction == "sum":
        return total
    zeros = library.xp.zeros_like(total)
    parts = [p if is_number(p) else library.cast(p, plan.dtype) for p in sums[1:]]
    return Sums(total, zeros + parts[0], zeros + parts[1])


def _divisor(plan: Plan, weight: Array, count: Array) -> Array:
    if plan.reduction == "mean":
        return count
    return weight if plan.reduction == "weighted_mean" else None


def divide(x: Array, by: Array, xp: Any) -> Array:
    """x / by, but 0 where `by` is 0. NaN stays NaN."""
    if is_number(by):
        return x / by if by else 0.0 * x
    empty = by == 0
    return xp.where(empty, 0.0, x / xp.where(empty, 1.0, by))
