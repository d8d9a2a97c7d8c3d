"""Divergences of each class by itself."""

from lossary._typing import RowAxes


def is_no_axis(axis: RowAxes) -> bool:
    """Whether a row is one number."""
    return hasattr(axis, "__len__") and len(axis) == 0
