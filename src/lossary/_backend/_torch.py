"""torch: an evaluation is one node of its graph; what is not to be followed is computed by NumPy.

NumPy computes on the memory of CPU tensors: an operation costs it a third of what it costs eager torch, and
large calls stay in the cache. A program has four ways: NumPy's, torch's operations where nothing is
differentiated, the node, and, wherever torch looks at each operation (while it compiles, captures, transforms
or pushes tangents), operations that it can differentiate.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from lossary._backend import _torch_modes as modes
from lossary._backend._numpy import NumPy
from lossary._backend._resolve import not_to_accelerate
from lossary._backend._torch_functions import DIFFERENTIATED, NAMESPACE, differentiable
from lossary._backend._torch_kinds import must_be_dense
from lossary._backend._torch_modes import PLAIN
from lossary._backend._torch_rule import TorchChunks
from lossary._kernel import Kernel
from lossary._program._check_values import check_values
from lossary._program._library import Reading
from lossary._program._plan import TOTAL, Operands, Plan
from lossary._program._steps import evaluate
from lossary._typing import Array

_NUMPY = {
    None: None,
    torch.float64: np.dtype("float64"),
    torch.float32: np.dtype("float32"),
    torch.float16: np.dtype("float16"),
}
"""The dtypes that NumPy has too."""

_HALF = (torch.float16, torch.bfloat16)


class Torch(TorchChunks):
    def __init__(self, name: str = "torch", xp: Any = NAMESPACE, differentiated: Any = DIFFERENTIATED):
        super().__init__(name, xp)
        self.differentiated = differentiated
        """The namespace of formulas that automatic differentiation goes through."""

    def floating(self, dtype: Any) -> Any:
        if dtype in _HALF:
            return torch.float32
        if dtype in (torch.float32, torch.float64):
            return dtype
        return super().floating(dtype)

    def default_dtype(self, kind: str, device: Any) -> Any:
        return torch.get_default_dtype() if kind == "real floating" else torch.int64

    def mode(self) -> Any:
        return torch.get_default_dtype()

    def device(self, x: Array) -> Any:
        return x.device if isinstance(x, torch.Tensor) else None

    def asarray(self, x: Array, dtype: Any, like: Array) -> Array:
        if isinstance(x, torch.Tensor):
            return x.to(dtype)
        return torch.tensor(x, dtype=dtype, device=self.device(like))

    def cast(self, x: Array, dtype: Any) -> Array:
        return x.to(dtype)

    def sum(self, x: Array, axis: tuple[int, ...]) -> Array:
        if not axis:
            return x
        return torch.sum(x, dim=axis, dtype=None if x.device.type == "mps" else torch.float64)

    def reading(self, x: Array) -> Reading:
        if not isinstance(x, torch.Tensor):
            return Reading.IMPOSSIBLE if modes.is_compiling() else Reading.FREE
        if modes.is_followed() or not modes.is_plain(x) or x.is_meta:
            return Reading.IMPOSSIBLE
        return Reading.FREE if x.device.type == "cpu" else Reading.COSTLY

    def host_values(self, x: Array) -> np.ndarray[Any, Any]:
        if not isinstance(x, torch.Tensor):
            return np.asarray(x)
        values: np.ndarray[Any, Any] = (x.float() if x.dtype in _HALF else x).numpy(force=True)
        return values

    def results(
        self, kernel: Kernel, orders: tuple[int, ...], arrays: tuple[Array, ...], params: Mapping[str, Any]
    ) -> list[Array]:
        namespaces = self.xp, self.differentiated
        return [differentiable(namespaces, kernel, order, arrays, params) for order in orders]

    def must_be_plain(self, x: Any, what: str) -> None:
        if isinstance(x, torch.Tensor):
            must_be_dense(x, what)

    def block(self, like: Array) -> int:
        if modes.is_followed() or not modes.is_plain(like) or like.device.type != "cpu":
            return 0
        return _HOST.block(like)

    def lower(self, plan: Plan) -> Callable[[Operands, bool], Any]:
        return _Program(self, plan)


class _Plain(Torch):
    """Where nothing is to be differentiated."""

    def results(
        self, kernel: Kernel, orders: tuple[int, ...], arrays: tuple[Array, ...], params: Mapping[str, Any]
    ) -> list[Array]:
        return [kernel.formulas[order](*arrays, xp=self.xp, **params) for order in orders]


TORCH = Torch()
"""Made when it is imported, as `torch.compile` can make nothing of its kind."""
_PLAIN = _Plain()


class _Host(NumPy):
    """NumPy with torch's number of threads."""

    @property
    def threads(self) -> int:
        return int(torch.get_num_threads())


