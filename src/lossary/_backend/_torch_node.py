"""torch: nodes of its graph, each a whole evaluation."""

from typing import Any

import torch

from lossary._backend import _torch_modes as modes
from lossary._program._plan import Operands
from lossary._typing import Array


class Node(torch.autograd.Function):
    """It computes the gradient with the value and keeps tensors only through torch.

    If the gradient will be differentiated again, it uses operations that can be.
    """

    @staticmethod
    def forward(ctx: Any, program: Any, operands: Operands, thorough: bool, *tensors: Array) -> Any:
        value, gradient, factor = program.value_and_gradient(operands, thorough)
        is_tensor = isinstance(factor, torch.Tensor)
        ctx.call = program, program.without_tensors(operands), None if is_tensor else factor
        ctx.save_for_backward(gradient, factor if is_tensor else None, *tensors)
        return value

    @staticmethod
    def backward(ctx: Any, cotangent: Array) -> Any:
        program, rest, number = ctx.call
        gradient, factor, *tensors = ctx.saved_tensors  # read only once, as checkpointing requires
        operands = program.with_tensors(rest, tensors)
        if torch.is_grad_enabled() or modes.is_seen() or not modes.are_plain(cotangent, *tensors):
            gradient = program.derivative(operands, cotangent)
        else:
            gradient = program.pulled(gradient, number if factor is None else factor, operands, cotangent)
        return None, None, None, gradient, *[None] * (len(tensors) - 1)


def differentiable_twice(program: Any, operands: Operands, node: Array) -> Array:
    """A value whose node in torch's graph has the right gradient, but not the right second derivative.

    If the gradient will be differentiated again, or carries a tangent, operations that can be differentiated
    replace it.
    """
    again = _Again(program, operands)
    node.grad_fn.register_prehook(again.before)
    node.grad_fn.register_hook(again.after)
    return node


class _Again:
    """Hooks around a node's backward pass. They let the tensors go when torch frees the graph.

    The node keeps the same tensors, and so raises if one was modified in place.
    """

    __slots__ = ("cotangent", "operands", "program")

    def __init__(self, program: Any, operands: Operands):
        self.program = program
        self.operands: Operands | None = operands
        self.cotangent: Array | None = None

    def before(self, cotangents: tuple[Array, ...]) -> Any:
        """Take off tangents, which not every node of torch's lets through."""
        self.cotangent = None  # after an error it may still be that of another pass
        if not (modes.in_forward_mode() or torch.is_grad_enabled()):
            return None
        (self.cotangent,) = cotangents
        return (modes.without_tangent(self.cotangent),)

    def after(self, gradients: tuple[Array | None, ...], _: Any) -> Any:
        operands, cotangent, first = self.operands, self.cotangent, gradients[0]
        if not modes.keeps_graph():
            self.operands = None
        if operands is None or cotangent is None or first is None:
            return None
        self.cotangent = None
        return self.program.derivative(operands, cotangent), *gradients[1:]
