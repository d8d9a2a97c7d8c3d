"""torch: from a plan to a program.

NumPy computes on the memory of CPU tensors: an operation costs a third of eager torch's, and large calls stay
in the cache. A program has four ways to run: NumPy; torch's operations where nothing is differentiated; one
node of torch's graph; and, wherever torch must see each operation (while it compiles, captures, transforms or
pushes tangents), operations that torch can differentiate.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import torch

from lossary._backend import _torch_modes as modes
from lossary._backend._numpy import NumPy
from lossary._backend._resolve import not_to_accelerate
from lossary._backend._torch_host import HOST
from lossary._backend._torch_modes import PLAIN
from lossary._backend._torch_node import Node, differentiable_twice
from lossary._program._check_values import check_values
from lossary._program._library import Library
from lossary._program._plan import TOTAL, Operands, Plan
from lossary._program._steps import apart, evaluate
from lossary._program._weigh import Sums, finish
from lossary._typing import Array

_NUMPY = {
    None: None,
    torch.float64: np.dtype("float64"),
    torch.float32: np.dtype("float32"),
    torch.float16: np.dtype("float16"),
}
"""The dtypes that NumPy has too."""


class Program:
    """A plan lowered to torch."""

    def __init__(self, library: Library, undifferentiated: Library, plan: Plan):
        self.library, self.undifferentiated, self.plan = library, undifferentiated, plan
        self.has_node = plan.orders == (0,) and plan.reduction != TOTAL
        self.host = _host_program(plan, HOST)
        # The gradient stays in the dtype of the computation, because a cotangent may keep it from
        # underflowing.
        self.both = replace(plan, orders=(0, 1), first_dtype=plan.dtype)
        self.host_both = _host_program(self.both, HOST) if self.has_node and self.host is not None else None
        self.shape_of_cotangents = _shape_of_cotangents(plan)

    def __call__(self, operands: Operands, thorough: bool) -> Any:
        tensors = self.tensors_in(operands)
        is_seen, watched = modes.is_seen(), []
        for t in tensors:
            if t.layout is not torch.strided or t.__class__ not in PLAIN:  # the plan does not know this
                operands.must_be_plain(self.library, self.plan.kernel)
                is_seen = True
            if t.requires_grad:
                watched.append(t)
        if is_seen:
            return self.by_operations(self.library, self.plan, operands, thorough)
        if not watched or not torch.is_grad_enabled():
            return self.value(operands, thorough)
        if not self.has_node or len(watched) > 1 or watched[0] is not operands.arrays[0]:
            return self.by_operations(self.library, self.plan, operands, thorough)
        return self.node(operands, thorough, tensors)

    def node(self, operands: Operands, thorough: bool, tensors: Sequence[Array]) -> Array:
        """The result with a gradient in the first array."""
        result: Array = Node.apply(self, operands, thorough, *tensors)
        return result

    def by_operations(
        self, library: Library, plan: Plan, operands: Operands, thorough: bool, cotangent: Array = None
    ) -> Any:
        """The result, by torch's operations."""
        unread = check_values(plan, operands, thorough)
        with modes.without_autocast(operands.arrays):
            return evaluate(library, plan, unread, operands, cotangent)

    def value(self, operands: Operands, thorough: bool) -> Any:
        """The result where nothing is differentiated."""
        if self.host is None:
            return self.by_operations(self.undifferentiated, self.plan, operands, thorough)
        return _to_torch(self.host(self.to_numpy(operands), thorough))

    def value_and_gradient(self, operands: Operands, thorough: bool) -> tuple[Array, Array | None, Any]:
        """The value, the gradient in the dtype of the computation (None if it is computed on demand), and a
        remaining factor of the gradient, if any.
        """
        if self.host_both is None:
            unread = check_values(self.both, operands, thorough)
            with modes.without_autocast(operands.arrays):
                return apart(self.undifferentiated, self.both, unread, operands)
        value, gradient = self.host_both(self.to_numpy(operands), thorough)
        return torch.from_numpy(np.asarray(value)), torch.from_numpy(np.asarray(gradient)), None

    def pulled(self, gradient: Array, factor: Any, operands: Operands, cotangent: Array) -> Array:
        """The gradient times the cotangent, if no further derivative is needed."""
        first = operands.arrays[0]
        if factor is None and gradient.dtype is first.dtype and modes.is_last_and_one(cotangent):
            return gradient
        if cotangent.ndim:
            cotangent = cotangent.reshape(self.shape_of_cotangents)
        if factor is not None:
            cotangent = cotangent * self.beside_first(factor)
        if gradient.dtype is first.dtype:
            return gradient * cotangent
        return torch.mul(gradient, cotangent, out=torch.empty_like(first))

    def beside_first(self, factor: Any) -> Any:
        """A factor, one number or one per loss, that broadcasts against the first array."""
        if self.plan.kernel.has_classes and isinstance(factor, torch.Tensor) and factor.ndim:
            for i in sorted(self.plan.layout.axes):
                factor = factor.unsqueeze(i)
        return factor

    def derivative(self, operands: Operands, cotangent: Array) -> Array:
        """The gradient times the cotangent, by operations that can be differentiated again."""
        return self.by_operations(self.library, self.plan.of(1), operands, False, cotangent)

    # Split a call into its tensors, which only `save_for_backward` may keep, and the rest.

    def tensors_in(self, operands: Operands) -> Sequence[Array]:
        return _tensors_in(operands)

    def to_numpy(self, operands: Operands) -> Operands:
        return operands.each(_numpy)

    def without_tensors(self, operands: Operands) -> Any:
        return operands.each(_mark)

    def with_tensors(self, rest: Any, tensors: Sequence[Array]) -> Operands:
        given = iter(tensors)
        operands: Operands = rest.each(lambda x: next(given) if x is _TENSOR else x)
        return operands


