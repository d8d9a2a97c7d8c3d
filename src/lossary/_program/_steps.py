"""The steps of a call, or of a block: to one floating dtype → masked in → kernel → weighed → summed."""

from typing import Any

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
    """What the plan asks for: one result for each order."""
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
) -> list[Any]:
    """For each order of the plan: the `Sums` of the losses (unreduced: the losses), or the derivative.

    `denominators` are those of the whole call, if this is a block of it. Derivatives are multiplied by
    the cotangent of the result, if there is one.
    """
    inputs, weighing = _ready(library, plan, unread, operands)
    kernel, arrays, weights = plan.kernel, inputs.arrays, weighing.weights
    if unread or weighing.where is not None:
        kernel, arrays, stain = guard(library, kernel, plan.classes, inputs, weighing.where, unread)
        if stain is not None:  # NaN for examples whose inputs are outside of their domain
            weights = (1.0 if weights is None else weights) + stain
    if plan.reduction != "none":
        own = denominators_of(library, plan, inputs, weighing._replace(weights=weights))
    else:
        own = None, None
    parts: list[Any] = []
    for order, result in zip(
        plan.orders, library.results(kernel, plan.orders, arrays, inputs.params), strict=True
    ):
        if order == 0:
            values = result
            if values.shape != inputs.shape:
                values = _of_each(library, plan, values, inputs)
            values = values if weights is None else values * weights
            total = plan.reduction == "none"
            parts.append(values if total else Sums(library.sum(values, plan.axes), *own))
        else:
            share = share_of(library, plan, inputs.shape, weights, denominators or own, cotangent)
            parts.append(_derivative(library, plan, operands, inputs, share, result))
    return parts


def _of_each(library: Library, plan: Plan, values: Array, inputs: Inputs) -> Array:
    """The losses in their shape, which may be known only later. One number for all examples is none."""
    if len(getattr(values, "shape", ())) != len(inputs.shape):
        raise not_of_each(plan, values)
    return library.xp.broadcast_to(values, inputs.shape)


def not_of_each(plan: Plan, values: Array) -> Exception:
    return wrong(
        plan.kernel.name,
        f"`value` must return a loss for each example, of shape {tuple(plan.layout.shape)}",
        f"got shape {tuple(getattr(values, 'shape', ()))}",
        fix="no mean or sum over examples in a formula: the engine does that",
    )


def denominators_in(
    library: Library, plan: Plan, unread: tuple[str, ...], operands: Operands
) -> Denominators:
    """What the sums of a block are divided by."""
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
    library: Library, plan: Plan, operands: Operands, inputs: Inputs, share: Array, slope: Array
) -> Array:
    """A reduction is a weight: the derivative of Σ share·value is share·slope."""
    xp, rows = library.xp, inputs.arrays[0]
    if slope.shape != rows.shape:
        slope = xp.broadcast_to(slope, xp.sized(rows.shape, rows))
    slope = slope * (share[..., None] if plan.kernel.has_classes and not is_number(share) else share)
    if plan.kernel.has_classes:
        first = operands.arrays[0]
        slope = rows_back(slope, plan.layout.axis, xp.sized(first.shape, first), xp)
    slope = library.cast(slope, plan.first_dtype)
    if plan.numbers[0]:  # one number for all examples: it gets what all of them get
        return library.cast(library.sum(slope, tuple(range(slope.ndim))), plan.first_dtype)
    return slope
