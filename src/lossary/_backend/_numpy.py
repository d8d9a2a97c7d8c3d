"""NumPy: values can always be read, there is no autodiff, and temporaries must be kept in the cache."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from lossary._backend._base import Backend, Reading, formula
from lossary._config import SETTINGS
from lossary._kernel import Kernel
from lossary._typing import Array

_BITS = {np.dtype("float32"): np.int32, np.dtype("float64"): np.int64}
_FEW = 4096
_BLOCK = 1 << 16


class NumPy(Backend):
    def __init__(self) -> None:
        super().__init__("NumPy", np)
        # glibc gives memory back to the system, and faults it in again, for every temporary larger than
        # the largest that was freed before: up to 5 times the cost of the arithmetic in a block.
        np.empty(1 << 22, dtype="uint8")

    def floating(self, dtype: Any) -> Any:
        # `isdtype` refuses the dtypes of ml_dtypes, which JAX users have in NumPy arrays.
        if dtype.name in ("float32", "float64"):
            return dtype
        if dtype.name in ("float16", "bfloat16"):
            return np.dtype("float32")
        return dtype if dtype.kind == "f" else None

    def is_whole(self, dtype: Any) -> bool:
        return dtype.kind in "biu"

    def default_dtype(self, kind: str, like: Array) -> Any:
        return np.dtype("float64" if kind == "real floating" else "int64")

    def block_size(self, like: Array) -> int:
        # Beside other threads a block must last, or they stand in each other's way.
        return _BLOCK if self.threads == 1 else 4 * _BLOCK

    def mode(self, like: Array) -> Any:
        return None

    def device(self, x: Array) -> Any:
        return None

    def cast(self, x: Array, dtype: Any) -> Array:
        return x.astype(dtype, copy=False)

    def asarray(self, x: Array, dtype: Any, like: Array) -> Array:
        return np.asarray(x, dtype=dtype)

    def empty(self, shape: tuple[int, ...], dtype: Any, like: Array) -> Array:
        return np.empty(shape, dtype)

    def is_contiguous(self, x: Array) -> bool:
        return bool(x.flags.c_contiguous)

    def reading(self, x: Array) -> Reading:
        return Reading.FREE

    def host_values(self, x: Array) -> np.ndarray[Any, Any]:
        return np.asarray(x)

    @property
    def threads(self) -> int:
        return SETTINGS.threads

    def map(self, function: Callable[[int], Any], items: range) -> list[Any]:
        count = min(self.threads, len(items))
        if count < 2:
            return super().map(function, items)

        def quietly(item: int) -> Any:
            with np.errstate(all="ignore"):  # it is a matter of the thread
                return function(item)

        return list(_pool(count).map(quietly, items))

    def attempt(self, function: Callable[..., list[Any]], plan: Any, *args: Any) -> list[Any]:
        if not plan.layout.shape:  # of one example NumPy makes numbers, which cannot be written to
            return function(self, plan, *args)
        parts = function(_QUICK, plan, *args)
        return function(self, plan, *args) if any(map(_has_nan, parts)) else parts

    def sum(self, x: Array, axis: tuple[int, ...]) -> Array:
        all_axes = len(axis) == x.ndim
        if all_axes and x.flags.c_contiguous:
            total = np.add.reduce(x, axis=None)  # pairwise: at most 3 ULP off
            if abs(total) < np.inf:
                return np.float64(total)
        # Over any but the last axis NumPy adds one by one, which in float32 is 1 % off at 1e7.
        return np.add.reduce(x, axis=None if all_axes else axis, dtype=np.float64)


@lru_cache(maxsize=4)
def _pool(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, thread_name_prefix="lossary")


class _Quick(NumPy):
    """The same without care for 0 times infinity."""

    def call(self, kernel: Kernel, order: int, arrays: tuple[Array, ...], params: Any) -> Array:
        return formula(kernel, order)(*arrays, xp=_NAMESPACE, **params)

    def call_both(self, kernel: Kernel, arrays: tuple[Array, ...], params: Any) -> list[Array]:
        if kernel.both is None:
            return super().call_both(kernel, arrays, params)
        return list(kernel.both(*arrays, xp=_NAMESPACE, again=None, **params))


def _where(condition: Array, x: Any, y: Any) -> Array:
    """`np.where`, which on random conditions is 6 times slower than arithmetic on bits."""
    known = [a for a in (x, y) if isinstance(a, np.ndarray)]
    if condition.size < _FEW or not known or known[0].dtype not in _BITS or known[0].dtype != known[-1].dtype:
        return np.where(condition, x, y)
    dtype, bits = known[0].dtype, _BITS[known[0].dtype]
    a, b = (np.asarray(v, dtype=dtype).view(bits) for v in (x, y))
    chosen = condition.astype(bits)
    np.negative(chosen, out=chosen)
    return (((a ^ b) & chosen) ^ b).view(dtype)


def _has_nan(part: Any) -> bool:
    """Whether there may be a NaN in the sum of a `Total`, or in an array."""
    total = part[0] if isinstance(part, tuple) else part
    if total.ndim:
        total = np.add.reduce(total, axis=None)
    return bool(total != total)


_NAMESPACE = SimpleNamespace(**{name: getattr(np, name) for name in np.__all__}, is_quick=True)
_NAMESPACE.where = _where
_QUICK = _Quick()
