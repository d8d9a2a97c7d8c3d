"""Whether predictions and labels were passed in each other's place: only where no other reading is left."""

from typing import Any

import numpy as np

from lossary._advice import number
from lossary._check import mistake
from lossary._kernel import Kernel

Values = np.ndarray[Any, Any]

_GLANCE = 64
_FEW, _MANY = 3, 8
"""How many numbers that are not whole make an array one of predictions: beside another mistake, and alone."""


def look_swapped(kernel: Kernel, first: Values, second: Values) -> Exception | None:
    """The error for arguments that are swapped, if they are: one of the two is out of its domain already."""
    return _mistake(kernel, first, second) if _are(first, second, _FEW) else None


def may_be_labels(first: Values | None) -> bool:
    """A glance, which mostly settles it."""
    if first is None or not first.size or first.item(0) not in (0, 1):
        return False
    glance = first.flat[:_GLANCE]
    return bool(((glance == 0) | (glance == 1)).all())


def certainly_swapped(kernel: Kernel, first: Values, second: Values) -> Exception | None:
    """The same for arguments that are inside their domains, both."""
    return _mistake(kernel, first, second) if _are(first, second, _MANY) else None


def _are(first: Values, second: Values, many: int) -> bool:
    """Whether the first are labels of both kinds, and the second mostly numbers that no label is."""
    if not any(_holds_both(first, low) for low in (0, -1)):
        return False
    between = second[np.isfinite(second) & (second != np.floor(second))]
    return bool(2 * between.size >= second.size and np.unique(between).size >= many)


def _holds_both(x: Values, low: int) -> bool:
    lower, upper = x == low, x == 1
    return bool((lower | upper).all() and lower.any() and upper.any())


def _mistake(kernel: Kernel, first: Values, second: Values) -> Exception:
    a, b = kernel.takes[0].name, kernel.takes[1].name
    return mistake(
        "L002",
        f"{kernel.name}: `{a}` hold nothing but {number(first.min())} and 1, and `{b}` numbers between:"
        " are they swapped?",
        f"`{b}` range from {number(np.nanmin(second))} to {number(np.nanmax(second))}",
        why="Keras and scikit-learn have the other order",
        fix=f"{kernel.name}({a}, {b}), or by name: {b}=...",
    )
