"""Detect swapped predictions and labels, only where no other explanation is left."""

from typing import Any

import numpy as np

from lossary._advice import number
from lossary._check import mistake
from lossary._kernel import Kernel

Values = np.ndarray[Any, Any]

_GLANCE = 64
_FEW, _MANY = 3, 8
"""How many distinct non-integers mark an array as predictions: alongside another mistake, and alone."""


def look_swapped(kernel: Kernel, first: Values, second: Values) -> Exception | None:
    """The error for swapped arguments, or None; one of the two is known to be out of its domain."""
    return _mistake(kernel, first, second) if _are(kernel, first, second, _FEW) else None


def may_be_swapped(kernel: Kernel, first: Values | None) -> bool:
    """A glance at the first array, which usually settles it: could these be labels or counts?"""
    if first is None or not first.size:
        return False
    value = first.item(0)
    if value != value // 1 or not (value in (0, 1) or _counts(kernel)):
        return False
    glance = first.flat[:_GLANCE]
    return bool((glance == np.floor(glance) if _counts(kernel) else (glance == 0) | (glance == 1)).all())


def certainly_swapped(kernel: Kernel, first: Values, second: Values) -> Exception | None:
    """The same for arguments that are both inside their domains."""
    return _mistake(kernel, first, second) if _are(kernel, first, second, _MANY) else None


def _are(kernel: Kernel, first: Values, second: Values, many: int) -> bool:
    """Whether the first array looks like labels or counts, and the second is mostly non-integers."""
    if not (any(_holds_both(first, low) for low in (0, -1)) or (_counts(kernel) and _holds_counts(first))):
        return False
    between = second[np.isfinite(second) & (second != np.floor(second))]
    return bool(2 * between.size >= second.size and np.unique(between).size >= many)


def _counts(kernel: Kernel) -> bool:
    """Whether the second argument holds counts: any nonnegative integers."""
    return kernel.takes[1].counts


def _holds_counts(x: Values) -> bool:
    return bool(x.size and (x >= 0).all() and (x == np.floor(x)).all() and (x != x.flat[0]).any())


def _holds_both(x: Values, low: int) -> bool:
    lower, upper = x == low, x == 1
    return bool((lower | upper).all() and lower.any() and upper.any())


def _mistake(kernel: Kernel, first: Values, second: Values) -> Exception:
    a, b = kernel.takes[0].name, kernel.takes[1].name
    hold = "whole numbers" if _counts(kernel) else f"{number(first.min())} and 1"
    return mistake(
        "L002",
        f"{kernel.name}: `{a}` hold nothing but {hold}, and `{b}` numbers between: are they swapped?",
        f"`{b}` range from {number(np.nanmin(second))} to {number(np.nanmax(second))}",
        why="Keras and scikit-learn have the other order",
        fix=f"{kernel.name}({a}, {b}), or by name: {b}=...",
    )
