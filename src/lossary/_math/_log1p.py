"""log1p(v)/v minus 1, and log(1 + s²) without overflow of the square."""

from typing import Any

from lossary._math._basics import greatest, least
from lossary._math._polynomial import of_powers, polynomial
from lossary._typing import Array

_ATANH = of_powers(tuple([1 / (2 * k + 3) for k in range(16, -1, -1)]), up_to=1.0 / 9.0)
"""Up to v = 1."""


def log1p_rest(v: Array, logarithm: Array, xp: Any) -> Array:
    """log1p(v)/v - 1 for v >= 0; for v > 1, computed from the given logarithm.

    In terms of s = v / (2 + v) the logarithm is 2·(s + s³/3 + ...): nothing cancels and nothing is divided by
    v.
    """
    near = v < 1.0
    small = xp.where(near, v, 0.0)
    per = 1.0 / (2.0 + small)
    s = small * per
    inner = 2.0 * (s * s) * per * polynomial(s * s, _ATANH, xp) - s
    return xp.where(near, inner, logarithm / xp.where(near, 1.0, v) - 1.0)


def log1p_square(s: Array, xp: Any) -> Array:
    """log(1 + s²) for s >= 0, even where the square would overflow."""
    if xp.is_differentiated:  # at s = 1, maximum and minimum must be on the same side
        far = s > 1.0
        m, near = xp.where(far, s, 1.0), xp.where(far, 1.0, s)
        r = near / m
        return xp.log1p(r * r) + 2.0 * xp.log(m)
    if xp.is_quick and (s.size == 0 or xp.max(s) < 0.5 * float(xp.finfo(s.dtype).max) ** 0.5):
        return xp.log1p(s * s)
    m = greatest(s, 1.0, xp)
    r = least(s, 1.0, xp) / m
    return xp.log1p(r * r) + 2.0 * xp.log(m)
