"""Divergences of single classes, and of rows, which are their sums."""

from collections.abc import Callable
from functools import partial
from typing import Any

from lossary._typing import Array, RowAxes


def is_no_axis(axis: RowAxes) -> bool:
    """Whether a row is a single number."""
    return hasattr(axis, "__len__") and len(axis) == 0


def summed(terms: Callable[..., Array]) -> Callable[..., Array]:
    """The value of a row, given a formula for each element."""

    def value(*rows: Array, xp: Any) -> Array:
        return xp.sum(xp.each(partial(terms, xp=xp), *rows), axis=-1)

    return value
