"""What the engine asks of an array library, answered by the array API standard alone.

Any conforming library works through this class. A library has a subclass in a module of its own only
where the standard does not say enough: how values may be read, what carries a derivative rule, and how
a class is picked out of a row.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from math import prod
from typing import Any

import array_api_compat
import numpy as np

from lossary._backend._of_rules import OfRules
from lossary._check import LossTypeError, mistake
from lossary._kernel import Kernel
from lossary._typing import Array


class Reading(IntEnum):
    """What it costs to look at the values of an array."""

    FREE = 0
    COSTLY = 1
    """A transfer, and waiting for the device."""
    IMPOSSIBLE = 2
    """It has none yet: traced, lazy, or spread over machines."""


def formula(kernel: Kernel, order: int) -> Callable[..., Array]:
    """The kernel's formula for the derivative of the given order."""
    return kernel.formulas[order]


def times_derivative(kernel: Kernel, v: Array, x: Array, *others: Array, xp: Any, **params: Any) -> Array:
    """v times the derivative of the gradient, which is symmetric: forward and reverse mode are the same."""
    if kernel.hvp is not None:
        return kernel.hvp(v, x, *others, xp=xp, **params)
    return v * kernel.hess(x, *others, xp=xp, **params)


class Backend(OfRules):
    """One array library."""

    def __init__(self, name: str, xp: Any):
        self.name = name
        self.xp = xp

    # Arrays in -------------------------------------------------------------------------------------

    def floating(self, dtype: Any) -> Any:
        """The dtype to compute in: at least float32; None if `dtype` is not floating."""
        xp = self.xp
        if xp.isdtype(dtype, "real floating"):
            return xp.float32 if xp.finfo(dtype).bits < 32 else dtype
        return None

    def is_whole(self, dtype: Any) -> bool:
        """Whether `dtype` is integer or bool."""
        return bool(self.xp.isdtype(dtype, ("integral", "bool")))

    def must_be_real(self, x: Array, what: str) -> None:
        """Raise if an array holds complex numbers, objects or text."""
        dtype = getattr(x, "dtype", None)
        if dtype is not None and self.floating(dtype) is None and not self.is_whole(dtype):
            raise mistake(
                "L005",
                f"{what} must be real numbers, got dtype {dtype}",
                why="a loss compares real numbers: there is no order among complex ones",
                fix="the real part, the modulus or the angle of complex numbers, whichever is meant",
                kind=LossTypeError,
            )

    def default_dtype(self, kind: str, like: Array) -> Any:
        return self.xp.__array_namespace_info__().default_dtypes(device=self.device(like))[kind]

    def mode(self, like: Array) -> Any:
        """What default dtypes depend on, beside the arrays."""
        return self.device(like)

    def device(self, x: Array) -> Any:
        return None if isinstance(x, float | int) else array_api_compat.device(x)

    def asarray(self, x: Array, dtype: Any, like: Array) -> Array:
        """`x`, a number or an array of this library, as an array of `dtype` beside `like`."""
        if isinstance(x, float | int):
            return self.xp.asarray(x, dtype=dtype, device=self.device(like))
        return self.cast(x, dtype)

    def cast(self, x: Array, dtype: Any) -> Array:
        return self.xp.astype(x, dtype, copy=False)

    def block_size(self, like: Array) -> int:
        """How many elements are computed at once in large calls; 0: all."""
        return 0

    def cuts(self, arrays: list[Array], length: int) -> list[slice]:
        """The blocks of a large call, along the first axis of its arrays."""
        first = arrays[0]
        step = max(1, self.block_size(first) // prod(first.shape[1:]))
        return [slice(start, min(start + step, length)) for start in range(0, length, step)]

    def empty(self, shape: tuple[int, ...], dtype: Any, like: Array) -> Array:
        """An array to be filled, where calls are computed in blocks."""
        return self.xp.empty(shape, dtype=dtype, device=self.device(like))

    def sized(self, shape: tuple[Any, ...], like: Array) -> tuple[Any, ...]:
        """The shape, with what this library has for those sizes of `like` that nobody knows yet: None."""
        return shape

    def broadcast_like(self, x: Array, like: Array) -> Array:
        return self.xp.broadcast_to(x, self.sized(like.shape, like))

    def is_contiguous(self, x: Array) -> bool:
        """Whether axes can be merged without a copy."""
        return False

    def arange(self, size: int, like: Array) -> Array:
        return self.xp.arange(size, device=self.device(like))

    def reading(self, x: Array) -> Reading:
        """What it costs to read the values of `x`, an array or a number."""
        return Reading.IMPOSSIBLE if array_api_compat.is_lazy_array(x) else Reading.COSTLY

    def host_values(self, x: Array) -> np.ndarray[Any, Any]:
        """The values of `x`, unless reading them is impossible."""
        if isinstance(x, float | int):
            return np.asarray(x)
        devices = self.xp.__array_namespace_info__().devices()
        cpu = next((d for d in devices if "cpu" in str(d).lower()), "cpu")
        return np.from_dlpack(array_api_compat.to_device(x, cpu))

    def raise_when_run(self, wrong: Callable[[], Array], explain: Callable[[Any], str], seen: Any) -> None:
        """Raise when a program that is being built runs, if it is wrong then; if that is possible."""

    def enter(self, plan: Any, operands: Any) -> tuple[Any, Any]:
        """The same call, perhaps on another library that shares the memory and is quicker."""
        return plan, operands

    # Evaluation ------------------------------------------------------------------------------------

    def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a whole evaluation, with whatever this library wants around it."""
        # The untaken side of a `where` and the right answer log(0) = -inf would both make NumPy, and what
        # is built on it, warn.
        with np.errstate(all="ignore"):
            return function(self, *args)

    def attempt(self, function: Callable[..., list[Any]], *args: Any) -> list[Any]:
        """Run a part of an evaluation, where this library has a quicker way perhaps first in that."""
        return function(self, *args)

    def map(self, function: Callable[[int], Any], items: range) -> list[Any]:
        return [function(item) for item in items]

    def call(self, kernel: Kernel, order: int, arrays: tuple[Array, ...], params: Mapping[str, Any]) -> Array:
        """Evaluate the kernel's formula of this order; where there is autodiff, with exact derivatives."""
        return formula(kernel, order)(*arrays, xp=self.xp, **params)

    def call_both(self, kernel: Kernel, arrays: tuple[Array, ...], params: Mapping[str, Any]) -> list[Array]:
        """The kernel's value and gradient, from one formula where it has one; each as `call` returns it."""
        return [self.call(kernel, order, arrays, params) for order in (0, 1)]

    def replace(self, x: Array, ids: Array, value: Any) -> Array:
        """`x`, which may be written to, with the element of each row replaced that `ids` names.

        `value` is a number or one for each row; an id outside the row names none.
        """
        if hasattr(value, "ndim"):
            value = value[..., None]
        return self.xp.where(self.arange(x.shape[-1], x) == ids[..., None], value, x)

    def pick(self, x: Array, ids: Array) -> Array:
        """The element of each row (the last axis of `x`) that `ids` names."""
        return self.xp.take_along_axis(x, ids[..., None], axis=-1)[..., 0]

    def look_up(self, values: Array, ids: Array) -> Array:
        """``values[ids]``, of one axis."""
        xp = self.xp
        return xp.reshape(xp.take(values, xp.reshape(ids, (-1,)), axis=0), ids.shape)

    def gather(self, x: Array, ids: Array) -> Array:
        """Several elements of each row: ``x[..., ids]``."""
        return self.xp.take_along_axis(x, ids, axis=-1)

    def positions(self, x: Array, ids: Array) -> Array:
        """Where in each row of `x` the element lies that `ids` names."""
        return self.arange(x.shape[-1], x) == ids[..., None]

    def row_max(self, x: Array) -> Array:
        """The largest of each row; NaN if there is one."""
        return self.xp.max(x, axis=-1)

    def select(self, x: Array, ids: Array) -> Array:
        """What `pick` gives, by comparing, for where rows cannot be indexed."""
        xp = self.xp
        return xp.sum(xp.where(self.positions(x, ids), x, xp.zeros_like(x)), axis=-1)

    def scan(
        self,
        step: Callable[[Any, Any], tuple[Any, Array]],
        carry: Any,
        along: tuple[Array, ...],
        reverse: bool,
    ) -> tuple[Any, Array]:
        """Fold `step` over the first axis of arrays: the last carry, and what the steps gave beside it."""
        count = along[0].shape[0]
        found: list[Array] = [None] * count
        for i in reversed(range(count)) if reverse else range(count):
            carry, found[i] = step(carry, tuple([x[i, ...] for x in along]))
        return carry, self.xp.stack(found)

    def sum(self, x: Array, axis: tuple[int, ...]) -> Array:
        """Sum in double precision, if there is any: NumPy adds float32 one by one over most axes."""
        xp = self.xp
        if "float64" not in xp.__array_namespace_info__().dtypes(device=self.device(x)):
            return xp.sum(x, axis=axis)
        return xp.sum(x, axis=axis, dtype=xp.float64)

    def with_rows_along(self, axis_name: Any, loss: str) -> "Backend":
        """The same library where each device has a part of every row, as a mapped axis spreads them."""
        raise mistake(
            "L005",
            f"{loss}: `axis_name` names a mapped axis of JAX, but these are {self.name} arrays",
            why="elsewhere an array is whole, or knows itself how its classes are spread",
            fix="leave axis_name out: a DTensor may be sharded along the classes, a dask array chunked",
            kind=LossTypeError,
        )

    def row_length(self, length: int) -> int:
        """How long a row is of which an array here has so many elements."""
        return length
