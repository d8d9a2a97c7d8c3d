"""The names that signatures use."""

from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeAlias

Array: TypeAlias = Any
"""An array of any library that follows the array API standard, or a number."""

Axes: TypeAlias = int | tuple[int, ...] | None
RowAxes: TypeAlias = int | tuple[int, ...]
"""The axis, or the axes, along which the numbers of one example lie."""

AxisName: TypeAlias = str | tuple[str, ...] | None
"""The mapped axis of JAX, or the axes, along which devices have a part of each row; None: rows are whole."""

Reduction: TypeAlias = Literal["mean", "weighted_mean", "sum", "none", "total"]
LabelsIn: TypeAlias = Literal["01", "pm1"]
"""How the labels of two classes are encoded: as 0 and 1, or as -1 and 1."""

Number: TypeAlias = float | Array
"""A real number: a Python float, a 0-d array, or a tracer of one."""

Formula: TypeAlias = Callable[..., Array]


class Loss(Protocol):
    """A loss function: arrays first, predictions before targets, options by keyword."""

    def __call__(self, *arrays: Array, **options: Any) -> Any: ...
