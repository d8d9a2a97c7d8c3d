"""Powers whose exponent is a parameter: exact at 0, accurate in the tails."""

import math
from typing import Any

from lossary._math._basics import is_zero, times
from lossary._typing import Array, Number


def power(base: Array, exponent: Number, xp: Any) -> Array:
    """base**exponent for a base >= 0. 0**0 is 1; the derivative in the exponent is 0 at base 0."""
    if is_zero(exponent):
        return xp.ones_like(base)
    empty = base == 0
    safe = xp.where(empty, 1.0, base)
    if isinstance(exponent, float | int):
        return xp.where(empty, 0.0 if exponent > 0 else math.inf, safe**exponent)
    at_zero = xp.where(exponent == 0, 1.0, xp.where(exponent > 0, 0.0 * exponent, math.inf))
    return xp.where(empty, at_zero, safe**exponent)


def exp_of_product(gamma: Number, u: Array, xp: Any) -> Array:
    """exp(-gamma * u) for gamma >= 0, u >= 0, to a few ULP also where the product is large.

    The product is rounded, and exp turns an absolute error of its argument into a relative one of its
    result: 45 ULP at exp(-90). So split gamma = g + dg and u = h + du with few enough bits that g*h is
    exact, and put the remainder r = g*du + dg*u, which is small, into a polynomial. (As a second exp it
    would not survive: XLA turns exp(a)*exp(b) into exp(a+b).)
    """
    if is_zero(gamma):
        return xp.ones_like(u)
    bits, fine = (10, 3) if xp.finfo(u.dtype).bits == 32 else (24, 15)
    known = isinstance(gamma, float | int)
    # Steps of about 2**-fine / gamma: over all u whose exp is not 0, h has few bits and r is small.
    # The leading bits of a traced gamma cannot be taken; then deep in the tail the ULPs above are lost.
    g = _leading_bits(gamma, bits) if known else gamma
    dg = gamma - g
    steps = math.ldexp(1.0, fine + (math.frexp(gamma)[1] if known else 2))
    h = xp.floor(u * steps) / steps
    finite = u < 1e9
    r = xp.where(finite, g * (xp.where(finite, u, 0.0) - xp.where(finite, h, 0.0)), 0.0)
    if not is_zero(dg):
        r = r + xp.where(finite, dg * u, 0.0)
    return xp.exp(-times(g, h, xp)) * _exp_of_small(-r)


def _leading_bits(x: float, bits: int) -> float:
    mantissa, exponent = math.frexp(x)
    return math.ldexp(math.floor(math.ldexp(mantissa, bits)), exponent - bits)


def _exp_of_small(r: Array) -> Array:
    """The Taylor polynomial of exp: float32 has |r| < 1/4, float64 |r| < 1e-4."""
    total = 1.0 + r * (1 / 8)
    for k in (7, 6, 5, 4, 3, 2, 1):
        total = 1.0 + (r * (1 / k)) * total
    return total
