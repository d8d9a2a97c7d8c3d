"""torch: an `autograd.Function` gives every kernel its own derivatives.

It serves reverse mode, double backward, `torch.func` and `torch.compile`. Three facts shape it (torch 2.13).
Dynamo rejects a Function that has a `jvp`, so there are two classes. Inside a compiled region, dynamo's copy
of a Function is wrong under `torch.func`, so the formula itself is differentiated there, which is correct
even at kinks (see `_math`). And a Function's `jvp` loses the tangents of an outer forward mode, which would
make second derivatives silently zero, so forward mode runs on dual numbers before any Function is reached.
"""

from collections.abc import Callable, Mapping
from typing import Any

import array_api_compat.torch
import torch
from torch.autograd import forward_ad

from lossary._backend import _torch_modes as modes
from lossary._kernel import Kernel
from lossary._program._formulas import Formulas
from lossary._typing import Array

_MOST_FORWARD_MODES = 2


class TorchFormulas(Formulas):
    """torch's functions, with replacements for those without a `vmap` rule."""

    moveaxis = staticmethod(torch.movedim)
    broadcast_to = staticmethod(torch.Tensor.expand)

    def concat(self, arrays: Any, axis: int = 0) -> Array:
        return torch.cat(tuple(arrays), dim=axis)

    def matrix_transpose(self, x: Array) -> Array:
        return x.mT

    def constant(self, x: Array) -> Array:
        return x.detach()

    def maximum(self, x: Array, bound: Array, out: Array = None) -> Array:
        if isinstance(bound, float | int):
            return x.clamp(min=bound)
        return torch.maximum(x, bound, out=out)

    def minimum(self, x: Array, bound: Array) -> Array:
        return x.clamp(max=bound) if isinstance(bound, float | int) else torch.minimum(x, bound)

    def within(self, x: Array, low: float, high: float) -> Array:
        return x.clamp(low, high)

    def arange_beside(self, size: int, like: Array) -> Array:
        return torch.arange(size, device=like.device)

    def pick(self, x: Array, ids: Array) -> Array:
        if modes.is_compiling() and modes.in_transform():
            return self.select(x, ids)  # dynamo cannot trace a gather there
        return x.gather(-1, ids[..., None])[..., 0]

    def gather(self, x: Array, ids: Array) -> Array:
        return x.gather(-1, ids)

    def ungather(self, x: Array, order: Array) -> Array:
        return torch.zeros_like(x).scatter(-1, order, x)

    def latest(self, at: Array, marked: Array) -> Array:
        return torch.cummax(torch.where(marked, at, 0), dim=-1).values

    def running_total(self, x: Array) -> Array:
        return torch.cumsum(x, dim=-1)


class _Readable(TorchFormulas):
    reads = True

    sigmoid = staticmethod(torch.sigmoid)


NAMESPACE = TorchFormulas(array_api_compat.torch)
READABLE = _Readable(array_api_compat.torch)
"""The namespace for tensors in CPU memory that nobody differentiates or traces."""
DIFFERENTIATED = TorchFormulas(array_api_compat.torch, is_differentiated=True)
"""The namespace for formulas that automatic differentiation goes through."""


class _Spec:
    """What a Function needs in addition to tensors. Not a tuple: torch.func would search it for tensors."""

    def __init__(
        self,
        namespaces: tuple[Any, Any],
        kernel: Kernel,
        order: int,
        numbers: dict[str, Any],
        names: tuple[str, ...],
    ):
        self.namespaces = namespaces
        self.kernel = kernel
        self.order = order
        self.numbers = numbers
        self.names = names  # names of the tensor parameters, which come last in `others`

    @property
    def sums_rows(self) -> bool:
        return self.order == 0 and self.kernel.has_classes

    def derivative(self) -> "_Spec":
        return _Spec(self.namespaces, self.kernel, self.order + 1, self.numbers, self.names)

    def split(self, others: Any) -> tuple[Any, dict[str, Array]]:
        """The arrays after the first, and the tensor parameters by name."""
        count = len(self.kernel.takes) - 1
        return others[:count], dict(zip(self.names, others[count:], strict=True))


def differentiable(
    namespaces: tuple[Any, Any],
    kernel: Kernel,
    order: int,
    arrays: tuple[Array, ...],
    params: Mapping[str, Any],
) -> Array:
    """Evaluate the kernel's formula of this order with the kernel's derivatives.

    The first namespace is for the formula; the second, like `DIFFERENTIATED`, for automatic differentiation
    through the formula.
    """
    names = tuple([k for k, v in params.items() if isinstance(v, torch.Tensor)])
    numbers = {k: v for k, v in params.items() if k not in names}
    spec = _Spec(namespaces, kernel, order, numbers, names)
    return _derivable(spec, *arrays, *[params[name] for name in names])


