"""The Jensen-Shannon divergence of probabilities p and t, class by class, with m = (p + t)/2 and
s = (p - t)/(p + t):

value  ½·(p·log(p/m) + t·log(t/m)) = m·½·((1 + s)·log(1 + s) + (1 - s)·log(1 - s)), never negative
grad   ½·log(p/m)
hess   ½·t/(p·(p + t))

For small s the value is m·s²/2 and higher powers of s²; the two logarithms cancel there.
"""

from typing import Any

from lossary._math import Polynomial, absolute, log_ratio, polynomial, positive
from lossary._typing import Array

_MIDDLE = Polynomial(
    double=(
        0.01827475290875526,
        -0.02908588172107682,
        0.028131647707124775,
        -0.01251074203629691,
        0.007345816172709644,
        0.001321106545242714,
        0.0035035165779825506,
        0.0041365659612238315,
        0.005497204606637518,
        0.007575592458248127,
        0.011111117679289175,
        0.017857142700232424,
        0.03333333333529249,
        0.0833333333333237,
        0.5,
    ),
    single=(
        0.01670552219319333,
        0.0007107646418811197,
        0.012991834660687148,
        0.017602846357059533,
        0.033349399848628,
        0.08333295639300473,
        0.5000000014368547,
    ),
)
"""½·((1 + s)·log(1 + s) + (1 - s)·log(1 - s)) / s² in terms of s², up to `_NEAR`, with the least maximum of
the relative error: 2^-55 and 2^-28."""
_NEAR = 0.36


def value(p: Array, t: Array, xp: Any) -> Array:
    both, e = positive(p + t, xp), p - t
    s = e / both
    square = s * s
    near = 0.5 * (e * s) * polynomial(square, _MIDDLE, xp)
    more, less = xp.maximum(p, t), xp.minimum(p, t)
    far = more * xp.log(1.0 + absolute(s, xp)) + less * xp.log(positive(2.0 * (less / both), xp))
    return xp.where(square < _NEAR, near, 0.5 * far)


def grad(p: Array, t: Array, xp: Any) -> Array:
    p = positive(p, xp)
    return 0.5 * log_ratio(2.0 * p, p + t, xp)


def p_times_hess(p: Array, t: Array, xp: Any) -> Array:
    # No product of reciprocals: XLA multiplies them first, which gives 0 times infinity at the smallest
    # numbers.
    return xp.where(t > 0, 0.5 * t / positive(p + t, xp), 0.0 * t)
