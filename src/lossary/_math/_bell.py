"""The Gaussian bell, accurate to the last bits even far out."""

from typing import Any

from lossary._math._basics import least
from lossary._math._divergence import exp_beyond
from lossary._math._exactly import difference, halves
from lossary._typing import Array, Number

_STEPS = 64.0
"""Steps per unit, few enough that their squares are exact."""
_FAR = 64.0
"""Beyond this the bell is 0 in float64."""


def bell(x: Array, y: Array, scale: Number, xp: Any) -> Array:
    """exp(-½w²) with w = (x - y) / scale.

    The exponential amplifies the rounding error of w by w². Therefore w is split into whole steps, whose
    squares are exact, and a remainder with all its digits.
    """
    e, lost = difference(x, y, xp)
    e, lost = xp.where(e > 0, e, -e), xp.where(e > 0, lost, -lost)
    w = least(e / scale, _FAR, xp)
    near = w < _FAR
    steps = xp.floor(_STEPS * w) / _STEPS
    high, low = halves(scale + xp.zeros_like(e), xp)
    rest = xp.where(near, ((e - steps * high) - steps * low) + lost, 0.0) / scale
    t = -rest * (steps + 0.5 * rest)
    # exp(t) is written as 1 + t + ..., because XLA merges a product of two exponentials into one.
    return xp.exp(-0.5 * (steps * steps)) * (1.0 + (t + exp_beyond(t, xp)))
