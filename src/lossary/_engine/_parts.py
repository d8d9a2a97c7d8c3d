"""What a call, or a block of one, comes to: sums of losses, and derivatives.

one floating dtype → masked in → kernel → weighed → summed
"""

from typing import Any

from lossary._backend._base import Backend
from lossary._engine._arrays import rows_back
from lossary._engine._guard import guard
from lossary._engine._plan import Operands, Plan
from lossary._engine._prepare import Inputs, prepare
from lossary._engine._weigh import Denominators, Weighing, weigh
from lossary._kernel import Kernel
from lossary._typing import Array


def parts_of(
    backend: Backend,
    plan: Plan,
    unread: tuple[str, ...],
    operands: Operands,
    denominators: Denominators | None = None,
    cotangent: Array = None,
) -> list[Any]:
    """For each order of the plan: the `Total` of the losses (unreduced: the losses), or the derivative.

    `denominators` are those of the whole call, if this is a block of it. Derivatives are multiplied by
    the cotangent of the result, if there is one.
    """
    kernel, inputs, weighing, arrays = _ready(backend, plan, unread, operands)
    parts: list[Any] = []
    for order, result in zip(plan.orders, _results(backend, kernel, plan, arrays, inputs), strict=True):
        if order == 0:
            parts.append(weighing.weighted(result) if plan.reduction == "none" else weighing.sums(result))
        else:
            share = weighing.share(denominators or weighing.denominators(), cotangent)
            parts.append(_derivative(backend, plan, operands, inputs, share, result))
    return parts


def _results(
    backend: Backend, kernel: Kernel, plan: Plan, arrays: tuple[Array, ...], inputs: Inputs
) -> list[Array]:
    """What the formulas give."""
    done: list[Array] = []
    if plan.orders[:2] == (0, 1):
        done = backend.call_both(kernel, arrays, inputs.params)
    return done + [backend.call(kernel, order, arrays, inputs.params) for order in plan.orders[len(done) :]]


def denominators_of(
    backend: Backend, plan: Plan, unread: tuple[str, ...], operands: Operands
) -> Denominators:
    """What the sums are divided by."""
    return _ready(backend, plan, unread, operands)[2].denominators()


def _ready(
    backend: Backend, plan: Plan, unread: tuple[str, ...], operands: Operands
) -> tuple[Kernel, Inputs, Weighing, tuple[Array, ...]]:
    inputs = prepare(backend, plan, operands)
    weighing = weigh(backend, plan, inputs, operands, unread)
    kernel, arrays, stain = guard(backend, plan.kernel, plan.classes, inputs, weighing.where, unread)
    return kernel, inputs, weighing.spoil(stain), arrays


def _derivative(
    backend: Backend, plan: Plan, operands: Operands, inputs: Inputs, share: Array, slope: Array
) -> Array:
    """A reduction is a weight: the derivative of Σ share·value is share·slope."""
    xp = backend.xp
    if slope.shape != inputs.arrays[0].shape:
        slope = xp.broadcast_to(slope, backend.sized(inputs.arrays[0].shape, inputs.arrays[0]))
    per_row = plan.kernel.has_classes and not isinstance(share, float | int)
    slope = slope * (share[..., None] if per_row else share)
    if plan.kernel.has_classes:
        first = operands.arrays[0]
        slope = rows_back(slope, plan.layout.axis, backend.sized(first.shape, first), xp)
    slope = backend.cast(slope, plan.first_dtype)
    if plan.numbers[0] is not None:  # one number for all examples: it gets what all of them get
        return backend.cast(backend.sum(slope, tuple(range(slope.ndim))), plan.first_dtype)
    return slope
