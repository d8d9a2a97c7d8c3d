"""Which values are outside a domain."""

from typing import Any

import numpy as np

from lossary._kernel import Domain
from lossary._program._layout import rows_last
from lossary._typing import Array, RowAxes

_BITS = {
    np.dtype("float32"): (np.uint32, 0x3F800000),
    np.dtype("float64"): (np.uint64, 0x3FF0000000000000),
}
"""The unsigned integer as wide as a floating dtype, and the bits of 1.0."""
_UNSIGNED = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
"""By their size in bytes."""


def outside(domain: Domain, x: Array, classes: int, xp: Any) -> Array:
    """Where values are outside; NaN never is. In a row that does not sum to one, all are."""
    if domain.is_class_id:
        return (x < 0) | (x >= classes + domain.beyond)
    low, high = bounds(domain, x, xp)
    beyond = x > high
    if low > -np.inf:
        beyond = beyond | (x < low)
    if domain.sums_to_one:
        off = xp.sum(x, axis=-1, keepdims=True) - 1.0
        beyond = beyond | (off > slack(x, xp)) | (off < -slack(x, xp))
    return beyond


def bounds(domain: Domain, x: Array, xp: Any) -> tuple[float, float]:
    """The least and the largest value, with room for rounding where what is computed may come to an end."""
    more = slack(x, xp) if domain.low < 0 and domain.high < np.inf else 0.0
    return domain.low - more, domain.high + more


def slack(x: Array, xp: Any) -> float:
    """How far a row may be from summing to one: 16-bit predictions are rounded to two digits."""
    return 1e-2 if xp.finfo(x.dtype).bits <= 32 else 1e-3


def all_inside(domain: Domain, values: np.ndarray[Any, Any], classes: int, axis: RowAxes) -> bool:
    """The quick answer for what is right. NaN makes it unsure, and the slow answer is taken."""
    if values.size == 0 or (values.dtype.kind == "b" and not domain.is_class_id):
        return True
    if (domain.low, domain.high) == (0, 1) and values.dtype in _BITS:
        # The bits of numbers from 0 to 1 are in their order, those of all others, as integers, above.
        bits, one = _BITS[values.dtype]
        if np.maximum.reduce(values.view(bits), axis=None) > one:
            return False
        if not domain.sums_to_one:
            return True
        rows = rows_last(values, axis, np)
        off = np.einsum("...k->...", rows) - 1.0  # of short rows twice as quick as `sum`
        return bool(np.maximum.reduce(np.abs(off), axis=None) <= slack(values, np))
    if domain.sums_to_one:
        return False
    if domain.is_class_id:
        if values.dtype.kind == "f":
            return False
        # Negative numbers, as unsigned ones, are the largest.
        most = np.maximum.reduce(values.view(_UNSIGNED[values.dtype.itemsize]), axis=None)
        return bool(most < classes + domain.beyond)
    low, high = np.minimum.reduce(values, axis=None), np.maximum.reduce(values, axis=None)
    return bool(low >= domain.low and high <= domain.high)