_HOST = _Host()


class _Program:
    """A plan lowered to torch."""

    def __init__(self, library: Torch, plan: Plan):
        self.library, self.plan = library, plan
        self.has_node = plan.orders == (0,) and plan.reduction != TOTAL
        self.on_cpu = {getattr(device, "type", "cpu") for device in plan.devices} <= {"cpu"}
        self.host = host_program(plan) if self.on_cpu else None
        both = replace(plan, orders=(0, 1), first_dtype=plan.dtype)
        # The gradient in the dtype of the computation: a cotangent may be what keeps it from underflowing.
        self.both = both
        self.host_both = host_program(both) if self.has_node and self.host is not None else None

    def __call__(self, operands: Operands, thorough: bool) -> Any:
        tensors = tensors_in(operands)
        for t in tensors:
            if t.layout is not torch.strided or t.__class__ not in PLAIN:  # which the plan does not tell
                operands.must_be_plain(self.library, self.plan.kernel)
        if modes.is_seen(tensors):
            unread = check_values(self.plan, operands, thorough)
            return _exactly(self.library, self.plan, unread, operands)
        watched = [t for t in tensors if t.requires_grad] if torch.is_grad_enabled() else []
        if not watched:
            return self.unwatched(self.plan, self.host, operands, thorough)
        if not self.has_node or len(watched) > 1 or watched[0] is not operands.arrays[0]:
            unread = check_values(self.plan, operands, thorough)
            return _exactly(self.library, self.plan, unread, operands)
        return _Node.apply(self, operands, thorough, *tensors)

    def unwatched(self, plan: Plan, host: Any, operands: Operands, thorough: bool) -> Any:
        """The result where nothing is to be differentiated."""
        if host is not None:
            return _to_torch(host(_to_numpy(operands), thorough))
        unread = check_values(plan, operands, thorough)
        return _exactly(_PLAIN, plan, unread, operands)

    def derivative(self, operands: Operands, cotangent: Array) -> Array:
        """The gradient times the cotangent, of operations that can be differentiated again."""
        unread = check_values(self.plan, operands)
        return _exactly(self.library, self.plan.of(1), unread, operands, cotangent)

    def spread(self, cotangent: Array) -> Array:
        """The cotangent of the result, to broadcast against the first array."""
        plan = self.plan
        shape = plan.layout.shape
        if plan.reduction != "none":
            shape = tuple([1 if i in plan.axes else n for i, n in enumerate(shape)])
        if plan.kernel.has_classes:
            sizes = list(shape)
            for i in sorted(plan.layout.axes):
                sizes.insert(i, 1)
            shape = tuple(sizes)
        return cotangent.reshape(shape)


def accelerated_tensors(plan: Plan, library: NumPy) -> Callable[[Operands, bool], Any]:
    """The program of a library that takes NumPy's arrays, for tensors in which nothing is differentiated."""
    on_cpu = {getattr(device, "type", "cpu") for device in plan.devices} <= {"cpu"}
    host = host_program(plan, library) if on_cpu else None

    def program(operands: Operands, thorough: bool) -> Any:
        tensors = tensors_in(operands)
        watched = torch.is_grad_enabled() and any(t.requires_grad for t in tensors)
        if host is None or watched or modes.is_seen(tensors):
            raise not_to_accelerate(plan.kernel.name, "torch")
        return _to_torch(host(_to_numpy(operands), thorough))

    return program


