"""torch: one `autograd.Function` gives a rule its own derivative, in reverse mode, once."""

from typing import Any

import torch

from lossary._backend._rule import Inputs, Rule, not_derivable
from lossary._typing import Array


class _Spec:
    """What the Function needs beside tensors. No tuple: torch.func would look for tensors inside."""

    def __init__(self, backend: Any, rule: Rule, options: Any, count: int):
        self.backend = backend
        self.rule = rule
        self.options = options
        self.count = count  # of the arrays that may be differentiated

    def inputs(self, tensors: Any) -> Inputs:
        return Inputs(tuple(tensors[: self.count]), tuple(tensors[self.count :]))


def derived(backend: Any, rule: Rule, inputs: Inputs, options: Any) -> Array:
    if any(a is not None and a.requires_grad for a in inputs.beside):
        raise not_derivable(rule)
    spec = _Spec(backend, rule, options, len(inputs.arrays))
    out, *_ = _Derived.apply(spec, *inputs.arrays, *inputs.beside)
    return out


class _Derived(torch.autograd.Function):
    """What is saved is returned beside the output: inside torch.func that is the only way to keep it."""

    @staticmethod
    def forward(spec: _Spec, *tensors: Array | None) -> tuple[Array, ...]:
        out, saved = spec.rule.value(spec.backend, spec.inputs(tensors), spec.options)
        return (out, *[s.clone() if s is out else s for s in saved])  # only one of them has a derivative

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: tuple[Array, ...]) -> None:
        spec, *tensors = inputs
        ctx.spec = spec
        ctx.mark_non_differentiable(*output[1:])
        ctx.save_for_backward(*tensors, *output[1:])

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, cotangent: Array, *_: Any) -> Any:
        spec = ctx.spec
        size = len(ctx.needs_input_grad) - 1
        tensors, saved = ctx.saved_tensors[:size], ctx.saved_tensors[size:]
        wanted = tuple(ctx.needs_input_grad[1 : 1 + spec.count])
        pull = spec.rule.pull
        gradients = pull(spec.backend, spec.inputs(tensors), spec.options, saved, cotangent, wanted)
        return (None, *gradients, *[None] * (size - spec.count))
