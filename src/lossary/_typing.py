"""The names that signatures use."""

from collections.abc import Callable
from typing import Any, Literal, ParamSpec, Protocol, TypeAlias, TypeVar


class AnyArray(Protocol):
    """An array of any library: what has a shape and a dtype."""

    @property
    def shape(self) -> Any: ...
    @property
    def dtype(self) -> Any: ...


ArrayT = TypeVar("ArrayT", bound=AnyArray)
"""The caller's kind of array: what goes in comes out."""

ResultT = TypeVar("ResultT")
"""What a loss returns."""

P = ParamSpec("P")
"""Everything that a loss takes, as it is written."""

Array: TypeAlias = Any
"""In formulas: an array of any library that follows the array API standard, or a number."""

Axes: TypeAlias = int | tuple[int, ...] | None
RowAxes: TypeAlias = int | tuple[int, ...]
"""The axis, or the axes, along which the numbers of one example lie."""

AxisName: TypeAlias = str | tuple[str, ...] | None
"""The mapped axis of JAX, or the axes, along which devices have a part of each row; None: rows are whole."""

Reduction: TypeAlias = Literal["mean", "weighted_mean", "sum", "none"]
LabelsIn: TypeAlias = Literal["01", "pm1"]
"""How the labels of two classes are encoded: as 0 and 1, or as -1 and 1."""

Overlap: TypeAlias = Literal["product", "minimum", "squared"]
"""What a probability and a label between 0 and 1 have in common."""

BoxFormat: TypeAlias = Literal["corners", "center"]
"""What four numbers say of a box: two corners; or its center, width and height."""

Directions: TypeAlias = Literal["one", "both"]
"""Whether anchors are compared with their positives, or these with their anchors as well."""

Number: TypeAlias = float | Array
"""In formulas: a real number, which may be a Python float, a 0-d array, or a tracer of one."""

Formula: TypeAlias = Callable[..., Array]

Again: TypeAlias = Callable[[Array], Array] | None
"""In formulas for value and gradient: marks an array from which the gradient recomputes what they share."""


class Loss(Protocol):
    """A loss function of any kind: arrays first, predictions before targets, options by keyword."""

    def __call__(self, *arrays: Array, **options: Any) -> Any: ...
