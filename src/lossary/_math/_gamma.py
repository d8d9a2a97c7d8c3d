"""The log-gamma function: logarithms of factorials, also of non-integers, and of ratios of gammas.

Below 4 it is y·(y - 1), which has its zeros, times a quotient of polynomials. Beyond 4 it is Stirling's
formula with a polynomial as its last term. Both interpolate log Γ(1 + y), computed to 80 digits, at the
Chebyshev points of [0, 4] and of 1/y² in [0, 1/16], to about 1e-17 of the result. All coefficients of the
quotient are positive, so neither part cancels.
"""

from math import log, pi
from typing import Any

from lossary._math._basics import least
from lossary._math._log1p import log1p_rest
from lossary._math._polynomial import of_powers, polynomial
from lossary._typing import Array

_SWITCH = 4.0
_HALF_LOG_2PI = 0.5 * log(2 * pi)
_ABOVE = of_powers(
    (
        4.3972272637864626e-10,
        7.336869717857704e-07,
        7.39579857344747e-05,
        0.002346131329099374,
        0.03295293066719249,
        0.23873772277482982,
        0.9638860519156621,
        2.2375941218600373,
        2.9512838617457358,
        2.0462794182319275,
        0.5772156649015329,
    ),
    up_to=_SWITCH,
)
_BELOW = of_powers(
    (
        1.4913560696009588e-07,
        2.214590062921633e-05,
        0.0009555511239821721,
        0.01785845115756685,
        0.1718942159790595,
        0.9336687448917702,
        3.000061094062028,
        5.781683137828269,
        6.530472427610364,
        3.969973315165345,
        1.0,
    ),
    up_to=_SWITCH,
)
_REST = of_powers(
    (
        -0.009270537961723677,
        0.004897400222972809,
        -0.0018485657084907699,
        0.0008398890452701349,
        -0.0005952098662897389,
        0.0007936505792475166,
        -0.00277777777714881,
        0.08333333333333302,
    ),
    up_to=_SWITCH**-2,
)
_AFTER_FIRST = of_powers(_REST.double[:-1], up_to=_SWITCH**-2)


def log_factorial(y: Array, xp: Any) -> Array:
    """log y! = log Γ(1 + y) for y >= 0; exactly 0 for 0 and 1."""
    small = y < _SWITCH
    near = least(y, _SWITCH, xp)
    quotient = polynomial(near, _ABOVE, xp) / polynomial(near, _BELOW, xp)
    far = xp.where(small, _SWITCH, y)
    r = 1.0 / far
    rest = r * polynomial(r * r, _REST, xp)
    logarithm = xp.log(far)
    stirling = far * (logarithm - 1.0) + (0.5 * logarithm + (_HALF_LOG_2PI + rest))
    return xp.where(small, near * ((near - 1.0) * quotient), stirling)


def log_rising(y: Array, a: Array, xp: Any) -> Array:
    """log Γ(y + r) - log Γ(r) - y log r with r = 1/a, for y >= 0 and a >= 0.

    For integer y it is the sum of log(1 + k·a) for k < y. For r >= 4, Stirling's formula gives, with v = a·y,

        y·(log1p(v)/v - 1) + (y - ½)·log1p(v) + S(y + r) - S(r),

    where all terms vanish with a and with y. For smaller r it is the value for r + 4, plus the factors
    between.
    """
    large = a * _SWITCH <= 1.0
    near = xp.where(large, 0.0, a)
    q = a / (1.0 + _SWITCH * near)
    v = q * y
    logarithm = xp.log1p(v)
    of_sum = q / (1.0 + v)
    found = y * log1p_rest(v, logarithm, xp) + (y - 0.5) * logarithm
    found = found - _REST.double[-1] * (of_sum * v) + (_after_first(of_sum, xp) - _after_first(q, xp))
    factors = [xp.log1p(y * (near / (1.0 + k * near))) for k in range(round(_SWITCH))]
    found = found + (y * xp.log1p(_SWITCH * near) - ((factors[0] + factors[1]) + (factors[2] + factors[3])))
    return xp.where(y == 0, 0.0 * q, found)  # compilers would round this to a nonzero number


def _after_first(q: Array, xp: Any) -> Array:
    """S(1/q) without its first term q/12, whose difference is exact."""
    return q * (q * q * polynomial(q * q, _AFTER_FIRST, xp))
