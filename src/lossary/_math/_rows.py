"""Picking elements out of rows (the last axis), and adding them up."""

from typing import Any

from lossary._backend._base import Backend
from lossary._backend._resolve import resolve
from lossary._math._basics import is_differentiated
from lossary._typing import Array


def pick(x: Array, ids: Array, xp: Any) -> Array:
    """x[..., ids]: the element of each row that `ids`, which must be inside, names."""
    return _library(x, xp).pick(x, ids)


def arange_like(x: Array, xp: Any) -> Array:
    """0, 1, ..., K-1 beside a row of K."""
    return _library(x, xp).arange(x.shape[-1], x)


def positions(x: Array, ids: Array, xp: Any) -> Array:
    """Where in each row of `x` the element lies that `ids` names: booleans shaped like `x`."""
    return _library(x, xp).positions(x, ids)


def row_max(x: Array, xp: Any) -> Array:
    """The largest of each row, NaN if there is one: a maximum whose row is not summed as well."""
    return _library(x, xp).row_max(x)


def _library(x: Array, xp: Any) -> Backend:
    """The library of `x`; of a namespace for parts of rows, what knows of the other parts."""
    return xp.rows_in_parts if hasattr(xp, "rows_in_parts") else resolve(x)


def others(x: Array, largest: Array, xp: Any) -> Array:
    """For each element of a row the sum of the others, exact where that element is most of the sum.

    `largest` says where in each row that may be; elsewhere a difference is as good.
    """
    rest = total(xp.where(largest, 0.0, x), xp)
    return xp.where(largest, rest, total(x, xp) - x)


def besides(x: Array, xp: Any) -> Array:
    """For each element of a row the sum of the others, exact also beside one that is most of the sum."""
    return others(x, positions(x, xp.argmax(xp.abs(x), axis=-1), xp), xp)


def total(x: Array, xp: Any) -> Array:
    """The sum of each row, kept as an axis of length 1."""
    return xp.sum(x, axis=-1, keepdims=True)


def largest(x: Array, xp: Any) -> Array:
    """The largest of each row; of several the first has the derivative (libraries share it among them)."""
    return pick(x, xp.argmax(x, axis=-1), xp) if is_differentiated(xp) else row_max(x, xp)


def running_total(x: Array, xp: Any) -> Array:
    """The sums of the first element of each row, of the first two, and so on."""
    # The standard's name is not in NumPy 2.0, and what torch has by that name `torch.compile` cannot trace.
    add = xp.cumsum if hasattr(xp, "cumsum") else xp.cumulative_sum
    return add(x, axis=-1)