class Straight(Program):
    """The program for calls in which exactly the arrays are tensors."""

    def tensors_in(self, operands: Operands) -> Sequence[Array]:
        return operands.arrays

    def to_numpy(self, operands: Operands) -> Operands:
        arrays, params, *_ = operands
        return Operands(tuple([t.numpy(force=True) for t in arrays]), params, None, None)

    def without_tensors(self, operands: Operands) -> Any:
        return operands.params

    def with_tensors(self, rest: Any, tensors: Sequence[Array]) -> Operands:
        return Operands(tuple(tensors), rest, None, None)


class Delegated(Straight):
    """The program for calls with torch functions for value and gradient: one pass over memory each."""

    def __init__(self, library: Library, undifferentiated: Library, plan: Plan):
        super().__init__(library, undifferentiated, plan)
        self.is_on_cpu = _is_on(("cpu",), plan)
        name = plan.kernel.functional
        self.function, self.slope = (getattr(torch.ops.aten, name + of).default for of in ("", "_backward"))
        self.reduction = _REDUCTIONS.index(plan.reduction)
        self.defaults = tuple(plan.kernel.defaults.values())

    def value(self, operands: Operands, thorough: bool) -> Any:
        value = self.checked(operands, thorough)
        return super().value(operands, thorough) if value is None else value

    def node(self, operands: Operands, thorough: bool, tensors: Sequence[Array]) -> Array:
        is_native = self.is_on_cpu and not modes.stores_tensors()
        value = self.checked(operands, thorough) if is_native else None
        if value is None:
            return super().node(operands, thorough, tensors)
        return differentiable_twice(self, operands, value)

    def value_and_gradient(self, operands: Operands, thorough: bool) -> tuple[Array, Array | None, Any]:
        value = self.checked(operands, thorough)
        return super().value_and_gradient(operands, thorough) if value is None else (value, None, None)

    def pulled(self, gradient: Array | None, factor: Any, operands: Operands, cotangent: Array) -> Array:
        if gradient is not None:
            return super().pulled(gradient, factor, operands, cotangent)
        return self.slope(cotangent, *operands.arrays, self.reduction, *self.numbers(operands))

    def checked(self, operands: Operands, thorough: bool) -> Array | None:
        """The value; None for an infinite float32 sum, because the float64 sum may be finite."""
        if operands.params:
            check_values(self.plan, operands, thorough)
        if not self.is_on_cpu:  # values on other devices must not be read
            return self.summed(self.function(*operands.arrays, 0, *self.numbers(operands)))
        value: Array = self.function(*operands.arrays, self.reduction, *self.numbers(operands))
        return None if self.reduction and abs(value.item()) == inf else value

    def summed(self, losses: Array) -> Array:
        if not self.reduction:
            return losses
        size = self.plan.size
        library = self.undifferentiated
        return finish(library, self.plan, Sums(library.sum(losses, self.plan.axes), size, size))

    def numbers(self, operands: Operands) -> tuple[float, ...]:
        given = operands.params
        if not given:
            return self.defaults
        return tuple([given.get(name, number) for name, number in self.plan.kernel.defaults.items()])


