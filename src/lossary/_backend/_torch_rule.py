"""torch: one `autograd.Function` gives a rule its own derivative, in reverse mode, once."""

from typing import Any

import torch

from lossary._backend._base import Backend
from lossary._backend._rule import Inputs, Rule, not_derivable
from lossary._typing import Array


class _Spec:
    """What the Function needs beside tensors. No tuple: torch.func would look for tensors inside."""

    def __init__(self, backend: Any, rule: Rule, options: Any, arrays: Any):
        self.backend = backend
        self.rule = rule
        self.options = options
        self.count = len(arrays)  # of what may be differentiated
        self.wanted = tuple([a is not None and a.requires_grad for a in arrays])

    def inputs(self, tensors: Any) -> Inputs:
        return Inputs(tuple(tensors[: self.count]), tuple(tensors[self.count :]))


class OfRules(Backend):
    """What rules ask of torch."""

    def derived(self, rule: Rule, inputs: Inputs, options: Any) -> Array:
        if any(a is not None and a.requires_grad for a in inputs.beside):
            raise not_derivable(rule)
        spec = _Spec(self, rule, options, inputs.arrays)
        out, *_ = _Derived.apply(spec, *inputs.arrays, *inputs.beside)
        return out

    def value_to_pull(self, *args: Any) -> tuple[Array, tuple[Array, ...]]:
        with torch.no_grad():
            return super().value_to_pull(*args)

    def pull(self, *args: Any) -> tuple[Array | None, ...]:
        with torch.no_grad():
            return super().pull(*args)

    def exp(self, x: Array) -> Array:
        return x.exp_()

    def replace(self, x: Array, ids: Array, value: Any) -> Array:
        inside = (ids >= 0) & (ids < x.shape[-1])
        ids = torch.where(inside, ids, 0)
        return x.scatter_(-1, ids[:, None], torch.where(inside, value, self.pick(x, ids))[:, None])


class _Derived(torch.autograd.Function):
    """What is saved is returned beside the output: inside torch.func that is the only way to keep it."""

    @staticmethod
    def forward(spec: _Spec, *tensors: Array | None) -> tuple[Array, ...]:
        inputs = spec.inputs(tensors)
        out, saved = spec.rule.value_to_pull(spec.backend, inputs, spec.options, spec.wanted)
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
        if spec.rule.value_with is not None and _is_last_and_one(cotangent):
            cotangent = None
        pull = spec.rule.pull
        gradients = pull(spec.backend, spec.inputs(tensors), spec.options, saved, cotangent, wanted)
        return (None, *gradients, *[None] * (size - spec.count))


def _is_last_and_one(cotangent: Array) -> bool:
    """Whether what is saved is the gradient already, and free to be given away."""
    if torch.compiler.is_compiling() or torch._C._autograd._get_current_graph_task_keep_graph():
        return False
    return type(cotangent) is torch.Tensor and cotangent.device.type == "cpu" and float(cotangent) == 1.0
