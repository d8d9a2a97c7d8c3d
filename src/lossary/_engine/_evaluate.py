"""From a kernel and the user's arrays to the reduced loss, or to its derivatives.

kernel chosen and shapes checked → values checked where they can be read → (from here on in one piece that
JAX compiles) one floating dtype → masked in → kernel → weighed → reduced.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from lossary import _check
from lossary._backend._base import Backend
from lossary._backend._resolve import resolve
from lossary._engine._arrays import Inputs, Layout, choose, floating_dtypes, lay_out, plain, prepare
from lossary._engine._check_values import check_parameters, check_values
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
    """A call of a loss whose shapes and readable values are right. Arrays apart, it is hashable."""

    kernel: Kernel
    layout: Layout
    dtypes: tuple[Any, ...]
    """The floating dtype of each array; None if it has integers."""
    order: int
    reduction: str
    over: Axes
    unread: tuple[str, ...]
    """The names of what could not be checked, because its values cannot be read here."""
    arrays: tuple[Array, ...]
    params: dict[str, Any]
    per_class: dict[str, Array]
    weights: Array
    where: Array


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
    _check.choice(kernels[0].name, "reduction", reduction, REDUCTIONS)
    order = 0
    if isinstance(arrays[0], Derive):
        order = arrays[0].order
        arrays = (arrays[0].array, *arrays[1:])
    arrays = tuple([plain(a) for a in arrays])
    params = _given(params)
    per_class = _given(per_class)
    weights = plain(weights)
    backend = resolve(*arrays, weights, where, *per_class.values(), *params.values())
    kernel = choose(kernels, arrays)
    dtypes = floating_dtypes(backend, kernel, arrays)
    layout = lay_out(kernel, arrays, axis)
    unread = check_parameters(backend, kernel, params) + check_parameters(backend, kernel, per_class)
    unread += check_values(backend, kernel, layout, arrays, weights, where)
    over = over if over is None or isinstance(over, int) else tuple(over)
    return backend.run(
        _compute,
        backend,
        Call(
            kernel, layout, dtypes, order, reduction, over, unread, arrays, params, per_class, weights, where
        ),
    )


def _given(parameters: Mapping[str, Any] | None) -> dict[str, Any]:
    return {k: plain(v) for k, v in parameters.items() if v is not None} if parameters else {}


def _compute(backend: Backend, call: Call) -> Any:
    kernel = call.kernel
    inputs = prepare(backend, kernel, call.layout, call.dtypes, call.arrays, call.params, call.per_class)
    weighing = weigh(
        backend, kernel.name, inputs, call.weights, call.where, call.over, call.reduction, call.unread
    )
    arrays, bad = guard(backend, kernel, inputs, weighing.where, call.unread)
    weighing = weighing.spoil(bad)
    result = weighing.reduce(backend.call(kernel, 0, arrays, inputs.params))
    if call.order == 0:
        return result
    share = weighing.share()
    slopes = [backend.call(kernel, k, arrays, inputs.params) for k in range(1, call.order + 1)]
    derivatives = [_derivative(backend, kernel, inputs, share, slope) for slope in slopes]
    if isinstance(call.arrays[0], float | int):  # one number for all examples: it gets what all of them get
        derivatives = [backend.sum(d, tuple(range(d.ndim))) for d in derivatives]
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
