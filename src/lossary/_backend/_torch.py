"""torch: what is not to be differentiated is computed by NumPy, on the memory of the tensors."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import array_api_compat.torch
import numpy as np
import torch
from torch.autograd import forward_ad

from lossary._backend._base import Backend, Reading, formula
from lossary._backend._numpy import NumPy
from lossary._backend._rule import Inputs, Rule
from lossary._backend._torch_functions import DIFFERENTIATED, differentiable
from lossary._backend._torch_rule import derived
from lossary._kernel import Kernel
from lossary._typing import Array

_NUMPY = {
    None: None,
    torch.float64: np.dtype("float64"),
    torch.float32: np.dtype("float32"),
    torch.float16: np.dtype("float16"),
}
"""The dtypes that NumPy has too."""

_HALF = (torch.float16, torch.bfloat16)


class Torch(Backend):
    differentiated: Any = DIFFERENTIATED
    """The namespace of formulas that automatic differentiation goes through."""

    def __init__(self) -> None:
        super().__init__("torch", array_api_compat.torch)

    def floating(self, dtype: Any) -> Any:
        if dtype in _HALF:
            return torch.float32
        if dtype in (torch.float32, torch.float64):
            return dtype
        return super().floating(dtype)

    def default_dtype(self, kind: str, like: Array) -> Any:
        return torch.get_default_dtype() if kind == "real floating" else torch.int64

    def mode(self, like: Array) -> Any:
        return torch.get_default_dtype(), self.block_size(like)

    def block_size(self, like: Array) -> int:
        if torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active():
            return 0
        return _HOST.block_size(like) if _is_plain(like) and like.device.type == "cpu" else 0

    def device(self, x: Array) -> Any:
        return x.device if isinstance(x, torch.Tensor) else None

    def asarray(self, x: Array, dtype: Any, like: Array) -> Array:
        if isinstance(x, torch.Tensor):
            return x.to(dtype)
        return torch.tensor(x, dtype=dtype, device=self.device(like))

    def reading(self, x: Array) -> Reading:
        if torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active():
            return Reading.IMPOSSIBLE
        if not isinstance(x, torch.Tensor) or (_is_plain(x) and x.device.type == "cpu"):
            return Reading.FREE
        return Reading.COSTLY if _is_plain(x) and x.device.type != "meta" else Reading.IMPOSSIBLE

    def host_values(self, x: Array) -> np.ndarray[Any, Any]:
        if not isinstance(x, torch.Tensor):
            return np.asarray(x)
        x = x.detach().cpu()
        values: np.ndarray[Any, Any] = (x.float() if x.dtype in _HALF else x).numpy()
        return values

    def cast(self, x: Array, dtype: Any) -> Array:
        return x.to(dtype)

    def empty(self, shape: tuple[int, ...], dtype: Any, like: Array) -> Array:
        return torch.empty(shape, dtype=dtype, device=like.device)

    def is_contiguous(self, x: Array) -> bool:
        return bool(x.is_contiguous())

    def enter(self, plan: Any, operands: Any) -> tuple[Any, Any]:
        if not plan.mode[1] or torch.compiler.is_compiling():
            return plan, operands
        tensors = _tensors(operands)
        if _is_watched(tensors):
            return plan, operands
        host = _on_host(plan)
        return (plan, operands) if host is None else (host, _to_numpy(operands))

    def run(self, function: Callable[..., Any], plan: Any, unread: tuple[str, ...], operands: Any) -> Any:
        if torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active():
            return function(self, plan, unread, operands)
        tensors = _tensors(operands)
        if not all(map(_is_plain, tensors)) or forward_ad._current_level >= 0:
            return function(self, plan.whole, unread, operands)
        if not _is_watched(tensors):
            return function(_PLAIN, plan.whole, unread, operands)
        watched = [t for t in tensors if t.requires_grad]
        alone = len(watched) == 1 and watched[0] is operands.arrays[0]
        if plan.orders != (0,) or plan.reduction == "total" or not alone:
            return function(self, plan.whole, unread, operands)
        return _Evaluation.apply(function, plan, unread, operands, *tensors)

    def sum(self, x: Array, axis: tuple[int, ...]) -> Array:
        if not axis:
            return x
        return torch.sum(x, dim=axis, dtype=None if x.device.type == "mps" else torch.float64)

    def pick(self, x: Array, ids: Array) -> Array:
        if torch.compiler.is_compiling() and torch._C._are_functorch_transforms_active():
            return self.select(x, ids)  # dynamo cannot trace a gather there
        return super().pick(x, ids)

    def call(self, kernel: Kernel, order: int, arrays: tuple[Array, ...], params: Mapping[str, Any]) -> Array:
        return differentiable((self.xp, self.differentiated), kernel, order, arrays, params)

    def derived(self, rule: Rule, inputs: Inputs, options: Any) -> Array:
        return derived(self, rule, inputs, options)


class _Plain(Torch):
    """Where nothing is to be differentiated."""

    def call(self, kernel: Kernel, order: int, arrays: tuple[Array, ...], params: Mapping[str, Any]) -> Array:
        return formula(kernel, order)(*arrays, xp=self.xp, **params)


_PLAIN = _Plain()


class _Host(NumPy):
    """NumPy on the memory of CPU tensors, with torch's number of threads.

    An operation costs it a third of what it costs eager torch, and large calls stay in the cache.
    """

    @property
    def threads(self) -> int:
        return int(torch.get_num_threads())

    def run(self, function: Callable[..., Any], *args: Any) -> Any:
        return _to_torch(super().run(function, *args))


_HOST = _Host()


@lru_cache(maxsize=2048)
def _on_host(plan: Any) -> Any:
    """The plan in NumPy's terms; None if NumPy has not all of its dtypes."""
    dtypes = (*plan.floats, plan.dtype, plan.first_dtype)
    if any(d not in _NUMPY for d in dtypes):
        return None
    floats, dtype, first = (
        tuple([_NUMPY[d] for d in plan.floats]),
        _NUMPY[plan.dtype],
        _NUMPY[plan.first_dtype],
    )
    return replace(plan, backend=_HOST, floats=floats, dtype=dtype, first_dtype=first)


