"""The error function, which the array API standard lacks.

Up to 1 it is the Taylor series. Beyond 1, 1 - erf(x) is exp(-x²) / (x + a) times a polynomial in (x - a) / (x
+ a) with a = 5/2, interpolated at the Chebyshev points of [1, 6]. It is at most 0.16, so its errors are small
relative to 1; from 6 on it is negligible.
"""

from math import factorial, pi, sqrt
from typing import Any

from lossary._math._basics import absolute, clipped, greatest, least
from lossary._math._polynomial import of_powers, polynomial
from lossary._typing import Array

_TAYLOR = of_powers(
    tuple([(-1) ** k * 2 / sqrt(pi) / (factorial(k) * (2 * k + 1)) for k in range(18, 0, -1)]), up_to=1.0
)
_SLOPE = 2 / sqrt(pi)
_MIDDLE, _END = 2.5, 6.0
_REST = of_powers(
    (
        -1.6733450280595905e-06,
        -2.305051630319e-06,
        6.675055123533425e-06,
        1.823460411294998e-05,
        -1.952081674900892e-05,
        -0.00011260330757776582,
        5.830690389649127e-05,
        0.0007026935958964847,
        -0.00043920822942802824,
        -0.0048187855171371394,
        0.008393044301743346,
        0.02836155013183444,
        -0.1712511452460422,
        0.453914116648098,
        -0.8046518494391489,
        1.054031820305718,
    ),
    up_to=(_MIDDLE - 1.0) / (_MIDDLE + 1.0),  # at x = 1
)


def erf(x: Array, xp: Any) -> Array:
    """2/√π times the integral of exp(-t²) from 0 to x."""
    a = absolute(x, xp)
    near = a < 1.0
    small = clipped(x, 1.0, xp)
    u = small * small
    inner = small * (_SLOPE + u * polynomial(u, _TAYLOR, xp))
    far = greatest(least(a, _END, xp), 1.0, xp)
    sum_ = far + _MIDDLE
    rest = xp.exp(-far * far) * (polynomial((far - _MIDDLE) / sum_, _REST, xp) / sum_)
    return xp.where(near, inner, xp.signed(1.0 - rest, x))
