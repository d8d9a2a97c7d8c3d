"""Everything that can be determined about a call before reading values, once for all similar calls.

A plan depends on its key and nothing else. The key has names and kinds, so calls that share a plan cannot
differ in anything that the plan depends on. It holds no values; a number is an operand like an array.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from types import NoneType
from typing import Any, NamedTuple

from lossary import _check
from lossary._check import mistake
from lossary._declared import wrong
from lossary._kernel import CLASSES, PER_CLASS, Domain, Kernel
from lossary._program._layout import (
    Layout,
    aligned_shape,
    choose,
    computation_dtype,
    count,
    fits,
    floating_dtypes,
    lay_out,
    must_be_boolean,
    must_be_ids,
    must_be_real,
)
from lossary._program._library import Library
from lossary._program._limits import limited
from lossary._program._nothing import is_nothing, must_have_classes, of_nothing
from lossary._program._shape_errors import REGION, of_elements
from lossary._typing import Array, Axes, RowAxes
from lossary._words import REDUCTIONS as WORDS_OF_OTHERS

REDUCTIONS = ("mean", "weighted_mean", "sum", "none")
TOTAL = "sum, weight and count"
"""The `reduction` that a total requests; nobody writes it by accident."""


class Kind(NamedTuple):
    """The kind of an operand: everything a plan may know about it."""

    type: type
    dtype: Any = None
    shape: Any = ()
    device: Any = None

    @property
    def is_number(self) -> bool:
        return self.dtype is None and self.type is not NoneType


class Key(NamedTuple):
    """What similar calls have in common."""

    kernels: tuple[Kernel, ...]
    orders: tuple[int, ...]
    """The orders of the requested results: 0 is the loss, 1 its derivative, 2 the second derivative."""
    axis: RowAxes
    reduction: str
    over: Axes
    mode: Any
    """The library's current defaults."""
    names: tuple[str, ...]
    """The names of the given parameters."""
    kinds: tuple[Any, ...]
    """The kinds of the arrays, of `weights` and `where`, and of the parameters."""


class Operands(NamedTuple):
    """The arrays and numbers of a call."""

    arrays: tuple[Array, ...]
    params: Mapping[str, Any]
    weights: Array
    where: Array

    @property
    def all(self) -> tuple[Any, ...]:
        """All operands that are not None, as a flat tuple."""
        rest = [x for x in (self.weights, self.where) if x is not None]
        return (*self.arrays, *self.params.values(), *rest)

    def each(self, of: Callable[[Any], Any]) -> "Operands":
        """The operands with `of` applied to each, in the order of `all`."""
        arrays, params, weights, where = self
        return Operands(
            tuple([of(x) for x in arrays]),
            {k: of(v) for k, v in params.items()} if params else params,
            None if weights is None else of(weights),
            None if where is None else of(where),
        )

    def must_be_plain(self, library: Library, kernel: Kernel) -> None:
        """Raise if an operand is not a plain array, and name it."""
        named = [*zip([a.name for a in kernel.takes], self.arrays, strict=True), *self.params.items()]
        for name, x in [*named, ("weights", self.weights), ("where", self.where)]:
            library.must_be_plain(x, f"{kernel.name}: `{name}`")


@dataclass(frozen=True, eq=False)
class Plan:
    """A call without its values."""

    library: Library
    kernel: Kernel
    layout: Layout
    orders: tuple[int, ...]
    reduction: str
    axes: tuple[int, ...]
    """The axes of the unreduced loss that are summed over."""
    size: int | None
    """How many losses are summed into one; None if known only when a traced function runs."""
    can_be_cut: bool
    """Whether the call can be computed in blocks of examples."""
    floats: tuple[Any, ...]
    """The floating dtype of each array; None for integers."""
    dtype: Any
    """The dtype of the computation."""
    first_dtype: Any
    """The dtype of gradients: the first array's, if floating."""
    devices: tuple[Any, ...]
    """The devices of the operands; empty if the library does not tell."""
    numbers: tuple[bool, ...]
    """Which arrays are numbers."""
    weights_shape: Any
    """The shape of the weights, with as many axes as the losses; None without weights."""
    where_shape: Any
    static: Mapping[str, Any]
    """Additional parameters for the formulas."""
    has_params: bool
    """Whether parameters are given."""
    has_per_class: bool
    """Whether a parameter has one number per class."""
    as_is: bool
    """Whether the kernel can take all arrays and parameters as they are."""
    checked: tuple[tuple[int, bool], ...]
    """Which arrays may have values outside their domains, and whether they are rows like the first."""
    classes: int
    """The number of classes, that is, the length of their axis; 0 if there are none."""

    @cached_property
    def largest(self) -> float:
        """The largest finite number in the dtype of the computation."""
        return float(self.library.xp.finfo(self.dtype).max)

    @cached_property
    def elements(self) -> int:
        """The number of elements of the first array, if known."""
        return prod(self.layout.shape) * max(1, self.classes)

    @property
    def is_weighed(self) -> bool:
        """Whether there are weights or a mask."""
        return self.weights_shape is not None or self.where_shape is not None

    def of(self, *orders: int) -> "Plan":
        """The same plan for other orders."""
        return replace(self, orders=orders)


