"""Powers with a parameter as exponent: exact at 0, accurate in the tails."""

import math
from typing import Any

from lossary._typing import Array, Number

_MOST = 8
"""Up to this integer exponent, multiply: at most 2 ULP off and much faster."""


def power(base: Array, exponent: Number, xp: Any) -> Array:
    """base**exponent for a base >= 0. 0**0 is 1; the derivative in the exponent is 0 at base 0."""
    known = isinstance(exponent, float | int)
    if known and exponent == round(exponent) and 0 <= exponent <= _MOST:
        return _whole(base, round(exponent), xp)
    if known and xp.is_quick:
        return _parted(base, exponent, xp)
    empty = base == 0
    safe = xp.where(empty, 1.0, base)
    if known:
        return xp.where(empty, 0.0 if exponent > 0 else math.inf, _parted(safe, exponent, xp))
    at_zero = xp.where(exponent == 0, 1.0, xp.where(exponent > 0, 0.0 * exponent, math.inf))
    return xp.where(empty, at_zero, safe**exponent)


def _parted(base: Array, exponent: float, xp: Any) -> Array:
    """An integer power by multiplication, times a power with an exponent below 1.

    XLA computes powers as the exponential of a rounded product, so the error grows with the exponent.
    """
    whole = min(max(math.floor(exponent), 0), _MOST)
    rest = exponent - whole
    part = xp.sqrt(base) if rest == 0.5 else base**rest
    return _whole(base, whole, xp) * part if whole else part


def _whole(base: Array, exponent: int, xp: Any) -> Array:
    if exponent < 2:
        return base if exponent else xp.ones_like(base)
    half = _whole(base, exponent // 2, xp)
    return half * half * base if exponent % 2 else half * half
