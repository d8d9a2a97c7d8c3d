"""Adding up rows (the last axis), and the largest of each."""

from typing import Any

from lossary._typing import Array, Number


def others(x: Array, largest: Array, xp: Any) -> Array:
    """For each element of a row the sum of the others, exact where that element is most of the sum.

    `largest` says where in each row that may be; elsewhere a difference is as good.
    """
    rest = total(xp.where(largest, 0.0, x), xp)
    return xp.where(largest, rest, total(x, xp) - x)


def besides(x: Array, xp: Any, by: Array | None = None) -> Array:
    """For each element of a row the sum of the others, exact also beside one that is most of the sum.

    Which one that may be, `by` says where x is a product to be differentiated: as that must be linear.
    """
    sizes = xp.abs(x if by is None else by)
    return others(x, xp.positions(x, xp.argmax(sizes, axis=-1)), xp)


def total(x: Array, xp: Any) -> Array:
    """The sum of each row, kept as an axis of length 1."""
    return xp.sum(x, axis=-1, keepdims=True)


def largest(x: Array, xp: Any) -> Array:
    """The largest of each row; of several the first has the derivative (libraries share it among them)."""
    return xp.pick(x, xp.argmax(x, axis=-1)) if xp.is_differentiated else xp.row_max(x)


def put(x: Array, ids: Array, value: Number, xp: Any) -> Array:
    """x with one element of each row replaced; `value` has an axis of length 1 for the classes."""
    if xp.overwrites:
        xp.put_along_axis(x, ids[..., None], value, axis=-1)
        return x
    return xp.where(xp.positions(x, ids), value, x)
