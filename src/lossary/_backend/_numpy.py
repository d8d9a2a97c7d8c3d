"""NumPy: values can always be read, there is no autodiff, and temporaries must stay in the cache."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from lossary._backend._blocks import in_blocks
from lossary._backend._numpy_straight import is_straight, straight
from lossary._config import SETTINGS
from lossary._program._check_values import check_values, quick_check
from lossary._program._domains import BITS, halves
from lossary._program._formulas import Formulas
from lossary._program._library import Library, Reading
from lossary._program._plan import Operands, Plan, many
from lossary._program._steps import evaluate, steps
from lossary._typing import Array

_BITS = {np.dtype("float32"): np.int32, np.dtype("float64"): np.int64}
_FEW = 4096
_BLOCK = 1 << 17
"""How many elements to compute at once: few enough to stay in the cache, enough to be worth a call."""
_BLOCK_OF_ROWS = 1 << 18
"""The same for rows with one number beside each, such as a class id: they have fewer temporaries."""
_BLOCK_OF_THREADS = 4 * _BLOCK
"""The same for several threads, which block each other if a block takes too short a time."""
_LEAST_BLOCKS = 4
"""The minimum number of blocks that is worth it."""
_ADDED = {np.dtype("float32"): 256, np.dtype("float64"): 128}
"""How many numbers of a row `np.einsum` adds, sequentially in each lane of a vector."""
_FEW_LOGARITHMS = 512
_SHORT_ROW = 16
"""Up to so many numbers in a row, the maxima are computed column by column."""
_FEW_BOUNDED = 2048


class _Formulas(Formulas):
    def bound_like(self, x: Array, number: float) -> Any:
        return number if x.size < _FEW_BOUNDED else np.full_like(x, number)

    def arange_beside(self, size: int, like: Array) -> Array:
        return np.arange(size)

    def running_total(self, x: Array) -> Array:
        return np.cumsum(x, axis=-1)  # NumPy 2.0 lacks the standard's name

    def halves(self, x: Array) -> tuple[Array, Array]:
        return halves(x)

    def max(self, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
        if axis != -1 or x.ndim < 2 or x.size < _FEW or not x.flags.c_contiguous:
            return np.max(x, axis=axis, keepdims=keepdims)
        rows = _row_maxima(x)
        return rows[..., None] if keepdims else rows

    def pick(self, x: Array, ids: Array) -> Array:
        at = _flat_positions(x, ids)
        return super().pick(x, ids) if at is None else x.reshape(-1).take(at)


class _Quick(_Formulas):
    """The same without handling 0 times infinity."""

    is_quick = True
    overwrites = True

    def sum(self, x: Array, axis: Any = None, **options: Any) -> Array:
        """`np.sum`; for rows `np.einsum`, whose loops have no overhead per row."""
        length = x.shape[-1] if axis == -1 and x.flags.c_contiguous else 0
        most = _ADDED.get(x.dtype, 0)
        if not length or not most or (length > most and x.dtype == np.float64):
            return np.sum(x, axis=axis, **options)
        whole = length - length % most if length > most else 0
        rows = np.einsum("...k->...", x[..., whole:])
        if whole:  # in parts, because short sums lose few digits
            parts = x[..., :whole].reshape(*x.shape[:-1], whole // most, most)
            rows += self.sum(np.einsum("...k->...", parts), axis=-1)
        return rows[..., None] if options.get("keepdims") else rows

    def are_known_bits(self, y: Array) -> bool:
        if y.dtype not in BITS or not y.size or y.item(0) not in (0.0, 1.0):
            return False
        bits, one = BITS[y.dtype]
        y = y.view(bits)  # which compare faster
        return bool(np.count_nonzero(y == one) + np.count_nonzero(y == 0) == y.size)

    def put_along_axis(self, x: Array, ids: Array, values: Any, axis: int) -> None:
        at = _flat_positions(x, ids[..., 0])
        if at is None:
            np.put_along_axis(x, ids, values, axis)
        else:
            x.reshape(-1)[at] = values[..., 0] if isinstance(values, np.ndarray) else values

    def where(self, condition: Array, x: Any, y: Any) -> Array:
        """`np.where` by bit arithmetic, which is 6 times faster on random conditions."""
        known = [a for a in (x, y) if isinstance(a, np.ndarray)]
        if (
            condition.size < _FEW
            or not known
            or known[0].dtype not in _BITS
            or known[0].dtype != known[-1].dtype
        ):
            return np.where(condition, x, y)
        dtype, bits = known[0].dtype, _BITS[known[0].dtype]
        a, b = (np.asarray(v, dtype=dtype).view(bits) for v in (x, y))
        chosen = condition.astype(bits)
        np.negative(chosen, out=chosen)
        return (((a ^ b) & chosen) ^ b).view(dtype)


def _row_maxima(x: Array) -> Array:
    """`np.max` over the last axis, without its overhead of 40 ns per row."""
    length, flat = x.shape[-1], x.reshape(-1)
    if length > _SHORT_ROW:
        found = np.maximum.reduceat(flat, np.arange(0, flat.size, length))
    else:
        found = flat[::length].copy()
        for j in range(1, length):
            np.maximum(found, flat[j::length], out=found)
    return found.reshape(x.shape[:-1])


def _flat_positions(x: Array, ids: Array) -> Array | None:
    """Where the elements at `ids` of each row are in the flattened array: a third of the time of two indices.

    None where that would copy, or reach into another row.
    """
    if not ids.size or not x.flags.c_contiguous or ids.shape != x.shape[:-1] or ids.dtype.kind not in "iu":
        return None
    # Viewed as unsigned, negative numbers are the largest.
    if np.maximum.reduce(ids.view(f"u{ids.dtype.itemsize}"), axis=None) >= x.shape[-1]:
        return None
    at = np.arange(0, x.size, x.shape[-1]).reshape(ids.shape)
    return np.add(at, ids, out=at, casting="unsafe")


def log1p(x: Array, out: Array | None = None) -> Array:
    """log(1 + x) in float32 by NumPy's logarithm, which is vectorized on every processor.

    With w = 1 + x, rounded, it is log w + (x - (w - 1)) / w to two units in the last place. Infinity gives
    NaN.
    """
    if x.dtype != np.float32 or x.size < _FEW_LOGARITHMS:
        return np.log1p(x, out=out)
    w = 1.0 + x
    rest = np.subtract(w, 1.0)
    np.subtract(x, rest, out=rest)
    np.divide(rest, w, out=rest)
    np.log(w, out=w)
    return np.add(w, rest, out=w if out is None else out)


def has_vectors(function: str, kind: str) -> bool:
    """Whether NumPy vectorizes a function on this processor."""
    found = np.lib.introspect.opt_func_info(func_name=f"^{function}$").get(function, {}).get(kind, {})
    return not str(found.get("current", "baseline")).startswith("baseline")


FORMULAS = _Formulas(np)
_QUICKER = {"log1p": log1p} if has_vectors("log", "ff") and not has_vectors("log1p", "ff") else {}
_QUICK_FORMULAS = _Quick(np, **_QUICKER)


class NumPy(Library):
    def __init__(self, xp: Formulas = FORMULAS) -> None:
        super().__init__("NumPy", xp)
        # glibc returns memory to the system, and faults it in again, for every temporary larger than the
        # largest freed before: up to 5 times the cost of the arithmetic in a block.
        np.empty(1 << 24, dtype="uint8")

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
            total = np.add.reduce(x, axis=None)  # pairwise: at most 3 ULP off
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
            return straight(plan, check, (QUICK.xp, self.xp), self.sum)

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
        found = function(QUICK, plan, *args)
        return function(self, plan, *args) if _has_nan(found) else found

    def blocks(self, plan: Plan, *args: Any) -> Any:
        """The same in blocks, distributed over threads if there is enough for each to do."""
        threads, block = 1, _block(plan)
        if self.threads > 1 and many(plan, _LEAST_BLOCKS * _BLOCK_OF_THREADS):
            threads, block = self.threads, _BLOCK_OF_THREADS

        def cuts(operands: Operands, length: int) -> list[slice]:
            width = prod(operands.arrays[0].shape[1:])
            step = max(1, block // width)
            return [slice(start, min(start + step, length)) for start in range(0, length, step)]

        def of_block(*args: Any) -> list[Any]:
            parts: list[Any] = self.whole(steps, *args)
            return parts

        return in_blocks(self, of_block, cuts, _each(threads), plan, *args)


QUICK = NumPy(_QUICK_FORMULAS)


def _block(plan: Plan) -> int:
    """How many elements one thread computes at once."""
    rows = sum(map(bool, plan.kernel.cores))
    return _BLOCK_OF_ROWS if rows == 1 else _BLOCK


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
    total = np.add.reduce(found, axis=None) if getattr(found, "ndim", 0) else found
    return bool(total != total)
