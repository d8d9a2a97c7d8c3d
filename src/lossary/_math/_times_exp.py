"""Products with the exponential of a product."""

from math import floor, log
from typing import Any

from lossary._math._basics import clipped, greatest, is_number, least
from lossary._math._exactly import halves
from lossary._typing import Array, Number

_ROOM = 8
"""By how much a negative exponent is further from the ends, where numbers are flushed to 0."""
_LARGEST = 2.0**80
"""Beyond this an exponent counts as infinite, whatever its factor; its halves are still finite."""
_SPLIT = 2.0**42 + 1.0
"""Splits off 11 bits of a number, so that its products with half the digits of float32 are exact."""


def times_exp(y: Array, a: Number, s: Array, xp: Any) -> Array:
    """y·exp(a·s) for y >= 0: 0 where y is 0, no premature overflow or underflow, exact for large a·s.

    The exponential turns the rounding error of the product into a relative error, so the result is corrected
    by it. Of a large exponent, the part that overflows or underflows has an exponential of its own.
    """
    s = clipped(s, _LARGEST, xp)
    t = a * s
    most = float(xp.finfo(t.dtype).max)
    high = float(floor(log(most)))
    if xp.is_quick and (t.size == 0 or (xp.max(t) < high and xp.min(t) > _ROOM - high)):
        found = y * xp.exp(t)
    else:
        middle = greatest(least(t, high, xp), _ROOM - high, xp)
        found = (y * xp.exp(middle)) * least(xp.exp(t - middle), most, xp)
    is_exact = any(is_number(a, power_of_two) for power_of_two in (1.0, -1.0, 0.5, -0.5))
    return found if is_exact else found * (1.0 + _lost(a, s, t, xp))


def _lost(a: Number, s: Array, t: Array, xp: Any) -> Array:
    """a·s - t, where t is a·s rounded."""
    if isinstance(a, float | int):
        long = _SPLIT * a
        high: Number = long - (long - a)
        low: Number = a - high
    else:
        high, low = halves(a + 0.0 * s, xp)
    of_high, of_low = halves(s, xp)
    return ((high * of_high - t) + high * of_low) + low * s
