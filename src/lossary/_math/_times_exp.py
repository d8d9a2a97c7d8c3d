"""Products with an exponential of a product."""

from math import exp, floor, log
from typing import Any

from lossary._math._basics import is_number, times
from lossary._math._exactly import halves
from lossary._typing import Array, Number

_ROOM = 8
_SPLIT = 2.0**42 + 1.0
"""It leaves a number 11 bits, so that its products with half of the digits of float32 are exact."""


def times_exp(y: Array, a: Number, s: Array, xp: Any) -> Array:
    """y·exp(a·s) for y >= 0: 0 where y is, infinite or 0 only where the result is, and exact for large a·s.

    What the product is rounded by, the exponential makes a relative error of; so it is multiplied in.
    """
    t = a * s
    end = float(floor(log(float(xp.finfo(t.dtype).max))) - _ROOM)
    if xp.is_quick and (t.size == 0 or (xp.max(t) < end and xp.min(t) > -end)):
        e = xp.exp(t)
    else:
        up, down = t > end, t < -end
        move = xp.where(up, end, xp.where(down, -end, 0.0 * s))
        y = y * xp.where(up, exp(end), xp.where(down, exp(-end), xp.ones_like(t)))
        e = xp.exp(t - move)
    if not (is_number(a, 1) or is_number(a, -1)):
        e = e * (1.0 + _lost(a, s, t, xp))
    return times(y, e, xp)


def _lost(a: Number, s: Array, t: Array, xp: Any) -> Array:
    """a·s less t, which is a·s rounded."""
    if isinstance(a, float | int):
        long = _SPLIT * a
        high: Number = long - (long - a)
        low: Number = a - high
    else:
        high, low = halves(a + 0.0 * s, xp)
    of_high, of_low = halves(s, xp)
    lost = ((high * of_high - t) + high * of_low) + low * s
    return xp.where(xp.isfinite(lost), lost, 0.0)
