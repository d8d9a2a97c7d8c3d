"""The arrays of a linear layer and its labels, and slices of its tokens or classes."""

from math import inf, prod
from typing import Any, NamedTuple

from lossary._math import is_number
from lossary._program._library import Library
from lossary._program._rule import Inputs
from lossary._typing import Array, Number


class Options(NamedTuple):
    """What is known about a call without its arrays. A number is None if it comes as an array."""

    chunk: int
    """The number of classes or tokens in a tile."""
    label_smoothing: float | None
    z_weight: float | None
    soft_cap: float | None
    dtype: Any
    """The dtype of the computation."""
    is_spread: bool = False
    """Whether classes may be on several devices; if so, a tile takes every n-th class, not adjacent ones."""
    axis_name: Any = None
    """The mapped axes over which the classes are sharded."""


class Head(NamedTuple):
    """The arrays, with tokens on one axis and zeros where they do not count."""

    backend: Library
    options: Options
    hidden: Array
    weight: Array
    bias: Array | None
    labels: Array
    kept: Number
    """κ, one per token if there are class weights."""
    spread: Array | None
    """s for each class; None without label smoothing."""
    in_all: Number
    """Σ s"""
    of_label: Number
    """s_y, one per token if there are class weights, as if its label's logit were not -inf."""
    z_weight: Number
    factor: Any
    """The dtype of the factors of products: `hidden` has it, `weight` must be cast to it."""


class Given(NamedTuple):
    """The inputs of a rule. There is a share if the rule sums."""

    hidden: Any
    weight: Any
    bias: Any
    labels: Any
    where: Any
    class_weights: Any
    label_smoothing: Any
    z_weight: Any


def given(inputs: Inputs) -> Given:
    return Given(*inputs.arrays[:3], *inputs.beside)


def head_of(backend: Library, inputs: Inputs, options: Options) -> Head:
    hidden, weight, bias, labels, where, class_weights, smoothing, z_weight = given(inputs)
    xp, dtype = backend.xp, options.dtype
    if smoothing is None:
        smoothing = options.label_smoothing
    if z_weight is None:
        z_weight = options.z_weight
    common = xp.result_type(hidden.dtype, weight.dtype)
    factor = backend.factor_dtype(common, dtype)
    count = -1 if hidden.shape[-1] != 0 else prod(xp.sized(hidden.shape, hidden)[:-1])
    rows = backend.cast(xp.reshape(hidden, (count, hidden.shape[-1])), factor)
    labels = xp.reshape(
        backend.cast(labels, backend.default_dtype("integral", backend.device(labels))), (-1,)
    )
    if where is not None:
        where = xp.reshape(where, (-1,))
        rows = xp.where(where[:, None], rows, xp.zeros_like(rows))
        labels = xp.where(where, labels, xp.zeros_like(labels))
    size = weight.shape[0]
    first, parts = (0, 1) if options.axis_name is None else backend.place(options.axis_name)
    labels = xp.where((labels >= 0) & (labels < size * parts), labels, xp.zeros_like(labels))
    bias = None if bias is None else backend.cast(bias, dtype)
    kept: Number = 1.0
    in_all: Number = 0.0
    of_label: Number = 0.0
    spread: Any = None
    if not is_number(smoothing, 0):
        kept = 1.0 - smoothing
        can_be = xp.ones_like(a_column(weight, xp), dtype=dtype)
        can_be = can_be if bias is None else xp.where(bias == -inf, 0.0, can_be)
        of_label = smoothing / over_devices(backend, options, xp.sum(can_be))
        spread = of_label * can_be
    if class_weights is not None:
        class_weights = backend.cast(class_weights, dtype)
        weight_of_label = xp.take(class_weights, labels, axis=0)
        kept, of_label = kept * weight_of_label, of_label * weight_of_label
        if spread is not None:
            spread = spread * backend.part(class_weights, first * size, size)
    if spread is not None:
        in_all = over_devices(backend, options, xp.sum(spread))
    labels = labels - first * size
    return Head(
        backend, options, rows, weight, bias, labels, kept, spread, in_all, of_label, z_weight, factor
    )


def a_column(x: Array, xp: Any) -> Array:
    """A column of `x`, for its shape and devices; zeros if `x` has no columns."""
    return x[:, 0] if x.shape[1] != 0 else xp.sum(x, axis=1)


def over_devices(backend: Library, options: Options, x: Array) -> Array:
    """The sum over all devices."""
    return x if options.axis_name is None else backend.psum(x, options.axis_name)


def tokens_of(head: Head, start: Any, size: int) -> Head:
    """Some of the tokens."""
    part = head.backend.part
    kept, of_label = (
        x if isinstance(x, float | int) or not x.ndim else part(x, start, size)
        for x in (head.kept, head.of_label)
    )
    hidden, labels = part(head.hidden, start, size), part(head.labels, start, size)
    return head._replace(hidden=hidden, labels=labels, kept=kept, of_label=of_label)


class Classes(NamedTuple):
    """Some of the classes, or all."""

    weight: Array
    bias: Array | None
    spread: Array | None
    ids: Array
    """For each token, the position of its label among these classes, if it is there."""


def classes_of(head: Head, start: Any, size: int) -> Classes:
    """`size` classes from `start` on, or at strides if the classes are on several devices."""
    weight, bias, spread = (
        None if x is None else rows_of(head, x, start, size) for x in (head.weight, head.bias, head.spread)
    )
    ids = head.labels - start
    if _is_in_steps(head, head.weight, size):
        xp, count = head.backend.xp, head.weight.shape[0] // size
        ids = xp.where(head.labels % count == start // size, head.labels // count, -xp.ones_like(ids))
    return Classes(head.backend.cast(weight, head.factor), bias, spread, ids)


def _is_in_steps(head: Head, x: Array, size: int) -> bool:
    return head.options.is_spread and x.shape[0] % size == 0


def rows_of(head: Head, x: Array, start: Any, size: int) -> Array:
    """The rows of `x` for some classes."""
    if not _is_in_steps(head, x, size):
        return head.backend.part(x, start, size)
    apart = head.backend.xp.reshape(x, (size, x.shape[0] // size, *x.shape[1:]))
    return head.backend.part(apart, start // size, 1, axis=1)[:, 0, ...]


def with_rows(head: Head, x: Array, start: Any, rows: Array) -> Array:
    """`x` with its rows for some classes replaced."""
    size = rows.shape[0]
    if not _is_in_steps(head, x, size):
        return head.backend.put(x, start, rows)
    xp = head.backend.xp
    apart = xp.reshape(x, (size, x.shape[0] // size, *x.shape[1:]))
    return xp.reshape(head.backend.put(apart, start // size, rows[:, None, ...], axis=1), x.shape)


def all_classes(head: Head) -> Classes:
    return Classes(head.backend.cast(head.weight, head.factor), head.bias, head.spread, head.labels)
