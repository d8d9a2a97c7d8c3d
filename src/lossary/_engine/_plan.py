"""All that can be said of a call before a value is looked at: it is said once for calls that are alike.

Calls are alike if they have the same loss and options, and arrays of the same types, dtypes and shapes. In a
training loop nearly all are, and then a call costs a dictionary look-up beside its arithmetic.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from types import NoneType
from typing import Any, NamedTuple

import numpy as np

from lossary import _check
from lossary._backend._base import Backend
from lossary._backend._resolve import resolve, tracing
from lossary._check import mistake
from lossary._engine._arrays import (
    Layout,
    choose,
    computation_dtype,
    count,
    fits,
    floating_dtypes,
    lay_out,
    plain,
)
from lossary._kernel import CLASSES, Domain, Kernel
from lossary._typing import Array, Axes, AxisName, RowAxes

REDUCTIONS = ("mean", "weighted_mean", "sum", "none", "total")

_NUMBERS = {float, int, bool, NoneType}


class Operands(NamedTuple):
    """The arrays of a call. What is a number is in the plan, and None here."""

    arrays: tuple[Array, ...]
    params: Mapping[str, Array]
    per_class: Mapping[str, Array]
    weights: Array
    where: Array


@dataclass(frozen=True, eq=False)
class Plan:
    """A call without its arrays."""

    backend: Backend
    kernel: Kernel
    layout: Layout
    orders: tuple[int, ...]
    """Of the results wanted: 0 is the loss, 1 its derivative, 2 the second."""
    reduction: str
    axes: tuple[int, ...]
    """Of the unreduced loss: those that are summed over."""
    size: int | None
    """How many losses are summed into one; None if that shows only when a traced function runs."""
    can_be_cut: bool
    """Whether it can be computed in blocks of examples."""
    in_blocks: bool
    """Whether it is."""
    floats: tuple[Any, ...]
    """The floating dtype of each array; None if it has integers."""
    dtype: Any
    """The dtype of the computation."""
    first_dtype: Any
    """The dtype of gradients: that of the first array, if floating."""
    numbers: tuple[float | None, ...]
    """The arrays that are Python numbers."""
    params: dict[str, Any]
    """The parameters that are Python numbers."""
    as_is: bool
    """Whether the kernel can take all arrays as they are."""
    checked: tuple[tuple[int, bool], ...]
    """Which arrays may have values outside their domains; and whether they are rows as the first is."""

    classes: int
    """The length of the class axis, if there is one."""
    mode: Any
    """What the library's defaults were."""
    traced: tuple[str, ...]
    """The names of the parameters that are arrays."""

    @cached_property
    def largest(self) -> float:
        """The largest finite number in the dtype of the computation."""
        return float(self.backend.xp.finfo(self.dtype).max)

    @cached_property
    def whole(self) -> "Plan":
        """The same in one piece."""
        return replace(self, in_blocks=False)

    @cached_property
    def by_order(self) -> "tuple[Plan, ...]":
        """One for each order alone."""
        return tuple([replace(self, orders=(order,)) for order in (0, 1, 2)])

    @cached_property
    def value_and_grad(self) -> "Plan":
        """The two together."""
        return replace(self, orders=(0, 1))

    def without_numbers(self, operands: Operands) -> Operands:
        """What is left of a call beside its plan."""
        arrays, params, per_class, weights, where = operands
        if not self.as_is:
            arrays = tuple([None if n is not None else a for a, n in zip(arrays, self.numbers, strict=True)])
        if self.traced:
            params = {k: v for k, v in params.items() if k in self.traced}
            per_class = {k: v for k, v in per_class.items() if k in self.traced}
            return Operands(arrays, params, per_class, weights, where)
        return Operands(arrays, {}, {}, weights, where)


_PLANS: dict[Hashable, Plan] = {}
_MOST_PLANS = 2048


def plan_for(
    kernels: tuple[Kernel, ...],
    orders: tuple[int, ...],
    axis: RowAxes,
    reduction: str,
    over: Axes,
    axis_name: AxisName,
    operands: Operands,
) -> Plan:
    if tracing():  # torch.compile: shapes may be symbols
        return _plan(kernels, orders, axis, reduction, over, axis_name, operands)
    arrays, params, per_class, weights, where = operands
    key = (
        kernels,
        orders,
        axis,
        reduction,
        over,
        axis_name,
        None if weights is None else _mark(weights),
        None if where is None else _mark(where),
        *[_mark(a) for a in arrays],
        *[_mark(p) for p in params.values()],
        *[_mark(p) for p in per_class.values()],
    )
    try:
        plan = _PLANS.get(key)
    except TypeError:  # unhashable: something that is no array
        return _plan(kernels, orders, axis, reduction, over, axis_name, operands)
    if plan is None or plan.mode != plan.backend.mode(arrays[0]):
        plan = _plan(kernels, orders, axis, reduction, over, axis_name, operands)
        if len(_PLANS) >= _MOST_PLANS:
            _PLANS.clear()
        _PLANS[key] = plan
    return plan