def host_program(plan: Plan, library: NumPy | None = None) -> Any:
    """NumPy's program of a plan; None if NumPy does not have all of its dtypes."""
    library = library or _HOST
    if modes.is_compiling() or any(d not in _NUMPY for d in (*plan.floats, plan.dtype, plan.first_dtype)):
        return None
    floats = tuple([_NUMPY[d] for d in plan.floats])
    dtype, first = _NUMPY[plan.dtype], _NUMPY[plan.first_dtype]
    return library.lower(replace(plan, library=library, floats=floats, dtype=dtype, first_dtype=first))


def _exactly(library: Torch, plan: Plan, unread: Any, operands: Operands, *rest: Any) -> Any:
    """The result of torch's operations."""
    with modes.without_autocast(operands.arrays):
        return evaluate(library, plan, unread, operands, *rest)


def tensors_in(operands: Operands) -> list[Array]:
    arrays, params, weights, where = operands
    return [t for t in (*arrays, *params.values(), weights, where) if isinstance(t, torch.Tensor)]


def _to_numpy(operands: Operands) -> Operands:
    arrays, params, weights, where = operands
    shared = []
    for x in (weights, where, *arrays):
        shared.append(x.numpy(force=True) if isinstance(x, torch.Tensor) else x)
    if params:
        params = {k: x.numpy(force=True) if isinstance(x, torch.Tensor) else x for k, x in params.items()}
    return Operands(tuple(shared[2:]), params, *shared[:2])


def _to_torch(x: Any) -> Any:
    if not isinstance(x, tuple):
        return torch.from_numpy(np.asarray(x))
    parts = [_to_torch(v) for v in x]
    return type(x)(*parts) if hasattr(x, "_fields") else tuple(parts)


_TENSOR: Any = object()
"""Where in a call a tensor was."""


def _replaced(operands: Operands, of: Callable[[Any], Any]) -> Operands:
    """A call with something else for each of its operands, in the order of `tensors_in`."""
    arrays, params, weights, where = operands
    return Operands(
        tuple(map(of, arrays)),
        {k: of(v) for k, v in params.items()} if params else params,
        of(weights),
        of(where),
    )


def _without(operands: Operands) -> Operands:
    """A call without its tensors, which only `save_for_backward` may keep."""
    return _replaced(operands, _mark)


def _mark(x: Any) -> Any:
    return _TENSOR if isinstance(x, torch.Tensor) else x


def _with(operands: Operands, tensors: tuple[Array, ...]) -> Operands:
    given = iter(tensors)
    return _replaced(operands, lambda x: next(given) if x is _TENSOR else x)


class _Node(torch.autograd.Function):
    """A whole evaluation. The gradient is made beside the value, and keeps tensors only as torch does.

    Where the gradient is to be differentiated again, it is made of operations that can be.
    """

    @staticmethod
    def forward(ctx: Any, program: _Program, operands: Operands, thorough: bool, *tensors: Array) -> Any:
        value, gradient = program.unwatched(program.both, program.host_both, operands, thorough)
        ctx.call = program, _without(operands)
        ctx.save_for_backward(gradient, *tensors)
        return value

    @staticmethod
    def backward(ctx: Any, cotangent: Array) -> Any:
        program, rest = ctx.call
        gradient, *tensors = ctx.saved_tensors  # read once, as checkpoints demand
        if (
            torch.is_grad_enabled()
            or modes.is_batch_of_cotangents(cotangent)
            or modes.is_seen([*tensors, cotangent])
        ):
            gradient = program.derivative(_with(rest, tuple(tensors)), cotangent)
        else:
            gradient = (gradient * program.spread(cotangent)).to(tensors[0].dtype)
        return None, None, None, gradient, *[None] * (len(tensors) - 1)
