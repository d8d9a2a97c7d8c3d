"""The Jensen-Shannon divergence of probabilities p and t, with m = (p + t)/2, class by class:

value  ½·(p·log(p/m) - p + m) + ½·(t·log(t/m) - t + m), neither of which is negative
grad   ½·log(p/m)
hess   ½·t/(p·(p + t))

p - m and t - m cancel, and the rounding error of m with them: m minimizes the sum.
"""

from typing import Any

from lossary._math import divergence, log_ratio, positive
from lossary._typing import Array


def value(p: Array, t: Array, xp: Any) -> Array:
    both = p + t
    m = 0.5 * both
    return 0.5 * (_from_middle(p, m, both, xp) + _from_middle(t, m, both, xp))


def _from_middle(p: Array, m: Array, both: Array, xp: Any) -> Array:
    # Computed with doubled numbers, because half the smallest normal number is 0 on XLA.
    d = log_ratio(positive(2.0 * p, xp), positive(both, xp), xp)
    return divergence(p, m, d, xp)


def grad(p: Array, t: Array, xp: Any) -> Array:
    p = positive(p, xp)
    return 0.5 * log_ratio(2.0 * p, p + t, xp)


def p_times_hess(p: Array, t: Array, xp: Any) -> Array:
    # No product of reciprocals: XLA multiplies them first, which gives 0 times infinity at the smallest
    # numbers.
    return xp.where(t > 0, 0.5 * t / positive(p + t, xp), 0.0 * t)
