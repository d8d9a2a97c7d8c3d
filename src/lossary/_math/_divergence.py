"""Logarithms of ratios, and exponentials minus their first terms, without cancellation."""

from math import factorial, inf
from typing import Any

from lossary._math._basics import times
from lossary._math._polynomial import of_powers, polynomial
from lossary._typing import Array

_TERMS = tuple([1 / factorial(k) for k in range(12, 1, -1)])
"""At 1/4 the next term is 1e-16 of the sum."""
_AFTER_TWO, _AFTER_ONE = (of_powers(terms, up_to=0.25) for terms in (_TERMS, (*_TERMS, 1.0)))


def log_ratio(t: Array, p: Array, xp: Any) -> Array:
    """log(t/p) of positive numbers.

    Near 1, the rounding error of the ratio would dominate its logarithm. The difference t - p is exact there,
    and divided by the smaller of the two it is positive, where every library's `log1p` is accurate.
    """
    if xp.is_differentiated:
        # The derivative of a ratio divides by a square, so tiny numbers are scaled up. For numbers far apart,
        # use the difference of two logarithms, which loses little there.
        low = float(xp.finfo(t.dtype).smallest_normal) ** 0.5
        far = low**-0.5
        near = (t < far * p) & (p < far * t)
        apart = xp.log(t) - xp.log(p)
        scale = xp.where(p < low, 1.0 / low, xp.ones_like(p))
        t, p = xp.where(near, t * scale, 1.0), xp.where(near, p * scale, 1.0)
        return xp.where(near, _log_ratio(t, p, xp), apart)
    return _log_ratio(t, p, xp)


def _log_ratio(t: Array, p: Array, xp: Any) -> Array:
    e = t - p
    if xp.is_quick:
        return xp.sign(e) * xp.log1p(xp.abs(e) / xp.minimum(t, p))
    up = e > 0
    logarithm = xp.log1p(xp.where(up, e, -e) / xp.where(up, p, t))
    return xp.where(up, logarithm, -logarithm)


def exp_beyond(x: Array, xp: Any) -> Array:
    """exp(x) - 1 - x for |x| <= 1.

    Computes h = u²/2 + u³/6 + ... for u = x/4 and doubles u twice: h(2u) = (h + u)² + 2h, a sum of
    nonnegative terms.
    """
    u = 0.25 * x
    h = u * u * polynomial(u, _AFTER_TWO, xp)
    for scale in (1.0, 2.0):
        e = h + scale * u
        h = e * e + 2.0 * h
    return h


def exp_quotient(x: Array, xp: Any) -> Array:
    """(exp(x) - 1) / x for |x| <= 1.

    Computes q = 1 + u/2 + u²/6 + ... for u = x/4 and doubles u twice: q(2u) = q + q²u/2.
    """
    u = 0.25 * x
    q = polynomial(u, _AFTER_ONE, xp)
    for half in (0.5, 1.0):
        q = q + half * u * (q * q)
    return q


def one_minus_exp(x: Array, xp: Any) -> Array:
    """1 - exp(-x) for x >= 0."""
    near = x < 1.0
    small = xp.where(near, x, 0.0)
    return xp.where(near, small - exp_beyond(-small, xp), 1.0 - xp.exp(-x))


def log1mexp(x: Array, xp: Any) -> Array:
    """log(1 - exp(-x)) for x >= 0, as -log1p(exp(-x) / (1 - exp(-x))): exact near 0 and far from it."""
    none = x == 0
    part = xp.exp(-x) / xp.where(none, 1.0, one_minus_exp(x, xp))
    return xp.where(none, -inf, -xp.log1p(part))


def divergence(t: Array, p: Array, d: Array, xp: Any) -> Array:
    """t·log(t/p) - t + p, never negative, with d = log(t/p); where t = 0, d may be any number.

    Equals t·(exp(-d) - 1 + d), where an error in d is multiplied by d only.
    """
    near = (t > 0) & (d > -1.0) & (d < 1.0)
    small = xp.where(near, d, 0.0)
    return xp.where(near, t * exp_beyond(-small, xp), (p - t) + times(t, d, xp))
