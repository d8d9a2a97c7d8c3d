"""torch: one `autograd.Function` gives every kernel its own derivatives.

It serves reverse mode, double backward, `torch.func` and `torch.compile`. Three facts shape it (torch 2.13):
dynamo refuses a Function that has a `jvp`, so there are two classes. Within a compiled region dynamo's copy
of a Function is wrong under `torch.func`, so there the formula itself is differentiated, which is right
because its kinks are (see `_math`). And a Function's `jvp` loses the tangents of an outer forward mode, which
would make second derivatives silently zero, so forward mode is done on dual numbers before any Function is
reached.
"""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import array_api_compat.torch
import torch
from torch.autograd import forward_ad

from lossary._backend._base import formula, times_derivative
from lossary._kernel import Kernel
from lossary._typing import Array

_MOST_FORWARD_MODES = 2

_NOT_DUAL = forward_ad.UnpackedDualTensor(None, None)

DIFFERENTIATED = SimpleNamespace(**vars(array_api_compat.torch), is_differentiated=True)
"""The namespace of formulas that automatic differentiation goes through."""


class _Spec:
    """What a Function needs beside tensors. No tuple: torch.func would look for tensors inside."""

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
        self.names = names  # of the parameters that are tensors; they come last in `others`

    @property
    def sums_rows(self) -> bool:
        return self.order == 0 and self.kernel.has_classes

    def derivative(self) -> "_Spec":
        return _Spec(self.namespaces, self.kernel, self.order + 1, self.numbers, self.names)

    def split(self, others: Any) -> tuple[Any, dict[str, Array]]:
        """The arrays after the first, and the tensor parameters by name."""
        count = len(self.kernel.takes) - 1
        return others[:count], {name: others[count + i] for i, name in enumerate(self.names)}


_MOST_OTHERS = 4
"""How many tensors beside the first a kernel may take, parameters included; the rest is None."""


def differentiable(
    namespaces: tuple[Any, Any],
    kernel: Kernel,
    order: int,
    arrays: tuple[Array, ...],
    params: Mapping[str, Any],
) -> Array:
    """Evaluate the kernel's formula of this order, so that its derivatives are the kernel's.

    The first namespace is for the formula; the second, as `DIFFERENTIATED` is, for where automatic
    differentiation goes through it.
    """
    names = tuple([k for k, v in params.items() if isinstance(v, torch.Tensor)])
    numbers = {k: v for k, v in params.items() if k not in names}
    others = [*arrays[1:], *[params[name] for name in names]]
    spec = _Spec(namespaces, kernel, order, numbers, names)
    return _derivable(spec, arrays[0], *others, *[None] * (_MOST_OTHERS - len(others)))


def _apply(spec: _Spec, x: Array, *others: Array | None, differentiated: bool = False) -> Array:
    arrays, tensors = spec.split(others)
    compute = formula(spec.kernel, spec.order)
    return compute(x, *arrays, xp=spec.namespaces[differentiated], **spec.numbers, **tensors)


def _derivable(spec: _Spec, x: Array, *others: Array | None) -> Array:
    """Evaluate the formula so that its derivative is the kernel's, not autodiff's."""
    if spec.order == 2:
        return _apply(spec, x, *others, differentiated=True)
    if torch.compiler.is_compiling():
        # Inside a transform of torch.func dynamo's copy of a Function gives zeros, or fails.
        if torch._C._are_functorch_transforms_active():
            return _apply(spec, x, *others, differentiated=True)
        return _Reverse.apply(spec, x, *others)
    duals = [_NOT_DUAL if t is None else forward_ad.unpack_dual(t) for t in (x, *others)]
    if any(dual.tangent is not None for dual in duals):
        if _forward_modes() > _MOST_FORWARD_MODES:
            raise NotImplementedError(
                "torch loses the derivative of a function through three nested forward modes:"
                " use torch.func.jacrev for one of them"
            )
        primals = [dual.primal for dual in duals]
        out = _derivable(spec, *primals)
        return forward_ad.make_dual(out, _push(spec, primals, [dual.tangent for dual in duals]))
    return _Both.apply(spec, x, *others)


def _forward_modes() -> int:
    stack = torch._C._functorch.get_interpreter_stack() or []
    return sum(level.key() == torch._C._functorch.TransformType.Jvp for level in stack)


def _times_slope(spec: _Spec, v: Array, x: Array, others: Any) -> Array:
    """v times the derivative of the output in x, for a tangent v or, of a gradient, a cotangent."""
    if spec.order == 0:
        return v * _derivable(spec.derivative(), x, *others)
    arrays, tensors = spec.split(others)
    xp = spec.namespaces[0]
    return times_derivative(spec.kernel, v, x, *arrays, xp=xp, **spec.numbers, **tensors)


def _push(spec: _Spec, primals: list[Array], tangents: list[Array | None]) -> Array:
    """The tangent of the output: the kernel's slope in the first argument, autodiff in the others."""
    x, *others = primals
    dx, *dothers = tangents
    parts = []
    if dx is not None:
        product = _times_slope(spec, dx, x, others)
        parts.append(spec.namespaces[0].sum(product, axis=-1) if spec.sums_rows else product)
    live = [i for i, d in enumerate(dothers) if d is not None]
    if live:
        of_live = _of_live(spec, x, others, live)
        parts.append(
            torch.func.jvp(of_live, tuple(others[i] for i in live), tuple(dothers[i] for i in live))[1]
        )
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


# Fixed arguments, not `*others`: dynamo tells from their number whether `forward` takes a `ctx`.


class _Reverse(torch.autograd.Function):
    """For `torch.compile`, which refuses a Function that has a `jvp`."""

    generate_vmap_rule = True
    backward = staticmethod(_backward)

    @staticmethod
    def forward(spec: _Spec, x: Array, a: Array, b: Array, c: Array, d: Array) -> Array:
        return _apply(spec, x, a, b, c, d)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Array) -> None:
        ctx.spec = inputs[0]
        ctx.save_for_backward(*inputs[1:])


class _Both(torch.autograd.Function):
    """For eager torch and `torch.func`, which push tangents through it as well."""

    generate_vmap_rule = True
    backward = staticmethod(_backward)
    forward = staticmethod(_Reverse.forward)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Array) -> None:
        _Reverse.setup_context(ctx, inputs, output)
        ctx.save_for_forward(*inputs[1:])

    @staticmethod
    def jvp(ctx: Any, _: None, *tangents: Array | None) -> Array:
        return _push(ctx.spec, list(ctx.saved_tensors), list(tangents))
