"""Functions with custom derivatives in all MLX transformations.

`mx.custom_function` alone has three traps. Under `vmap` it loses its derivative. Arrays that are not inputs
are constants with derivative 0. Forward mode also differentiates the value, only to discard the result.
Therefore a mapped function carries the mapped derivative, all arrays are inputs, and gradients stop before
the value.
"""

from collections.abc import Callable, Sequence
from typing import Any

import mlx.core as mx

from lossary._typing import Array

Pull = Callable[[Array, Sequence[Array]], Sequence[Array | None]]


def with_derivative(value: Callable[..., Array], pull: Pull, *inputs: Array) -> Array:
    """`value(*inputs)`, with gradients from `pull(cotangent, inputs)`; None for inputs without a gradient."""
    of = mx.custom_function(lambda *inputs: value(*map(mx.stop_gradient, inputs)))
    of.vjp(lambda inputs, cotangent, _: _pulled(pull, cotangent, _listed(inputs)))
    of.jvp(lambda inputs, tangents: _pushed(value, pull, _listed(inputs), _listed(tangents)))
    of.vmap(lambda inputs, axes: (_mapped(value, pull, _listed(inputs), _listed(axes)), 0))
    return of(*inputs)


def gradients(
    function: Callable[..., Array], cotangent: Array, inputs: Sequence[Array]
) -> list[Array | None]:
    """The gradients of `function(*inputs)` in the floating inputs, by autodiff of its operations."""
    places = [i for i, x in enumerate(inputs) if mx.issubdtype(x.dtype, mx.floating)]
    found: list[Array | None] = [None] * len(inputs)
    if places:

        def of_floating(*values: Array) -> Array:
            merged = list(inputs)
            for i, value in zip(places, values, strict=True):
                merged[i] = value
            return function(*merged)

        _, slopes = mx.vjp(of_floating, [inputs[i] for i in places], [cotangent])
        for i, slope in zip(places, slopes, strict=True):
            found[i] = slope
    return found


def _pulled(pull: Pull, cotangent: Array, inputs: list[Array]) -> tuple[Array, ...]:
    found = zip(pull(cotangent, inputs), inputs, strict=True)
    return tuple([mx.zeros_like(x) if slope is None else slope.astype(x.dtype) for slope, x in found])


def _pushed(value: Callable[..., Array], pull: Pull, inputs: list[Array], tangents: list[Any]) -> Array:
    """The derivative along tangents: the transpose of the pullback, which is linear in the cotangent."""
    live = [i for i, tangent in enumerate(tangents) if tangent is not None]

    def linear(cotangent: Array) -> list[Array]:
        found = _pulled(pull, cotangent, inputs)
        return [found[i] for i in live]

    cotangent = mx.zeros_like(value(*inputs))
    return mx.vjp(linear, [cotangent], [tangents[i] for i in live])[1][0]


def _mapped(value: Callable[..., Array], pull: Pull, inputs: list[Array], axes: list[int | None]) -> Array:
    """The function mapped over the axes, with its mapped derivatives.

    MLX's `&` and `|` read past the end if only one operand is mapped, so all inputs are mapped.
    """
    (size, *_) = [x.shape[axis] for x, axis in zip(inputs, axes, strict=True) if axis is not None]
    all_mapped = [
        mx.broadcast_to(x[None], (size, *x.shape)) if axis is None else mx.moveaxis(x, axis, 0)
        for x, axis in zip(inputs, axes, strict=True)
    ]

    def pull_of_one(cotangent: Array, *inputs: Array) -> tuple[Array, ...]:
        return _pulled(pull, cotangent, list(inputs))

    def pull_of_all(cotangent: Array, inputs: Sequence[Array]) -> list[Array]:
        return _listed(mx.vmap(pull_of_one)(cotangent, *inputs))

    return with_derivative(mx.vmap(value), pull_of_all, *all_mapped)


def _listed(given: Any) -> list[Any]:
    """MLX passes one input as it is, and several as a tuple."""
    return list(given) if isinstance(given, tuple | list) else [given]
