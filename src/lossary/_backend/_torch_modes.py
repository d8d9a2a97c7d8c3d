"""What torch is doing around a call. Names that torch does not document are used here and nowhere else."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch.autograd import forward_ad

from lossary._typing import Array

PLAIN = {torch.Tensor, torch.nn.Parameter}


def is_plain(x: Array) -> bool:
    """Whether a tensor is one of torch's own: fake tensors and DTensors hold no values to read."""
    return type(x) in PLAIN


def is_compiling() -> bool:
    return bool(torch.compiler.is_compiling())


def in_transform() -> bool:
    """Whether a transform of `torch.func`, or a batch of gradients, is at work."""
    return bool(torch._C._are_functorch_transforms_active())


def is_followed() -> bool:
    """Whether each of torch's operations counts, as code is captured, transformed or looked at.

    Then nothing may be computed beside torch, and no value be read: it would become a constant.
    """
    return bool(
        torch.compiler.is_compiling()
        or torch._C._are_functorch_transforms_active()
        or torch._C._len_torch_dispatch_stack()
        or torch.jit.is_tracing()
    )


def is_seen() -> bool:
    """Whether each operation must be one of torch's, as something looks at it or comes along with it."""
    return is_followed() or forward_ad._current_level >= 0


def are_plain(*tensors: Array) -> bool:
    """Whether tensors are torch's own, and none is a batch of `is_grads_batched` behind one."""
    return {*map(type, tensors)} <= PLAIN and not any(map(is_batch_of_cotangents, tensors))


def loses_functions() -> bool:
    """Whether a `Function` is taken apart or refused, so that only its operations are there to differentiate.

    Dynamo does so inside a transform of `torch.func`, `torch.jit.trace` always.
    """
    if torch.compiler.is_compiling():
        return in_transform()
    return bool(torch.jit.is_tracing())


def in_forward_mode() -> bool:
    """Whether there may be dual tensors."""
    return bool(forward_ad._current_level >= 0)


def nested_forward_modes() -> int:
    """How many of the transforms at work are forward modes."""
    stack = torch._C._functorch.get_interpreter_stack() or []
    return sum(level.key() == torch._C._functorch.TransformType.Jvp for level in stack)


def is_beyond_reverse_mode() -> bool:
    """Whether a transform of `torch.func` is at work that is not `grad` or `vjp`."""
    stack = torch._C._functorch.get_interpreter_stack() or []
    return any(level.key() != torch._C._functorch.TransformType.Grad for level in stack)


def is_batch_of_cotangents(x: Array) -> bool:
    """Whether `is_grads_batched` has put several cotangents behind one."""
    return bool(torch._C._functorch.is_legacy_batchedtensor(x))


def keeps_graph() -> bool:
    """Whether the graph whose backward pass this is will be gone through again."""
    return bool(torch._C._autograd._get_current_graph_task_keep_graph())


def knows(size: int) -> bool:
    """Whether a size is a number, and not a symbol of a program that is made for all sizes."""
    if torch.compiler.is_compiling() or isinstance(size, torch.SymInt):
        return bool(torch.fx.experimental.symbolic_shapes.has_static_value(size))
    return True


def autocasts(x: Array) -> bool:
    """Whether operations on the device of `x` compute in fewer bits than they are given."""
    return not x.is_meta and bool(torch.is_autocast_enabled(x.device.type))


def without_autocast(tensors: Iterable[Any]) -> AbstractContextManager[Any]:
    """Where operations compute in the dtypes that they are given, despite `torch.autocast`."""
    first = next((x for x in tensors if isinstance(x, torch.Tensor)), None)
    if first is None or not autocasts(first):
        return nullcontext()
    off: AbstractContextManager[Any] = torch.autocast(first.device.type, enabled=False)
    return off
