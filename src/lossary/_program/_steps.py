"""The steps of a call, or of a block: cast to one dtype → mask → kernel → weight → sum."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from lossary._declared import wrong
from lossary._program._guard import guard
from lossary._program._layout import is_number, rows_back
from lossary._program._library import Library
from lossary._program._plan import Operands, Plan
from lossary._program._prepare import Inputs, prepare
from lossary._program._weigh import (
    NOTHING,
    Denominators,
    Sums,
    Weighing,
    denominators_of,
    finish,
    share_of,
    weigh,
)
from lossary._typing import Array


def evaluate(
    library: Library, plan: Plan, unread: tuple[str, ...], operands: Operands, cotangent: Array = None
) -> Any:
    """The results of the plan: one per order."""
    return finished(library, plan, steps(library, plan, unread, operands, None, cotangent))


def finished(library: Library, plan: Plan, parts: list[Any]) -> Any:
    """From sums to the result of the reduction."""
    if plan.orders[0] == 0 and plan.reduction != "none":
        parts[0] = finish(library, plan, parts[0])
    return parts[0] if len(parts) == 1 else tuple(parts)


def steps(
    library: Library,
    plan: Plan,
    unread: tuple[str, ...],
    operands: Operands,
    denominators: Denominators | None = None,
    cotangent: Array = None,
    outs: Sequence[Array] = (None,) * 3,
) -> list[Any]:
    """For each order of the plan: the `Sums` of the losses (without reduction, the losses), or the
    derivative.

    For a block, `denominators` are those of the whole call. Derivatives are multiplied by the cotangent of
    the result, if there is one. They may be written to the arrays `outs`, if there are any.
    """
    found = _evaluated(library, plan, unread, operands)
    parts: list[Any] = []
    for order, result, out in zip(plan.orders, found.results, outs, strict=False):
        if order == 0:
            parts.append(_losses(library, plan, found, result))
        else:
            share = share_of(
                library, plan, found.inputs.shape, found.weights, denominators or found.own, cotangent
            )
            slope = library.cast(
                _derivative(library, plan, operands, found.inputs, result, share, out), plan.first_dtype
            )
            if plan.numbers[0]:  # one number for all examples gets the sum of their gradients
                slope = library.cast(library.sum(slope, tuple(range(slope.ndim))), plan.first_dtype)
            parts.append(slope)
    return parts


class Apart(NamedTuple):
    """A value, and a gradient as two factors that are still to be multiplied."""

    value: Array
    slope: Array
    """The derivative of each loss, with the shape of the first array."""
    share: Array
    """Its factor: a number, or an array with the shape of the losses."""


def apart(library: Library, plan: Plan, unread: tuple[str, ...], operands: Operands) -> Apart:
    """The value and the factors of the gradient, for callers that also multiply by a cotangent."""
    found = _evaluated(library, plan, unread, operands)
    value = _losses(library, plan, found, found.results[0])
    share = share_of(library, plan, found.inputs.shape, found.weights, found.own)
    return Apart(
        value if plan.reduction == "none" else finish(library, plan, value),
        _derivative(library, plan, operands, found.inputs, found.results[1]),
        share,
    )


class _Evaluated(NamedTuple):
    inputs: Inputs
    weights: Array
    own: Denominators
    """The denominators of these examples alone."""
    results: list[Array]


def _evaluated(library: Library, plan: Plan, unread: tuple[str, ...], operands: Operands) -> _Evaluated:
    """The results of the formulas, and the weight of each loss."""
    inputs, weighing = _ready(library, plan, unread, operands)
    kernel, arrays, weights = plan.kernel, inputs.arrays, weighing.weights
    if unread or weighing.where is not None:
        kernel, arrays, stain = guard(library, plan, inputs, weighing.where, unread)
        if stain is not None:  # NaN for examples with inputs outside their domain
            weights = stain if weights is None else weights * stain
    own: Denominators = None, None
    if plan.reduction != "none":
        own = denominators_of(library, plan, inputs, weighing._replace(weights=weights))
    return _Evaluated(inputs, weights, own, library.results(kernel, plan.orders, arrays, inputs.params))


def _losses(library: Library, plan: Plan, found: _Evaluated, values: Array) -> Any:
    """The `Sums` of the losses; without reduction, the losses."""
    if values.shape != found.inputs.shape:
        values = _of_each(library, plan, values, found.inputs)
    values = values if found.weights is None else values * found.weights
    return values if plan.reduction == "none" else Sums(library.sum(values, plan.axes), *found.own)


def _of_each(library: Library, plan: Plan, values: Array, inputs: Inputs) -> Array:
    """The losses in their shape, which may be known only later. One number for all examples is an error."""
    if len(getattr(values, "shape", ())) != len(inputs.shape):
        raise not_of_each(plan, values)
    return library.xp.broadcast_to(values, inputs.shape)


def not_of_each(plan: Plan, values: Array) -> Exception:
    return wrong(
        plan.kernel.name,
        f"`value` must return a loss for each example, of shape {tuple(plan.layout.shape)}",
        f"got shape {tuple(getattr(values, 'shape', ()))}",
        fix="no mean or sum over examples in a formula: the engine reduces",
    )


def denominators_in(
    library: Library, plan: Plan, unread: tuple[str, ...], operands: Operands
) -> Denominators:
    """The denominators of a block."""
    inputs, weighing = _ready(library, plan, unread, operands)
    return denominators_of(library, plan, inputs, weighing)


def _ready(
    library: Library, plan: Plan, unread: tuple[str, ...], operands: Operands
) -> tuple[Inputs, Weighing]:
    inputs = prepare(library, plan, operands)
    if plan.is_weighed or inputs.class_weights is not None:
        return inputs, weigh(library, plan, inputs, operands, unread)
    return inputs, NOTHING


def _derivative(
    library: Library,
    plan: Plan,
    operands: Operands,
    inputs: Inputs,
    slope: Array,
    share: Array = None,
    out: Array = None,
) -> Array:
    """The derivative in the shape of the first array. The derivative of Σ share·value is share·slope.

    If there is an array `out`, rows are last.
    """
    xp, rows = library.xp, inputs.arrays[0]
    if slope.shape != rows.shape:
        slope = xp.broadcast_to(slope, xp.sized(rows.shape, rows))
    if share is not None:
        factor = share[..., None] if plan.kernel.has_classes and not is_number(share) else share
        if out is not None and out.dtype == slope.dtype:
            xp.multiply(slope, factor, out=xp.reshape(out, slope.shape))
            return out
        slope = slope * factor
    if plan.kernel.has_classes:
        first = operands.arrays[0]
        slope = rows_back(slope, plan.layout.axis, xp.sized(first.shape, first), xp)
    return slope
