"""The error function, which the array API standard lacks.

Up to 1 it is 2x/√π plus x³ times a polynomial in x². Beyond 1, 1 - erf(x) is exp(-x²) / (x + a) times a
polynomial in (x - a) / (x + a) with a = 5/2, up to 6, from where on it is negligible. It is at most 0.16, so
its errors are small relative to 1. Both polynomials have the least maximum of the relative error: 2^-59 and
2^-31, and 2^-52 and 2^-26.
"""

from math import pi, sqrt
from typing import Any

from lossary._math._basics import absolute, clipped, greatest, least
from lossary._math._polynomial import Polynomial, polynomial
from lossary._typing import Array

_INNER = Polynomial(
    double=(
        6.162673843496171e-11,
        -1.1494047293705705e-09,
        1.469097913042499e-08,
        -1.635491545439001e-07,
        1.6461429626564078e-06,
        -1.4925621586745573e-05,
        0.0001205533218292788,
        -0.0008548327009346177,
        0.005223977625294841,
        -0.026866170645123276,
        0.11283791670955108,
        -0.37612638903183754,
    ),
    single=(
        -1.0192181072889382e-05,
        0.00011444307877829194,
        -0.0008507701337115983,
        0.005222566830487968,
        -0.026865934760920383,
        0.11283790177800243,
        -0.3761263888758434,
    ),
)
_SLOPE = 2 / sqrt(pi)
_MIDDLE, _END = 2.5, 6.0
_REST = Polynomial(
    double=(
        -2.203100685120361e-06,
        5.572037761892099e-06,
        1.8181068147493278e-05,
        -1.922974863279787e-05,
        -0.00011259259534843176,
        5.8267764948029876e-05,
        0.0007026925799431281,
        -0.0004392054100970942,
        -0.004818785471176873,
        0.008393044197505431,
        0.028361550130974127,
        -0.1712511452443443,
        0.4539141166481021,
        -0.8046518494391568,
        1.054031820305718,
    ),
    single=(
        -0.004558436715999042,
        0.008260933027101364,
        0.028330981365025976,
        -0.17123960072561817,
        0.45391525215001877,
        -0.8046521012021698,
        1.0540318139042186,
    ),
)


def erf(x: Array, xp: Any) -> Array:
    """2/√π times the integral of exp(-t²) from 0 to x."""
    a = absolute(x, xp)
    near = a < 1.0
    small = clipped(x, 1.0, xp)
    u = small * small
    inner = small * (_SLOPE + u * polynomial(u, _INNER, xp))
    far = greatest(least(a, _END, xp), 1.0, xp)
    sum_ = far + _MIDDLE
    rest = xp.exp(-far * far) * (polynomial((far - _MIDDLE) / sum_, _REST, xp) / sum_)
    return xp.where(near, inner, xp.signed(1.0 - rest, x))
