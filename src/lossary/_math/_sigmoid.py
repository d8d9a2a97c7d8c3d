"""The logistic function and its logarithm, from one exponential that never overflows.

With e = exp(-|x|): sigma(|x|) = 1/(1+e), sigma(-|x|) = e/(1+e), softplus(x) = relu(x) + log1p(e).
"""

from typing import Any

from lossary._math._basics import absolute
from lossary._typing import Array


def softplus_tail(x: Array, xp: Any) -> Array:
    """log1p(exp(-|x|)) = softplus(x) - relu(x)."""
    return xp.log1p(xp.exp(-absolute(x, xp)))


def sigmoids(x: Array, xp: Any) -> tuple[Array, Array]:
    """sigma(x) and sigma(-x), each to the last bits also where it is tiny."""
    e = xp.exp(-absolute(x, xp))
    large = 1.0 / (1.0 + e)
    small = e * large
    positive = x > 0
    return xp.where(positive, large, small), xp.where(positive, small, large)
