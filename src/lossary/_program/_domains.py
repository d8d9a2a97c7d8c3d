"""Find values outside a domain."""

from typing import Any

import numpy as np

from lossary._kernel import Domain
from lossary._program._layout import rows_last
from lossary._typing import Array, RowAxes

BITS = {
    np.dtype("float32"): (np.uint32, 0x3F800000),
    np.dtype("float64"): (np.uint64, 0x3FF0000000000000),
}
"""For each floating dtype, the unsigned integer of the same width and the bits of 1.0."""
_UNSIGNED = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
"""Keyed by size in bytes."""


def outside(domain: Domain, x: Array, classes: int, xp: Any) -> Array:
    """Where values are outside the domain; NaN never is. If a row does not sum to one, all of it is."""
    if domain.is_class_id:
        return (x < 0) | (x >= classes + domain.beyond)
    if domain.box:
        ends = _is_reversed(domain, x[..., :2], x[..., 2:])
        return xp.concat([ends & ~ends, ends], axis=-1)
    low, high = bounds(domain, x, xp)
    beyond = x > high
    if low > -np.inf:
        beyond = beyond | (x < low)
    if domain.sums_to_one:
        off = xp.sum(x, axis=-1, keepdims=True) - 1.0
        beyond = beyond | (off > slack(x, xp)) | (off < -slack(x, xp))
    return beyond


def _is_reversed(domain: Domain, first: Array, second: Array) -> Any:
    """Where a box ends before it begins, given the halves of its four numbers."""
    return second < (first if domain.box == "corners" else 0.0)


def bounds(domain: Domain, x: Array, xp: Any) -> tuple[float, float]:
    """The least and the largest value, with room for rounding where what is computed may come to an end."""
    more = slack(x, xp) if domain.low < 0 and domain.high < np.inf else 0.0
    return domain.low - more, domain.high + more


def slack(x: Array, xp: Any) -> float:
    """How far the sum of a row may be from one: 16-bit predictions are rounded to two digits."""
    return 1e-2 if xp.finfo(x.dtype).bits <= 32 else 1e-3


def halves(x: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The halves of rows of four, contiguous, because NumPy needs 10 ns for each short row that is not."""
    if x.ndim < 2 or not x.flags.c_contiguous or x.dtype not in BITS:
        return x[..., :2], x[..., 2:]
    pairs = x.view(f"c{2 * x.dtype.itemsize}")  # two numbers are moved as one
    first, second = (pairs[..., i].copy().view(x.dtype).reshape(*x.shape[:-1], 2) for i in (0, 1))
    return first, second


def all_inside(domain: Domain, values: np.ndarray[Any, Any], classes: int, axis: RowAxes) -> bool:
    """A fast check that passes valid values. False is inconclusive, for example with NaN."""
    if values.size == 0 or (values.dtype.kind == "b" and not domain.is_class_id):
        return True
    if domain.box:
        return not np.any(_is_reversed(domain, *halves(rows_last(values, axis, np))))
    if (domain.low, domain.high) == (0, 1) and values.dtype in BITS:
        # As integers, the bits of numbers from 0 to 1 keep their order, and those of all other numbers are
        # larger.
        bits, one = BITS[values.dtype]
        if np.maximum.reduce(values.view(bits), axis=None) > one:
            return False
        if not domain.sums_to_one:
            return True
        rows = rows_last(values, axis, np)
        off = np.einsum("...k->...", rows) - 1.0  # for short rows twice as fast as `sum`
        return bool(np.maximum.reduce(np.abs(off), axis=None) <= slack(values, np))
    if domain.sums_to_one:
        return False
    if domain.is_class_id:
        if values.dtype.kind == "f":
            return False
        # Viewed as unsigned, negative numbers are the largest.
        most = np.maximum.reduce(values.view(_UNSIGNED[values.dtype.itemsize]), axis=None)
        return bool(most < classes + domain.beyond)
    # Either bound finds NaN.
    above = domain.low == -np.inf or np.minimum.reduce(values, axis=None) >= domain.low
    return bool(above and (domain.high == np.inf or np.maximum.reduce(values, axis=None) <= domain.high))
