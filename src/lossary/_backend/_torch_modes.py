"""What torch is doing around a call. Undocumented torch names are used only in this file."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch.autograd import forward_ad

from lossary._typing import Array

PLAIN = {torch.Tensor, torch.nn.Parameter}


def is_plain(x: Array) -> bool:
    """Whether a tensor is torch's own type: fake tensors and DTensors hold no readable values."""
    return type(x) in PLAIN


def is_compiling() -> bool:
    return bool(torch.compiler.is_compiling())


def in_transform() -> bool:
    """Whether a `torch.func` transform or a batch of gradients is active."""
    return bool(torch._C._are_functorch_transforms_active())


def is_followed() -> bool:
    """Whether torch must see every operation, because code is captured, transformed or observed.

    Then nothing may be computed outside torch and no value may be read, because it would become a constant.
    """
    return bool(
        torch.compiler.is_compiling()
        or torch._C._are_functorch_transforms_active()
        or torch._C._len_torch_dispatch_stack()
        or torch.jit.is_tracing()
    )


def is_seen() -> bool:
    """Whether every operation must be torch's, because something observes it or is carried along with it."""
    return is_followed() or forward_ad._current_level >= 0


def are_plain(*tensors: Array) -> bool:
    """Whether tensors are torch's own and none hides a batch of `is_grads_batched`."""
    return {*map(type, tensors)} <= PLAIN and not any(map(is_batch_of_cotangents, tensors))


def loses_functions() -> bool:
    """Whether a `Function` is decomposed or rejected, which leaves only its operations to differentiate.

    Dynamo does this inside a `torch.func` transform, `torch.jit.trace` always.
    """
    if torch.compiler.is_compiling():
        return in_transform()
    return bool(torch.jit.is_tracing())


def in_forward_mode() -> bool:
    """Whether there may be dual tensors."""
    return bool(forward_ad._current_level >= 0)


def without_tangent(x: Array) -> Array:
    """The same numbers, if a tensor may be dual."""
    return forward_ad.unpack_dual(x).primal if in_forward_mode() else x


def nested_forward_modes() -> int:
    """The number of active forward-mode transforms."""
    stack = torch._C._functorch.get_interpreter_stack() or []
    return sum(level.key() == torch._C._functorch.TransformType.Jvp for level in stack)


def is_beyond_reverse_mode() -> bool:
    """Whether a `torch.func` transform other than `grad` or `vjp` is active."""
    stack = torch._C._functorch.get_interpreter_stack() or []
    return any(level.key() != torch._C._functorch.TransformType.Grad for level in stack)


def is_batch_of_cotangents(x: Array) -> bool:
    """Whether the tensor hides several cotangents of `is_grads_batched`."""
    return bool(torch._C._functorch.is_legacy_batchedtensor(x))


def is_last_and_one(cotangent: Array) -> bool:
    """Whether a backward pass may hand out a saved gradient: it is scaled by 1, and nobody needs it again."""
    if not cotangent.is_cpu or cotangent.ndim:
        return False
    return not keeps_graph() and cotangent.item() == 1.0


def keeps_graph() -> bool:
    """Whether the running backward pass leaves the graph for another one."""
    return bool(torch._C._autograd._get_current_graph_task_keep_graph())


def stores_tensors() -> bool:
    """Whether hooks such as those of checkpointing decide how a graph keeps tensors."""
    return torch._C._autograd._top_saved_tensors_default_hooks(False) is not None


def knows(size: int) -> bool:
    """Whether a size is a number rather than a symbol in a program for all sizes."""
    if torch.compiler.is_compiling() or isinstance(size, torch.SymInt):
        return bool(torch.fx.experimental.symbolic_shapes.has_static_value(size))
    return True


def autocasts(x: Array) -> bool:
    """Whether autocast lowers the precision of operations on the device of `x`."""
    return not x.is_meta and bool(torch.is_autocast_enabled(x.device.type))


def without_autocast(tensors: Iterable[Any]) -> AbstractContextManager[Any]:
    """A context in which operations compute in the dtypes of their inputs, despite `torch.autocast`."""
    first = next((x for x in tensors if isinstance(x, torch.Tensor)), None)
    if first is None or not autocasts(first):
        return nullcontext()
    off: AbstractContextManager[Any] = torch.autocast(first.device.type, enabled=False)
    return off
