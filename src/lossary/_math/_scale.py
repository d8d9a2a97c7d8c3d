"""Powers of two that scale rows (the last axis) so that their squares neither overflow nor underflow."""

from math import inf, log2
from typing import Any, NamedTuple

from lossary._typing import Array


class Scaled(NamedTuple):
    """Rows, each multiplied by a power of two."""

    rows: Array
    up: Array
    """The factor of each row, with an axis of length 1."""
    back: Array
    """1 / up."""
    empty: Array
    """Which rows are all zeros."""


def scaled(x: Array, xp: Any) -> Scaled:
    """Scale each row by one of three powers of two, which rounds nothing.

    Comparisons choose the factors, so automatic differentiation treats them as constants.
    """
    high = moderate(x, xp)
    low = 1.0 / high
    m = _sizes(x, xp)
    one = xp.ones_like(m)
    if xp.reads and xp.all((m >= low) & (m <= high)):
        return Scaled(x, one, one, m == 0)
    up = xp.where(m > high, low * low, xp.where(m < low, high * high, one))
    back = xp.where(m > high, high * high, xp.where(m < low, low * low, one))
    return Scaled(x * up, up, back, m == 0)


def moderate(x: Array, xp: Any) -> float:
    """A power of two up to which squares are finite, and whose reciprocal has a normal square."""
    return float(2.0 ** (int(log2(float(xp.finfo(x.dtype).max))) // 3))


def _sizes(x: Array, xp: Any) -> Array:
    """The largest |x| of each row."""
    if not xp.reads:
        return xp.max(xp.abs(x), axis=-1, keepdims=True)
    most, least = [bound(x, axis=-1, keepdims=True) for bound in (xp.max, xp.min)]
    return xp.maximum(most, -least)  # without a pass for the absolute values


def are_moderate(lengths: Array, xp: Any) -> bool:
    """Whether all these lengths are finite, and far from numbers that lose digits. Reads the values."""
    return bool(xp.min(lengths) > 1.0 / moderate(lengths, xp) and xp.max(lengths) < inf)


def squares_are_exact(sums: Array, xp: Any) -> bool:
    """Whether none of these sums of squares has overflowed or lost digits. Reads the values."""
    if 0 in sums.shape:
        return True
    info = xp.finfo(sums.dtype)
    least = float(info.smallest_normal) / float(info.eps) ** 2
    return bool(xp.min(sums) > least and xp.max(sums) < inf)