_REDUCTIONS = ("none", "mean", "sum")
"""In the order of torch's codes."""
_DELEGATED = ("cpu", "cuda", "meta")
"""The devices where the functions' results at infinities and NaN are known."""


def program_of(library: Library, undifferentiated: Library, plan: Plan) -> Program:
    """The fastest program for a plan."""
    if not plan.as_is or plan.is_weighed:
        return Program(library, undifferentiated, plan)
    is_whole = plan.reduction == "none" or len(plan.axes) == len(plan.layout.shape)
    if (
        plan.kernel.functional
        and plan.orders == (0,)
        and plan.reduction in _REDUCTIONS
        and is_whole
        and 0 not in plan.layout.shape
        and _is_on(_DELEGATED, plan)
    ):
        return Delegated(library, undifferentiated, plan)
    return Straight(library, undifferentiated, plan)


def accelerated_tensors(plan: Plan, library: NumPy) -> Callable[[Operands, bool], Any]:
    """The program of a library on NumPy arrays, for tensors without differentiation."""
    host = _host_program(plan, library)

    def program(operands: Operands, thorough: bool) -> Any:
        tensors = _tensors_in(operands)
        watched = torch.is_grad_enabled() and any(t.requires_grad for t in tensors)
        if host is None or watched or modes.is_seen() or not modes.are_plain(*tensors):
            raise not_to_accelerate(plan.kernel.name, "torch")
        return _to_torch(host(operands.each(_numpy), thorough))

    return program


def _host_program(plan: Plan, library: NumPy) -> Any:
    """NumPy's program for a plan; None if tensors are not in CPU memory or NumPy lacks their dtypes."""
    if (
        not _is_on(("cpu",), plan)
        or modes.is_compiling()
        or any(d not in _NUMPY for d in (*plan.floats, plan.dtype, plan.first_dtype))
    ):
        return None
    floats = tuple([_NUMPY[d] for d in plan.floats])
    dtype, first = _NUMPY[plan.dtype], _NUMPY[plan.first_dtype]
    return library.lower(replace(plan, library=library, floats=floats, dtype=dtype, first_dtype=first))


def _is_on(types: Collection[str], plan: Plan) -> bool:
    return all(getattr(device, "type", "cpu") in types for device in plan.devices)


def _shape_of_cotangents(plan: Plan) -> tuple[int, ...]:
    """The shape in which cotangents of the results broadcast against the first array."""
    shape = plan.layout.shape
    if plan.reduction != "none":
        shape = tuple([1 if i in plan.axes else n for i, n in enumerate(shape)])
    sizes = list(shape)
    if plan.kernel.has_classes:
        for i in sorted(plan.layout.axes):
            sizes.insert(i, 1)
    return tuple(sizes)


def _tensors_in(operands: Operands) -> list[Array]:
    return [t for t in operands.all if isinstance(t, torch.Tensor)]


def _numpy(x: Any) -> Any:
    return x.numpy(force=True) if isinstance(x, torch.Tensor) else x


def _to_torch(x: Any) -> Any:
    if not isinstance(x, tuple):
        return torch.from_numpy(np.asarray(x))
    parts = [_to_torch(v) for v in x]
    return type(x)(*parts) if hasattr(x, "_fields") else tuple(parts)


_TENSOR: Any = object()
"""Marks the place of a tensor in a call."""


def _mark(x: Any) -> Any:
    return _TENSOR if isinstance(x, torch.Tensor) else x
