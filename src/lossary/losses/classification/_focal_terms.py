"""The focal factor, and one focal loss term as a function of the probability.

With p the probability of the right answer, q = 1 - p, l = -log p and m = q^γ, a term is F(p) = m·l. Because
dl/dp = -1/p and dm/dp = -γ·m/q, with r = l/q (1 where q = 0):

    F'  = -m·(1/p + γ·r)
    F'' =  m·(1/p² + γ·(2/p + (γ-1)·r)/q)

The limits at q = 0 are those of q^γ. F'' is infinite there only for 0 < γ < 1, as it should be.
"""

from typing import Any

from lossary._math import power, times
from lossary._typing import Array, Number


def ratio(nll: Array, q: Array, xp: Any) -> Array:
    """-log(1 - q) / q, which tends to 1."""
    none = q == 0
    return xp.where(none, 1.0, nll / xp.where(none, 1.0, q))


def term(q: Array, nll: Array, gamma: Number, xp: Any) -> Array:
    return times(power(q, gamma, xp), nll, xp)


def term_slope(reciprocal_p: Array, q: Array, nll: Array, gamma: Number, xp: Any) -> Array:
    """dF/dp."""
    return -power(q, gamma, xp) * (reciprocal_p + gamma * ratio(nll, q, xp))


def term_curvature(t: Array, reciprocal_p: Array, q: Array, nll: Array, gamma: Number, xp: Any) -> Array:
    """t·d²F/dp². 1/p² may overflow where t/p² does not, so t comes first."""
    inner = gamma * (2.0 * reciprocal_p + (gamma - 1.0) * ratio(nll, q, xp))
    plain = t * power(q, gamma, xp) * reciprocal_p * reciprocal_p
    return plain + times(t, times(inner, power(q, gamma - 1.0, xp), xp), xp)
