"""The logistic function and its logarithm.

With e = exp(-|x|), which never overflows: sigma(|x|) = 1/(1+e), sigma(-|x|) = e/(1+e), and
softplus(x) = relu(x) + log1p(e).
"""

from typing import Any

from lossary._math._basics import absolute, negative_part, relu
from lossary._typing import Array, Number


def softplus_tail(x: Array, xp: Any) -> Array:
    """log1p(exp(-|x|)) = softplus(x) - relu(x)."""
    if xp.is_eager:
        return xp.softplus(-xp.abs(x))
    if xp.is_quick:
        e = _exponential(x, xp)
        return xp.log1p_of_fraction(e, out=e)
    return xp.log1p(xp.exp(-absolute(x, xp)))


def softpluses(x: Array, xp: Any) -> tuple[Array, Array]:
    """softplus(x) and softplus(-x), which are -log σ(-x) and -log σ(x)."""
    if xp.is_eager:
        return xp.softplus(x), xp.softplus(-x)
    tail = softplus_tail(x, xp)
    return relu(x, xp) + tail, negative_part(x, xp) + tail


def sigmoid(x: Array, xp: Any) -> Array:
    """sigma(x), accurate to the last bits even where it is tiny, with a finite derivative everywhere."""
    if xp.is_eager or xp.is_quick or xp.reads:  # where it has no derivative
        return xp.sigmoid(x)
    e = xp.exp(-absolute(x, xp))
    return xp.where(x > 0, xp.ones_like(e), e) / (1.0 + e)


def sigmoids(x: Array, xp: Any) -> tuple[Array, Array]:
    """sigma(x) and sigma(-x), each accurate to the last bits even where it is tiny."""
    if xp.is_eager:
        return xp.sigmoid(x), xp.sigmoid(-x)
    if xp.is_quick:  # correct until exp(-x) overflows, which gives NaN
        e = xp.negative(x)
        xp.exp(e, out=e)
        p = 1.0 + e
        xp.divide(1.0, p, out=p)
        return p, xp.multiply(e, p, out=e)
    if xp.is_differentiated:
        e = xp.exp(-absolute(x, xp))
        large = 1.0 / (1.0 + e)
        small = e * large
        positive = x > 0
        return xp.where(positive, large, small), xp.where(positive, small, large)
    # Where exp overflows, 1/inf is the limit. Two exponentials, because XLA would store a shared one in
    # memory, which costs more.
    return 1.0 / (1.0 + xp.exp(-x)), 1.0 / (1.0 + xp.exp(x))


def sigmoid_and_tail(x: Array, xp: Any) -> tuple[Array, Array]:
    """sigma(x) and log1p(exp(-|x|)), by one exponential, for NumPy."""
    e = _exponential(x, xp)
    return _part(x > 0, e, 1.0 + e, xp), xp.log1p_of_fraction(e, out=e)


def sigmoids_and_tail(x: Array, xp: Any) -> tuple[Array, Array, Array]:
    """sigma(x), sigma(-x) and log1p(exp(-|x|)), by one exponential, for NumPy."""
    e = _exponential(x, xp)
    whole = 1.0 + e
    return _part(x > 0, e, whole, xp), _part(x < 0, e, whole, xp), xp.log1p_of_fraction(e, out=e)


def _exponential(x: Array, xp: Any) -> Array:
    """exp(-|x|) in one array."""
    e = xp.abs(x)
    return xp.exp(xp.negative(e, out=e), out=e)


def _part(is_large: Array, e: Array, whole: Array, xp: Any) -> Array:
    """1/(1+e) where that is meant, else e/(1+e)."""
    part = xp.maximum(xp.astype(is_large, e.dtype), e)
    return xp.divide(part, whole, out=part)


def sigmoid_difference(up: Number, down: Number, x: Array, xp: Any) -> Array:
    """up·sigma(x) - down·sigma(-x), each accurate to the last bits even where it is tiny."""
    if xp.is_quick and not xp.is_eager:  # correct until exp(-x) overflows, which gives NaN
        e = xp.negative(x)
        xp.exp(e, out=e)
        p = 1.0 + e
        xp.multiply(e, down, out=e)
        return xp.divide(xp.subtract(up, e, out=e), p, out=p)
    p, q = sigmoids(x, xp)
    return up * p - down * q
