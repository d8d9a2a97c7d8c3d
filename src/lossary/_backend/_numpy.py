"""NumPy: values can always be read, there is no autodiff, and temporaries must stay in the cache."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from lossary._backend._blocks import in_blocks
from lossary._backend._numpy_columns import COLUMN_FORMULAS, by_column, has_short_rows
from lossary._backend._numpy_formulas import FORMULAS, QUICK_FORMULAS, maximum_or_nan, summed
from lossary._backend._numpy_straight import is_straight, straight
from lossary._config import SETTINGS
from lossary._kernel import Kernel
from lossary._program._check_values import check_values, quick_check
from lossary._program._formulas import Formulas
from lossary._program._library import Library, Reading
from lossary._program._plan import Operands, Plan, many
from lossary._program._steps import evaluate, steps
from lossary._typing import Array

_BLOCK = 1 << 17
"""How many elements to compute at once: few enough to stay in the cache, enough to be worth a call."""
_BLOCK_OF_ROWS = 1 << 18
"""The same for rows with one number beside each, such as a class id: they have fewer temporaries."""
_BLOCK_OF_THREADS = 4 * _BLOCK
"""The same for several threads, which block each other if a block takes too short a time."""
_LEAST_BLOCKS = 4
"""The minimum number of blocks that is worth it."""


class NumPy(Library):
    def __init__(self, xp: Formulas = FORMULAS, quick: "tuple[NumPy, NumPy] | None" = None) -> None:
        super().__init__("NumPy", xp)
        self._quick = quick
        # glibc returns memory to the system, and faults it in again, for every temporary larger than the
        # largest freed before: up to 5 times the cost of the arithmetic in a block.
        np.empty(1 << 24, dtype="uint8")

    def quick(self, plan: Plan) -> "NumPy":
        """The library that computes quickly, without handling 0 times infinity."""
        plain, by_column = self._quick or _QUICK
        return by_column if has_short_rows(plan.kernel, plan.classes) else plain

    def floating(self, dtype: Any) -> Any:
        # `isdtype` rejects the dtypes of ml_dtypes, which JAX users have in NumPy arrays.
        if dtype.name in ("float32", "float64"):
            return dtype
        is_small = dtype.name.startswith(("float16", "bfloat16", "float8", "float6", "float4"))
        return np.dtype("float32") if is_small else None

    def is_whole(self, dtype: Any) -> bool:
        return dtype.kind in "biu" or dtype.name.startswith(("int", "uint"))

    def default_dtype(self, kind: str, device: Any) -> Any:
        return np.dtype("float64" if kind == "real floating" else "int64")

    def device(self, x: Array) -> Any:
        return None

    def cast(self, x: Array, dtype: Any) -> Array:
        return x.astype(dtype, copy=False)

    def asarray(self, x: Array, dtype: Any, like: Array) -> Array:
        return np.asarray(x, dtype=dtype)

    def sum(self, x: Array, axis: tuple[int, ...]) -> Array:
        all_axes = len(axis) == x.ndim
        if all_axes and x.flags.c_contiguous:
            total = summed(x)
            if abs(total) < np.inf:
                return np.float64(total)
        # Over any axis but the last, NumPy adds sequentially, which in float32 is 1% off at 1e7 elements.
        return np.add.reduce(x, axis=None if all_axes else axis, dtype=np.float64)

    def reading(self, x: Array) -> Reading:
        return Reading.FREE

    def host_values(self, x: Array) -> np.ndarray[Any, Any]:
        return np.asarray(x)

    def block(self, like: Array) -> int:
        return _BLOCK if self.threads == 1 else _BLOCK_OF_THREADS

    def exp(self, x: Array) -> Array:
        return np.exp(x, out=x)

    def replace(self, x: Array, ids: Array, value: Any) -> Array:
        rows = np.flatnonzero((ids >= 0) & (ids < x.shape[-1]))
        x[rows, ids[rows]] = value[rows] if isinstance(value, np.ndarray) else value
        return x

    def lower(self, plan: Plan) -> Callable[[Operands, bool], Any]:
        check = quick_check(plan)
        small = not many(plan, _LEAST_BLOCKS * _block(plan))
        if small and check is not None and is_straight(plan):
            return straight(plan, check, (self.quick(plan), self), self.sum)

        def program(operands: Operands, thorough: bool) -> Any:
            unread = check_values(plan, operands, thorough) if check is None else check(operands, thorough)
            return self.evaluate(plan, unread, operands)

        return program

    def evaluate(
        self, plan: Plan, unread: tuple[str, ...], operands: Operands, cotangent: Array = None
    ) -> Any:
        """The results of the plan, whole or in blocks."""
        with np.errstate(all="ignore"):
            if many(plan, _LEAST_BLOCKS * _block(plan)):
                return self.blocks(plan, unread, operands, cotangent)
            return self.whole(evaluate, plan, unread, operands, cotangent)

    @property
    def threads(self) -> int:
        return SETTINGS.threads

    def whole(self, function: Callable[..., Any], plan: Plan, *args: Any) -> Any:
        """Run a function with the quick library, and again with the careful one if the result has NaN."""
        if not plan.layout.shape:  # for one example NumPy returns scalars, which cannot be written to
            return function(self, plan, *args)
        found = function(self.quick(plan), plan, *args)
        return function(self, plan, *args) if _has_nan(found) else found

    def blocks(self, plan: Plan, *args: Any) -> Any:
        """The same in blocks, distributed over threads if there is enough for each to do."""
        threads, block = 1, _block(plan)
        of_threads = _within(_BLOCK_OF_THREADS, plan)
        if self.threads > 1 and many(plan, _LEAST_BLOCKS * of_threads):
            threads, block = self.threads, of_threads

        def cuts(operands: Operands, length: int) -> list[slice]:
            width = prod(operands.arrays[0].shape[1:])
            step = max(1, block // width)
            return [slice(start, min(start + step, length)) for start in range(0, length, step)]

        def of_block(*args: Any) -> list[Any]:
            parts: list[Any] = self.whole(steps, *args)
            return parts

        return in_blocks(self, of_block, cuts, _each(threads), plan, *args)


class ByColumn(NumPy):
    def results(
        self, kernel: Kernel, orders: tuple[int, ...], arrays: tuple[Array, ...], params: Mapping[str, Any]
    ) -> list[Array]:
        return super().results(kernel, orders, by_column(kernel, arrays), params)


_QUICK = NumPy(QUICK_FORMULAS), ByColumn(COLUMN_FORMULAS)


def _block(plan: Plan) -> int:
    """How many elements one thread computes at once."""
    rows = sum(map(bool, plan.kernel.cores))
    return _within(_BLOCK_OF_ROWS if rows == 1 else _BLOCK, plan)


def _within(numbers: int, plan: Plan) -> int:
    """How many elements have temporaries of so many numbers."""
    return max(1, numbers // plan.classes) if plan.kernel.compares_pairs else numbers


def _each(threads: int) -> Callable[[Callable[[int], Any], range], list[Any]]:
    def each(function: Callable[[int], Any], items: range) -> list[Any]:
        count = min(threads, len(items))
        if count < 2:
            return [function(item) for item in items]

        def quietly(item: int) -> Any:
            with np.errstate(all="ignore"):  # the setting is per thread
                return function(item)

        return list(_pool(count).map(quietly, items))

    return each


@lru_cache(maxsize=4)
def _pool(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, thread_name_prefix="lossary")


if hasattr(os, "register_at_fork"):  # a forked process inherits the pool but not its threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


def _has_nan(found: Any) -> bool:
    """Whether a result, or one of several, may contain NaN."""
    if isinstance(found, tuple | list):
        return any(map(_has_nan, found))
    if found is None or isinstance(found, int):
        return False
    most = maximum_or_nan(found)
    return bool(most != most)