def make_plan(library: Library, key: Key) -> Plan:
    kinds = tuple([Kind(*k) if isinstance(k, tuple) else Kind(k) for k in key.kinds])
    kernels, count_of_arrays = key.kernels, len(key.kinds) - len(key.names) - 2
    arrays, (weights, where, *params) = kinds[:count_of_arrays], kinds[count_of_arrays:]
    name = kernels[0].name
    if key.reduction != TOTAL:
        _check.choice(name, "reduction", key.reduction, REDUCTIONS, WORDS_OF_OTHERS)
    kernel = choose(kernels, arrays, key.axis)
    called = (*[a.name for a in kernel.takes], "weights", "where", *key.names)
    for what, kind in zip(called, kinds, strict=False):
        must_be_real(library, kind, f"{name}: `{what}`")
    floats = floating_dtypes(library, kernel, arrays)
    layout = lay_out(kernel, arrays, key.axis, floats)
    kernel = limited(kernel, [tuple(kind.shape) for kind in arrays], layout.axes)
    must_be_ids(kernel, arrays, floats)
    must_have_classes(kernel, layout.shape, arrays[0].shape)
    if is_nothing(kernel, layout.shape, arrays[0].shape):
        kernel = of_nothing(kernel)
    if where.type not in (bool, NoneType):
        must_be_boolean(name, where, library.xp)
    given = dict(zip(key.names, params, strict=True))
    unknown = [k for k in given if k not in (kernel.parameters or given) and k != "class_weights"]
    if unknown:
        raise wrong(name, f"its formula takes no parameter `{unknown[0]}`")
    if "class_weights" in given and given["class_weights"].is_number:
        raise mistake(
            "L001",
            f"{name}: `class_weights` must be one number per class, got one number",
            fix="weights=class_weights, if you mean all examples",
        )
    first = arrays[0]
    static = {CLASSES: first.shape[layout.axes[0]]} if len(kernel.cores[0]) > 1 else {}
    classes = library.row_length(_classes(kernel, layout, first))
    of_classes = PER_CLASS | kernel.per_class
    has_per_class = any(k in of_classes and not kind.is_number for k, kind in given.items())
    dtype = computation_dtype(library, floats, arrays)
    axes = _axes(name, key.over, len(layout.shape))
    checked = [
        (i, core == kernel.cores[0] != ())
        for i, (argument, core) in enumerate(zip(kernel.takes, kernel.cores, strict=True))
        if argument.domain != Domain()
    ]
    return Plan(
        library,
        kernel,
        layout,
        key.orders,
        key.reduction,
        axes,
        count(tuple([layout.shape[i] for i in axes])),
        not kernel.classes and _can_be_cut(layout, first, has_per_class, classes),
        floats,
        dtype,
        dtype if floats[0] is None else first.dtype,
        tuple(dict.fromkeys([kind.device for kind in kinds if kind.device is not None])),
        tuple([kind.is_number for kind in arrays]),
        _aligned(kernel, "weights", weights, layout.shape, classes),
        _aligned(kernel, "where", where, layout.shape, classes),
        static,
        bool(given),
        has_per_class,
        fits(library, kernel, layout, dtype, arrays) and all(kind.is_number for kind in params),
        tuple(checked),
        kernel.classes or classes,
    )


def _aligned(kernel: Kernel, name: str, kind: Kind, shape: Any, classes: int) -> Any:
    if kind.type is NoneType:
        return None
    if kind.is_number:
        return ()
    if REGION in kernel.cores[0] and len(kind.shape) > len(shape):
        raise of_elements(kernel, name, tuple(kind.shape), shape)
    of_ids = len(kernel.takes) > 1 and kernel.takes[1].domain.is_class_id
    return aligned_shape(kernel.name, name, tuple(kind.shape), shape, classes if of_ids else 0)


def _classes(kernel: Kernel, layout: Layout, first: Kind) -> int:
    """The length of a row; for a table whose columns are classes, the number of columns."""
    if not kernel.has_classes:
        return 0
    lengths = tuple([first.shape[i] for i in layout.axes])
    is_table = len(kernel.cores[0]) > 1 and any(a.domain.is_class_id for a in kernel.takes)
    return int(lengths[-1]) if is_table else count(lengths) or 0


def _can_be_cut(layout: Layout, first: Kind, has_per_class: bool, classes: int) -> bool:
    shape = layout.shape
    if not shape or first.is_number:
        return False
    ndim = len(shape) + (len(layout.axes) if classes else 0)
    in_front = any(axis % ndim == 0 for axis in layout.axes)  # the axis along which blocks are cut
    return not (in_front and (classes or has_per_class))


def _axes(loss: str, over: Axes, ndim: int) -> tuple[int, ...]:
    if over is None:
        return tuple(range(ndim))
    axes = (over,) if isinstance(over, int) else over
    for axis in axes:
        if not -ndim <= axis < ndim:
            raise mistake(
                "L130",
                f"{loss}: `over` names axis {axis}, but the unreduced loss has {ndim} axes",
                fix="axes of the result of reduction='none' (the class axis is not among them)",
            )
    return tuple(sorted({axis % ndim for axis in axes}))


def many(plan: Plan, elements: int) -> bool:
    """Whether a call has so many elements, and can be computed in blocks."""
    return plan.can_be_cut and plan.elements >= elements
