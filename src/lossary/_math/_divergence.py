"""Logarithms of ratios, and exponentials minus their first terms, without cancellation."""

from typing import Any

from lossary._math._basics import least, times
from lossary._math._polynomial import Polynomial, polynomial
from lossary._typing import Array

_BEYOND = Polynomial(
    double=(
        7.679723071539792e-13,
        1.163848154194278e-11,
        1.6059833948861098e-10,
        2.087445691854883e-09,
        2.5052090848850015e-08,
        2.755733482930624e-07,
        2.755731935186447e-06,
        2.4801587247336237e-05,
        0.00019841269840858303,
        0.001388888888897851,
        0.008333333333333878,
        0.041666666666666116,
        0.16666666666666666,
        0.5,
    ),
    single=(
        2.7722834056740446e-06,
        2.5354829314643737e-05,
        0.00019844023619843863,
        0.0013885451984317436,
        0.008333310275235147,
        0.041666734540705734,
        0.16666667010064234,
        0.4999999979271841,
    ),
)
"""(exp(x) - 1 - x) / x² on [-1, 1], with the least maximum of the relative error: 2^-56 and 2^-28."""


_ATANH = Polynomial(
    double=(
        0.8438271960845738,
        -1.7028569272739176,
        1.8354030699650905,
        -1.1320565481834215,
        0.5526982271457909,
        -0.12312762309552083,
        0.0812808055536895,
        0.04114137167813368,
        0.05345151957795126,
        0.0587476562841986,
        0.06667169465072162,
        0.07692284615897303,
        0.09090909787199675,
        0.111111110983962,
        0.14285714285836237,
        0.19999999999999538,
        0.3333333333333333,
    ),
    single=(
        0.26483412100453685,
        -0.08894744213609743,
        0.13073020323479997,
        0.08110541412413032,
        0.11205659155364861,
        0.1428130451454438,
        0.20000077550143205,
        0.3333333311133261,
    ),
)
"""(atanh(s)/s - 1) / s² in terms of s², up to `_NEAR`, with the least maximum of the relative error: 2^-56
and 2^-27."""
_NEAR = 0.36


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
    if xp.is_differentiated:
        up = e > 0
        logarithm = xp.log1p(xp.where(up, e, -e) / xp.where(up, p, t))
        return xp.where(up, logarithm, -logarithm)
    return xp.signed(xp.log1p(xp.abs(e) / xp.minimum(t, p)), e)


def ratio_beyond(v: Array, w: Array, xp: Any) -> Array:
    """v/w - 1 - log(v/w) of positive numbers, never negative.

    With u = (v - w)/w and s = (v - w)/(v + w) = u/(2 + u) it is u - 2·atanh(s).
    """
    u = (v - w) / w
    s = u / (2.0 + u)
    square = s * s
    near = s * (u - 2.0 * (square * polynomial(square, _ATANH, xp)))
    return xp.where(square < _NEAR, near, u - xp.log(v / w))


def exp_beyond(x: Array, xp: Any) -> Array:
    """exp(x) - 1 - x for |x| <= 1."""
    return x * x * polynomial(x, _BEYOND, xp)


def exp_quotient(x: Array, xp: Any) -> Array:
    """(exp(x) - 1) / x for |x| <= 1."""
    return 1.0 + x * polynomial(x, _BEYOND, xp)


def one_minus_exp(x: Array, xp: Any) -> Array:
    """1 - exp(-x) for x >= 0."""
    return exp_and_rest(x, xp)[1]


def exp_and_rest(x: Array, xp: Any) -> tuple[Array, Array]:
    """exp(-x) and 1 - exp(-x) for x >= 0."""
    e, small = xp.exp(-x), x if xp.is_quick else least(x, 1.0, xp)
    return e, xp.where(x < 1.0, small - exp_beyond(-small, xp), 1.0 - e)


def divergence(t: Array, p: Array, d: Array, xp: Any) -> Array:
    """t·log(t/p) - t + p, never negative, with d = log(t/p); where t = 0, d may be any number.

    Equals t·(exp(-d) - 1 + d), where an error in d is multiplied by d only.
    """
    near = (d > -1.0) & (d < 1.0) & (t > 0)
    small = d if xp.is_quick else xp.where(near, d, 0.0)
    return xp.where(near, t * exp_beyond(-small, xp), (p - t) + times(t, d, xp))
