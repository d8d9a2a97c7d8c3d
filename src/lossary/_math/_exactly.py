"""The rounding errors of sums and products.

It does not matter whether a compiler rounds intermediates, because the products of halves are exact.
"""

from math import log2
from typing import Any

from lossary._typing import Array


def halves(x: Array, xp: Any) -> tuple[Array, Array]:
    """x as a sum of two numbers with half as many digits (T. J. Dekker, Numer. Math. 18, 1971)."""
    digits = 1 - round(log2(float(xp.finfo(x.dtype).eps)))
    t = (2.0 ** ((digits + 1) // 2) + 1.0) * x
    high = t - (t - x)
    return high, x - high


def exact_sum(x: Array, y: Array, xp: Any) -> tuple[Array, Array]:
    """x + y rounded, and the rounding error (D. E. Knuth), which is NaN where x or y is infinite."""
    s = x + y
    of_y = s - x
    return s, (x - (s - of_y)) + (y - of_y)


def difference(x: Array, y: Array, xp: Any) -> tuple[Array, Array]:
    """x - y rounded, and the rounding error, which is 0 where x or y is infinite."""
    e, lost = exact_sum(x, -y, xp)
    return e, xp.where(xp.isfinite(lost), lost, 0.0)


def exact_product(x: Array, y: Array, xp: Any) -> tuple[Array, Array]:
    """x·y rounded, and the rounding error (T. J. Dekker), which is 0 where a half is infinite."""
    p = x * y
    (a, b), (c, d) = halves(x, xp), halves(y, xp)
    lost = ((a * c - p) + a * d + b * c) + b * d
    return p, xp.where(xp.isfinite(lost), lost, 0.0)