def _mark(x: Any) -> Hashable:
    kind = type(x)
    if kind in _NUMBERS:
        return kind, x
    if isinstance(x, np.generic):
        return kind, x.item()
    return (kind, x.dtype, x.shape) if hasattr(x, "dtype") else (kind, x)


def _plan(
    kernels: tuple[Kernel, ...],
    orders: tuple[int, ...],
    axis: RowAxes,
    reduction: str,
    over: Axes,
    axis_name: AxisName,
    operands: Operands,
) -> Plan:
    _, params, per_class, weights, where = operands
    arrays = tuple([plain(a) for a in operands.arrays])
    _check.choice(kernels[0].name, "reduction", reduction, REDUCTIONS)
    called = (*[a.name for a in kernels[0].takes], "weights", "where", *params, *per_class)
    options = (weights, where, *params.values(), *per_class.values())
    given = (*arrays, *[plain(option) for option in options])
    backend = resolve(*given, loss=kernels[0].name, names=called)
    if axis_name is not None:
        backend = backend.with_rows_along(axis_name, kernels[0].name)
    kernel = choose(kernels, arrays)
    for name, array in zip(called, given, strict=True):
        backend.must_be_real(array, f"{kernel.name}: `{name}`")
    floats = floating_dtypes(backend, kernel, arrays)
    layout = lay_out(kernel, arrays, axis, floats)
    named = {k: plain(v) for k, v in {**params, **per_class}.items() if v is not None}
    known = {k: v for k, v in named.items() if isinstance(v, float | int)}
    for name, value in known.items():
        _check.parameter(kernel.name, name, value)
    if "class_weights" in known:
        raise mistake(
            "L001",
            f"{kernel.name}: `class_weights` must be one number per class, got {known['class_weights']}",
            fix="weights=, if all examples are meant",
        )
    traced = tuple([k for k in named if k not in known])
    if len(kernel.cores[0]) > 1:
        known[CLASSES] = arrays[0].shape[layout.axes[0]]
    classes = backend.row_length(_classes(kernel, layout, arrays[0]))
    can_be_cut = _can_be_cut(layout, arrays[0], any(name in traced for name in per_class), classes)
    block = backend.block_size(arrays[0])
    dtype = computation_dtype(backend, floats, arrays)
    numbers = tuple([a if isinstance(a, float | int) else None for a in arrays])
    axes = _axes(kernel.name, over, len(layout.shape))
    checked = [
        (i, core == kernel.cores[0] != ())
        for i, (argument, core) in enumerate(zip(kernel.takes, kernel.cores, strict=True))
        if argument.domain != Domain()
    ]
    return Plan(
        backend,
        kernel,
        layout,
        orders,
        reduction,
        axes,
        count(tuple([layout.shape[i] for i in axes])),
        can_be_cut,
        can_be_cut and 0 < _LEAST_BLOCKS * block <= prod(layout.shape) * max(1, classes),
        floats,
        dtype,
        dtype if floats[0] is None else arrays[0].dtype,
        numbers,
        known,
        fits(backend, kernel, layout, dtype, arrays) and not traced,
        tuple(checked),
        classes,
        backend.mode(arrays[0]),
        traced,
    )


def _classes(kernel: Kernel, layout: Layout, first: Array) -> int:
    """The length of a row; of a table whose columns are classes, how many these are."""
    if not kernel.has_classes:
        return 0
    lengths = tuple([first.shape[i] for i in layout.axes])
    return int(lengths[-1]) if any(a.domain.is_class_id for a in kernel.takes) else count(lengths) or 0


_LEAST_BLOCKS = 4
"""How many are worth the trouble."""


def _can_be_cut(layout: Layout, first: Array, has_per_class: bool, classes: int) -> bool:
    shape = layout.shape
    if not shape or isinstance(first, float | int):
        return False
    ndim = len(shape) + (len(layout.axes) if classes else 0)
    in_front = any(axis % ndim == 0 for axis in layout.axes)  # where blocks are cut
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
