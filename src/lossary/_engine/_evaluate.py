"""From a kernel and the user's arrays to the reduced loss, or to its derivatives.

arrays → their library → shapes and dtypes checked, one floating dtype → masked in → values checked →
kernel → weighed → reduced.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from lossary import _check
from lossary._backend._base import Backend
from lossary._backend._resolve import resolve
from lossary._engine._arrays import Inputs, choose, prepare
from lossary._engine._guard import guard
from lossary._engine._weigh import weigh
from lossary._kernel import Kernel
from lossary._typing import Array, Axes

REDUCTIONS = ("mean", "weighted_mean", "sum", "none", "total")


class Derive(NamedTuple):
    """Passed by a transformation in place of the first array: derivatives up to `order` are wanted."""

    array: Array
    order: int


class Call(NamedTuple):
    """A loss call, as the user wrote it."""

    kernels: tuple[Kernel, ...]
    arrays: tuple[Array, ...]
    axis: int
    params: Mapping[str, Any]
    per_class: Mapping[str, Array]
    weights: Array
    where: Array
    over: Axes
    reduction: str


def evaluate(
    kernels: Kernel | tuple[Kernel, ...],
    *arrays: Array,
    axis: int = -1,
    params: Mapping[str, Any] | None = None,
    per_class: Mapping[str, Array] | None = None,
    weights: Array = None,
    where: Array = None,
    over: Axes = None,
    reduction: str = "mean",
) -> Any:
    """Evaluate a loss.

    `kernels` are one or, where the labels may be class ids or distributions, both; `per_class` are
    parameters that may have one value per class along `axis`. What a parameter of None means, the
    kernel's default says.
    """
    kernels = (kernels,) if isinstance(kernels, Kernel) else kernels
    name = kernels[0].name
    if reduction not in REDUCTIONS:
        _check.choice(name, "reduction", reduction, REDUCTIONS)
    order = 0
    if isinstance(arrays[0], Derive):
        order = arrays[0].order
        arrays = (arrays[0].array, *arrays[1:])
    params = {k: v for k, v in (params or {}).items() if v is not None}
    per_class = {k: v for k, v in (per_class or {}).items() if v is not None}
    backend = resolve(*arrays, weights, where, *per_class.values(), *params.values())
    call = Call(kernels, arrays, axis, params, per_class, weights, where, over, reduction)
    return backend.run(_evaluate, backend, call, order)


def _evaluate(backend: Backend, call: Call, order: int) -> Any:
    kernel = choose(call.kernels, call.arrays)
    inputs = prepare(backend, kernel, call.arrays, call.axis, call.params, call.per_class)
    weighing = weigh(backend, kernel.name, inputs, call.weights, call.where, call.over, call.reduction)
    arrays, bad = guard(backend, kernel, inputs, weighing.where)
    weighing = weighing.spoil(bad)
    values = backend.call(kernel, 0, arrays, inputs.params)
    result = weighing.reduce(values)
    if order == 0:
        return result
    share = weighing.share()
    derivatives = [
        _derivative(backend, kernel, inputs, share, backend.call(kernel, k, arrays, inputs.params))
        for k in range(1, order + 1)
    ]
    return (result, *derivatives)


def _derivative(backend: Backend, kernel: Kernel, inputs: Inputs, share: Array, slope: Array) -> Array:
    """A reduction is a weight: the derivative of Σ share·value is share·slope."""
    xp = backend.xp
    slope = xp.broadcast_to(slope, inputs.arrays[0].shape)
    per_row = kernel.has_classes and not isinstance(share, float | int)
    slope = slope * (share[..., None] if per_row else share)
    if kernel.has_classes:
        slope = xp.moveaxis(slope, -1, inputs.axis)
    return backend.cast(slope, inputs.first_dtype)