def _apply(spec: _Spec, x: Array, *others: Array, differentiated: bool = False) -> Array:
    arrays, tensors = spec.split(others)
    compute, xp = spec.kernel.formulas[spec.order], spec.namespaces[differentiated]
    with modes.without_autocast((x,)):
        return compute(x, *arrays, xp=xp, **spec.numbers, **tensors)


def _derivable(spec: _Spec, x: Array, *others: Array) -> Array:
    """Evaluate the formula with the kernel's derivative instead of autodiff's."""
    if spec.order == 2 or modes.loses_functions():
        return _apply(spec, x, *others, differentiated=True)
    if modes.is_compiling():
        if torch.is_grad_enabled() and any(t.requires_grad for t in (x, *others)):
            return _Reverse.apply(spec, x, *others)
        return _apply(spec, x, *others)
    if modes.in_transform():
        primals, tangents = zip(*map(forward_ad.unpack_dual, (x, *others)), strict=True)
        if any(tangent is not None for tangent in tangents):
            if modes.nested_forward_modes() > _MOST_FORWARD_MODES:
                raise NotImplementedError(
                    "torch loses the derivative of a function through three nested forward modes:"
                    " use torch.func.jacrev for one of them"
                )
            out = _derivable(spec, *primals)
            return forward_ad.make_dual(out, _push(spec, primals, tangents))
    return _Both.apply(spec, x, *others)


def _times_slope(spec: _Spec, v: Array, x: Array, others: Any) -> Array:
    """v times the derivative of the output in x, for a tangent v or, for a gradient, a cotangent."""
    if spec.order == 0:
        return v * _derivable(spec.derivative(), x, *others)
    arrays, tensors = spec.split(others)
    product, xp = spec.kernel.times_derivative, spec.namespaces[0]
    with modes.without_autocast((v,)):
        return product(v, x, *arrays, xp=xp, **spec.numbers, **tensors)


def _push(spec: _Spec, primals: Any, tangents: Any) -> Array:
    """The tangent of the output: the kernel's slope in the first argument, autodiff in the others."""
    x, *others = primals
    dx, *dothers = tangents
    parts = []
    if dx is not None:
        product = _times_slope(spec, dx, x, others)
        parts.append(spec.namespaces[0].sum(product, axis=-1) if spec.sums_rows else product)
    live = [i for i, d in enumerate(dothers) if d is not None]
    if live:
        out, pull = torch.func.vjp(_of_live(spec, x, others, live), *[others[i] for i in live])
        # The pullback is linear, so its own pullback pushes forward. (Forward modes do not nest.)
        _, push = torch.func.vjp(pull, torch.zeros_like(out))
        parts += push(tuple([dothers[i] for i in live]))
    return sum(parts[1:], parts[0])


def _of_live(spec: _Spec, x: Array, others: Any, live: list[int]) -> Callable[..., Array]:
    def of_live(*values: Array) -> Array:
        merged = list(others)
        for i, value in zip(live, values, strict=True):
            merged[i] = value
        return _apply(spec, x, *merged, differentiated=True)

    return of_live


def _backward(ctx: Any, cotangent: Array) -> Any:
    x, *others = ctx.saved_tensors
    spec = ctx.spec
    gradients: list[Array | None] = [None] * len(others)
    live = [i for i in range(len(others)) if ctx.needs_input_grad[2 + i]]
    if live:
        _, pull = torch.func.vjp(_of_live(spec, x, others, live), *[others[i] for i in live])
        for i, gradient in zip(live, pull(cotangent), strict=True):
            gradients[i] = gradient
    first = None
    if ctx.needs_input_grad[1]:
        first = _times_slope(spec, cotangent[..., None] if spec.sums_rows else cotangent, x, others)
    return (None, first, *gradients)


class _Reverse(torch.autograd.Function):
    """For `torch.compile`, which rejects a Function that has a `jvp`."""

    generate_vmap_rule = True
    backward = staticmethod(_backward)

    @staticmethod
    def forward(spec: _Spec, x: Array, *others: Array) -> Array:
        return _apply(spec, x, *others)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Array) -> None:
        ctx.spec = inputs[0]
        ctx.save_for_backward(*inputs[1:])


class _Both(torch.autograd.Function):
    """For eager torch and `torch.func`, which also push tangents through it."""

    generate_vmap_rule = True
    backward = staticmethod(_backward)
    forward = staticmethod(_Reverse.forward)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Array) -> None:
        _Reverse.setup_context(ctx, inputs, output)
        ctx.save_for_forward(*inputs[1:])

    @staticmethod
    def jvp(ctx: Any, _: None, *tangents: Array | None) -> Array:
        return _push(ctx.spec, ctx.saved_tensors, tangents)