def _evaluated(
    function: Callable[..., Any], plan: Any, unread: Any, operands: Any, cotangent: Array = None
) -> Any:
    """The result where nothing is to be differentiated."""
    host = _on_host(plan) if plan.mode[1] else None
    if host is None:
        return function(_PLAIN, plan.whole, unread, operands, cotangent)
    return _HOST.run(function, host, unread, _to_numpy(operands), _to_numpy(cotangent))


def _is_watched(tensors: list[Array]) -> bool:
    """Whether anything is to be differentiated, or has no memory of its own to look at."""
    if forward_ad._current_level >= 0 or not all(map(_is_plain, tensors)):
        return True
    return torch.is_grad_enabled() and any(t.requires_grad for t in tensors)


def _to_numpy(x: Any) -> Any:
    if isinstance(x, torch.Tensor):
        return (x.detach() if x.requires_grad else x).numpy()
    if isinstance(x, dict):
        return {k: _to_numpy(v) for k, v in x.items()} if x else x
    if isinstance(x, tuple):
        parts = [_to_numpy(v) for v in x]
        return type(x)(*parts) if hasattr(x, "_fields") else tuple(parts)
    return x


def _to_torch(x: Any) -> Any:
    if isinstance(x, tuple):
        parts = [_to_torch(v) for v in x]
        return type(x)(*parts) if hasattr(x, "_fields") else tuple(parts)
    return torch.from_numpy(np.asarray(x))


def _is_plain(x: Array) -> bool:
    """Whether a tensor is one of torch's own: fake tensors and DTensors hold no values to read."""
    return type(x) in (torch.Tensor, torch.nn.Parameter)


def _tensors(operands: Any) -> list[Array]:
    found = [*operands.arrays, *operands.params.values(), *operands.per_class.values(), *operands[3:]]
    return [t for t in found if isinstance(t, torch.Tensor)]


class _Evaluation(torch.autograd.Function):
    """A whole evaluation: one node in the graph, which keeps the inputs and nothing else.

    The gradient is made in `backward`, in blocks where the loss was, and already times the cotangent.
    """

    @staticmethod
    def forward(ctx: Any, function: Any, plan: Any, unread: Any, operands: Any, *tensors: Array) -> Any:
        ctx.call = function, plan, unread, operands
        ctx.save_for_backward(*tensors)
        return _evaluated(function, plan, unread, operands)

    @staticmethod
    def backward(ctx: Any, cotangent: Array) -> Any:
        function, plan, unread, operands = ctx.call
        nothing = [None] * (3 + len(ctx.saved_tensors))
        x = ctx.saved_tensors[0]
        if not torch.is_grad_enabled():
            gradient = _evaluated(function, plan.by_order[1], unread, operands, cotangent)
        else:  # to be differentiated again
            operands = operands._replace(arrays=(x, *operands.arrays[1:]))
            result = function(plan.backend, plan.whole, unread, operands)
            (gradient,) = torch.autograd.grad(result, x, cotangent, create_graph=True)
        return None, None, None, None, gradient, *nothing[4:]
