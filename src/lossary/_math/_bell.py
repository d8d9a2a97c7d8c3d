"""The Gaussian bell, to the last bits also far out."""

from typing import Any

from lossary._math._basics import least
from lossary._math._divergence import exp_beyond
from lossary._math._exactly import difference, halves
from lossary._typing import Array, Number

_STEPS = 64.0
"""In one unit: the square of some hundred has few digits."""
_FAR = 64.0
"""Beyond which the bell is 0 in float64."""


def bell(x: Array, y: Array, scale: Number, xp: Any) -> Array:
    """exp(-½w²) with w = (x - y) / scale.

    What w is rounded by, the exponential multiplies by w². So w is split into whole steps, whose square is
    exact, and the rest, which has all digits.
    """
    e, lost = difference(x, y, xp)
    e, lost = xp.where(e > 0, e, -e), xp.where(e > 0, lost, -lost)
    w = least(e / scale, _FAR, xp)
    near = w < _FAR
    steps = xp.floor(_STEPS * w) / _STEPS
    high, low = halves(scale + xp.zeros_like(e), xp)
    rest = xp.where(near, ((e - steps * high) - steps * low) + lost, 0.0) / scale
    t = -rest * (steps + 0.5 * rest)
    # 1 + t + ... for the exponential of t: XLA makes one exponential of two that are multiplied.
    return xp.exp(-0.5 * (steps * steps)) * (1.0 + (t + exp_beyond(t, xp)))
