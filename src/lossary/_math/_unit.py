"""Vectors of length one."""

from collections.abc import Callable
from typing import Any

from lossary._math._rows import total
from lossary._typing import Array


def unit(x: Array, xp: Any) -> tuple[Array, Callable[[Array], Array]]:
    """Each row over its length, 0 for a row of zeros; and what makes a derivative in x of one in the result.

    Divided by its largest element first, no square overflows or vanishes.
    """
    largest = xp.max(xp.abs(x), axis=-1, keepdims=True)
    there = largest > 0
    scaled = xp.where(there, x / xp.where(there, largest, 1.0), x)
    length = xp.sqrt(xp.where(there, total(scaled * scaled, xp), 1.0))
    u = scaled / length

    def pull(slope: Array) -> Array:
        across = (slope - u * total(u * slope, xp)) / length
        return xp.where(there, across / xp.where(there, largest, 1.0), 0.0)

    return u, pull
