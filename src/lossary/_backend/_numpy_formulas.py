"""NumPy's namespaces for formulas: one that handles everything, and a quick one."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from lossary._math import Polynomial, polynomial
from lossary._program._domains import BITS, halves
from lossary._program._formulas import Formulas
from lossary._typing import Array, Number

_BITS = {np.dtype("float32"): np.int32, np.dtype("float64"): np.int64}
FEW = 4096
"""Arrays with fewer elements are not worth more than one call of NumPy."""
_ADDED = {np.dtype("float32"): 256, np.dtype("float64"): 128}
"""How many numbers of a row `np.einsum` adds, sequentially in each lane of a vector."""
_FEW_MULTIPLIED = 32
"""BLAS takes 9 ns per row, however short."""
_MANY_SUMMED = 1 << 14
_FEW_LOGARITHMS = 512
_FEW_LOGARITHMS_OF_FRACTIONS = 8192
_OF_FRACTION = Polynomial((), single=(0.0005246293574, 0.0022058626483, 0.0125023830413, 0.0833332999285))
"""(log(1 + x)/s - 1)/s² as a polynomial of s², with s = x/(1 + x/2) and x up to 1; its error is 2 ** -21."""
_SHORT_ROW = 16
"""Up to so many numbers in a row, the maxima are computed column by column."""
_FEW_BOUNDED = 2048


def summed(x: Array) -> Any:
    """The sum of all elements of a contiguous array, at most 3 ULP off."""
    if x.dtype != np.float32 or x.size < _MANY_SUMMED:
        return np.add.reduce(x, axis=None)  # pairwise
    return QUICK_FORMULAS.sum(x.reshape(-1), axis=-1)  # twice as fast


def maximum_or_nan(x: Any) -> Any:
    """The largest number, NaN if there is one: the fastest look at all of them."""
    if not getattr(x, "ndim", 0):
        return x
    return np.maximum.reduce(x, axis=None) if x.size else 0


class _Formulas(Formulas):
    reads = True

    def sign(self, x: Array) -> Array:
        return np.sign(x)

    def maximum(self, x: Array, bound: Number, out: Array | None = None) -> Array:
        # With a number, `np.maximum` is four times slower.
        if isinstance(bound, float) and x.size >= _FEW_BOUNDED:
            return np.clip(x, bound, np.inf)
        return np.maximum(x, bound, out=out)

    def minimum(self, x: Array, bound: Number) -> Array:
        if isinstance(bound, float) and x.size >= _FEW_BOUNDED:
            return np.clip(x, -np.inf, bound)
        return np.minimum(x, bound)

    def within(self, x: Array, low: float, high: float) -> Array:
        return np.clip(x, low, high) if x.size >= _FEW_BOUNDED else super().within(x, low, high)

    def arange_beside(self, size: int, like: Array) -> Array:
        return np.arange(size)

    def running_total(self, x: Array) -> Array:
        return np.cumsum(x, axis=-1)  # NumPy 2.0 lacks the standard's name

    def gather(self, x: Array, ids: Array) -> Array:
        if ids.shape != x.shape or not x.flags.c_contiguous:
            return super().gather(x, ids)
        return x.reshape(-1).take(_starts(x) + ids)  # two and a half times as fast

    def ungather(self, x: Array, order: Array) -> Array:
        found = np.empty(x.shape, x.dtype)
        found.reshape(-1)[_starts(x) + order] = x
        return found

    def runs(self, x: Array, integer: Any) -> tuple[Array, Array]:
        begins = np.ones(x.shape, bool)
        np.not_equal(x[..., 1:], x[..., :-1], out=begins[..., 1:])
        first, rows = np.flatnonzero(begins), _starts(x)
        counts = np.diff(first, append=x.size)
        start, end = [np.repeat(at, counts).reshape(x.shape) - rows for at in (first, first + counts - 1)]
        return start, end

    def halves(self, x: Array) -> tuple[Array, Array]:
        return halves(x)

    def max(self, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
        if axis != -1 or x.ndim < 2 or x.size < FEW or not x.flags.c_contiguous:
            return np.max(x, axis=axis, keepdims=keepdims)
        rows = _row_maxima(x)
        return rows[..., None] if keepdims else rows

    def pick(self, x: Array, ids: Array) -> Array:
        at = _flat_positions(x, ids)
        return super().pick(x, ids) if at is None else x.reshape(-1).take(at)


class Quick(_Formulas):
    """The same without handling 0 times infinity."""

    is_quick = True
    overwrites = True

    def sum(self, x: Array, axis: Any = None, **options: Any) -> Array:
        """`np.add.reduce`; for rows `np.einsum`, whose loops have no overhead per row."""
        length = x.shape[-1] if axis == -1 and x.flags.c_contiguous else 0
        most = _ADDED.get(x.dtype, 0)
        if not length or not most or (length > most and x.dtype == np.float64):
            return np.add.reduce(x, axis=axis, **options)
        rows = _added(x) if length <= most else self._in_parts(_added, most, x)
        return rows[..., None] if options.get("keepdims") else rows

    def row_dot(self, x: Array, y: Array) -> Array:
        """By BLAS, in one pass."""
        length, most = x.shape[-1], _ADDED.get(x.dtype, 0)
        are_alike = x.dtype == y.dtype and x.shape == y.shape
        are_rows = are_alike and x.flags.c_contiguous and y.flags.c_contiguous
        if not most or not are_rows or (length < _FEW_MULTIPLIED and x.size >= FEW):
            return super().row_dot(x, y)
        found = np.vecdot(x, y) if length <= most else self._in_parts(np.vecdot, most, x, y)
        return found[..., None]

    def _in_parts(self, add: Callable[..., Array], most: int, *rows: Array) -> Array:
        """Sums of longer rows, in parts of so many numbers, because short sums lose few digits."""
        rest = rows[0].shape[-1] % most
        if rest:
            ends, rows = zip(*[(a[..., -rest:], a[..., :-rest]) for a in rows], strict=True)
        found = self.sum(add(*[a.reshape(*a.shape[:-1], -1, most) for a in rows]), axis=-1)
        return found + add(*ends) if rest else found

    def signed(self, size: Array, x: Array) -> Array:
        """By bits, in a third of the time that `np.copysign` takes."""
        if x.size < FEW or x.dtype not in BITS or size.dtype != x.dtype:
            return np.copysign(size, x)
        bits, _ = BITS[x.dtype]
        sign = x.view(bits) & bits(1 << (8 * x.itemsize - 1))
        return (sign | size.view(bits)).view(x.dtype)

    def are_known_bits(self, y: Array) -> bool:
        if y.dtype not in BITS or not y.size or y.item(0) not in (0.0, 1.0):
            return False
        bits, one = BITS[y.dtype]
        y = y.view(bits)  # which compare faster
        return bool(np.count_nonzero(y == one) == np.count_nonzero(y))

    def are_normal(self, x: Array) -> bool:
        if x.size < FEW or x.dtype not in BITS:
            return False
        least, most = (bound.reduce(x, axis=None) for bound in (np.minimum, np.maximum))
        return bool(least >= np.finfo(x.dtype).smallest_normal and most < np.inf)

    def put(self, x: Array, ids: Array, value: Any) -> Array:
        at = _flat_positions(x, ids)
        if at is None:
            np.put_along_axis(x, ids[..., None], value, axis=-1)
        else:
            x.reshape(-1)[at] = value[..., 0] if isinstance(value, np.ndarray) else value
        return x

    def where(self, condition: Array, x: Any, y: Any) -> Array:
        """`np.where` by bit arithmetic, which is 6 times faster on random conditions."""
        if condition.size < FEW:
            return np.where(condition, x, y)
        known = [a for a in (x, y) if isinstance(a, np.ndarray)]
        if not known or known[0].dtype not in _BITS or known[0].dtype != known[-1].dtype:
            return np.where(condition, x, y)
        dtype, bits, flags = known[0].dtype, _BITS[known[0].dtype], condition.view(np.int8)
        if isinstance(x, float) and x == 0:
            return ((flags - np.int8(1)).astype(bits) & y.view(bits)).view(dtype)  # all bits of the others
        if isinstance(y, float) and y == 0:
            return ((-flags).astype(bits) & x.view(bits)).view(dtype)
        a, b = (np.asarray(v, dtype=dtype).view(bits) for v in (x, y))
        return (((a ^ b) & (-flags).astype(bits)) ^ b).view(dtype)


_added = partial(np.einsum, "...k->...")
"""The sums of rows."""


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


def _starts(x: Array) -> Array:
    """Where the rows of an array begin in the flattened array."""
    length = x.shape[-1]
    return np.arange(0, x.size, max(1, length)).reshape((*x.shape[:-1], min(1, length)))


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


def log1p_of_fraction(x: Array, out: Array | None = None) -> Array:
    """The same for 0 <= x <= 1, in two thirds of the time.

    With s = x/(1 + x/2) = 2·tanh(log(1 + x)/2) it is s + s³/12 + s⁵/80 + ..., within 2 ULP.
    """
    if x.dtype != np.float32 or x.size < _FEW_LOGARITHMS_OF_FRACTIONS:
        return log1p(x, out=out)
    square = 0.5 * x
    np.add(square, 1.0, out=square)
    s = np.divide(x, square, out=out)
    np.multiply(s, s, out=square)
    rest = polynomial(square, _OF_FRACTION, QUICK_FORMULAS)
    np.multiply(rest, square, out=rest)
    np.multiply(rest, s, out=rest)
    return np.add(s, rest, out=s)


def instruction_set(function: str, kind: str) -> str:
    """NumPy's name for the vectors that a function uses on this processor."""
    found = np.lib.introspect.opt_func_info(func_name=f"^{function}$").get(function, {}).get(kind, {})
    return str(found.get("current", "baseline"))


def _has_vectors(function: str) -> bool:
    return not instruction_set(function, "ff").startswith("baseline")


FORMULAS = _Formulas(np)
LOGARITHMS = {"log1p": log1p, "log1p_of_fraction": log1p_of_fraction}
QUICKER = LOGARITHMS if _has_vectors("log") and not _has_vectors("log1p") else {}
QUICK_FORMULAS = Quick(np, **QUICKER)
