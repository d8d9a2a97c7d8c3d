"""Sums and maxima of rows (the last axis)."""

from typing import Any

from lossary._typing import Array


def others(x: Array, largest: Array, xp: Any) -> Array:
    """For each element of a row, the sum of the others; exact even where that element dominates the sum.

    `largest` marks the position in each row where that may happen; elsewhere a difference is as good.
    """
    rest = total(xp.where(largest, 0.0, x), xp)
    return xp.where(largest, rest, total(x, xp) - x)


def besides(x: Array, xp: Any, by: Array | None = None) -> Array:
    """For each element of a row, the sum of the others; exact even if one element dominates the sum.

    `by` determines the dominant element if x is a product to be differentiated, which must stay linear.
    """
    sizes = xp.abs(x if by is None else by)
    return others(x, xp.positions(x, xp.argmax(sizes, axis=-1)), xp)


def total(x: Array, xp: Any) -> Array:
    """The sum of each row, with the axis kept at length 1."""
    return xp.sum(x, axis=-1, keepdims=True)


def largest(x: Array, xp: Any) -> Array:
    """The maximum of each row; the first of tied elements gets the derivative (libraries split it)."""
    return xp.pick(x, xp.argmax(x, axis=-1)) if xp.is_differentiated else xp.row_max(x)
