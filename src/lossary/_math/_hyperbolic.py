"""Hyperbolic functions without cancellation: polynomials near 0, exponentials far from it.

The backends' own functions are not accurate enough: XLA's tanh is off by 7 ULP and its cosh by 496, and cosh
overflows where log cosh does not.
"""

from math import factorial, log
from typing import Any

from lossary._math._basics import absolute, clipped, least
from lossary._math._exactly import difference
from lossary._math._polynomial import of_powers, polynomial
from lossary._typing import Array

_LOG2 = log(2)
_SMALL = 0.55
"""Below this, tanh is a quotient of polynomials. Above it, 1 - tanh is small enough to subtract from 1."""
_COSH = of_powers(tuple([1 / factorial(2 * k) for k in range(10, 0, -1)]), up_to=1.0)
_SINH = of_powers(tuple([1 / factorial(2 * k + 1) for k in range(8, 0, -1)]), up_to=_SMALL**2)
"""Taylor series in x², after their first terms."""


def log_cosh(x: Array, xp: Any) -> Array:
    """log cosh(x) = log1p(cosh(x) - 1) = (|x| - log 2) + log1p(exp(-2|x|))."""
    a = absolute(x, xp)
    near = a < 1.0
    inner = xp.where(near, _cosh_less_1(least(a, 1.0, xp), xp), xp.exp(-2.0 * a))
    return xp.log1p(inner) + xp.where(near, 0.0, a - _LOG2)


def tanh(x: Array, xp: Any) -> Array:
    """tanh(x) = sinh(x) / cosh(x), or, where it is near 1, 1 - 2f / (1 + f) with f = exp(-2x)."""
    a = absolute(x, xp)
    small = clipped(x, _SMALL, xp)
    s = small * small
    f = xp.exp(-2.0 * a)
    far = 1.0 - 2.0 * (f / (1.0 + f))
    near = (small + small * (s * polynomial(s, _SINH, xp))) / (1.0 + _cosh_less_1(small, xp))
    return xp.where(a < _SMALL, near, xp.where(x > 0, far, -far))


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
