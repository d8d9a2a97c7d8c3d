"""Hyperbolic functions without cancellation: polynomials near 0, exponentials far from it.

The backends' own functions are not accurate enough: XLA's tanh is off by 7 ULP and its cosh by 496, and cosh
overflows where log cosh does not.
"""

from math import factorial, log
from typing import Any

from lossary._math._basics import absolute, clipped, least
from lossary._math._exactly import difference
from lossary._math._polynomial import Polynomial, of_powers, polynomial
from lossary._typing import Array

_LOG2 = log(2)
_SMALL = 0.55
"""Below this, tanh is a polynomial. Above it, 1 - tanh is small enough to subtract from 1."""
_COSH = of_powers(tuple([1 / factorial(2 * k) for k in range(10, 0, -1)]), up_to=1.0)
"""The Taylor series in x², after its first term."""
_TANH = Polynomial(
    double=(
        -2.0603232986982835e-05,
        8.511384285960086e-05,
        -0.00023463519400979385,
        0.0005889362128226781,
        -0.0014556618645905058,
        0.003592110383263977,
        -0.008863234398183406,
        0.021869488493684013,
        -0.05396825396743442,
        0.13333333333332714,
        -0.3333333333333333,
    ),
    single=(
        -0.0066103786238373135,
        0.021309480257542944,
        -0.05390944624136405,
        0.13333113835269395,
        -0.333333320089959,
    ),
)
"""(tanh(x)/x - 1) / x² in x², with the least maximum of the relative error: 2^-55 and 2^-25. It is multiplied
by x², and the product is at most a tenth.
"""


def log_cosh(x: Array, xp: Any) -> Array:
    """log cosh(x) = log1p(cosh(x) - 1) = (|x| - log 2) + log1p(exp(-2|x|))."""
    return _log_cosh(*_parts(x, xp), xp)


def tanh(x: Array, xp: Any) -> Array:
    """tanh(x); where it is near 1, 1 - 2f / (1 + f) with f = exp(-2|x|)."""
    return _tanh(x, *_parts(x, xp), xp)


def log_cosh_and_tanh(x: Array, xp: Any) -> tuple[Array, Array]:
    a, f = _parts(x, xp)
    return _log_cosh(a, f, xp), _tanh(x, a, f, xp)


def _parts(x: Array, xp: Any) -> tuple[Array, Array]:
    """|x| and exp(-2|x|)."""
    a = absolute(x, xp)
    return a, xp.exp(-2.0 * a)


def _log_cosh(a: Array, f: Array, xp: Any) -> Array:
    near = a < 1.0
    inner = xp.where(near, _cosh_less_1(least(a, 1.0, xp), xp), f)
    return xp.log1p_of_fraction(inner) + xp.where(near, 0.0, a - _LOG2)


def _tanh(x: Array, a: Array, f: Array, xp: Any) -> Array:
    small = clipped(x, _SMALL, xp)
    s = small * small
    far = 1.0 - 2.0 * (f / (1.0 + f))
    return xp.where(a < _SMALL, small + small * (s * polynomial(s, _TANH, xp)), xp.signed(far, x))


def sech_squared(x: Array, y: Array, xp: Any) -> Array:
    """1/cosh²(x - y) = 4f / (1 + f)² with f = exp(-2|x - y|).

    The exponential turns the rounding error of the difference into a relative error, 80 ULP at 80. The result
    is therefore corrected by that rounding error.
    """
    e, rest = difference(x, y, xp)
    f = xp.exp(-2.0 * absolute(e, xp))
    bend = 4.0 * f / ((1.0 + f) * (1.0 + f))
    return bend - bend * (2.0 * xp.where(e > 0, rest, -rest))


def _cosh_less_1(x: Array, xp: Any) -> Array:
    s = x * x
    return s * polynomial(s, _COSH, xp)
