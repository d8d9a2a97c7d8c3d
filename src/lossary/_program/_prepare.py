"""Prepare the arrays: one floating dtype, class axis last."""

from typing import Any, NamedTuple

from lossary._check import mistake
from lossary._kernel import PER_CLASS
from lossary._program._layout import Shape, agree, is_number, rows_last
from lossary._program._library import Library
from lossary._program._plan import Operands, Plan
from lossary._typing import Array


class Inputs(NamedTuple):
    """What the kernel gets: arrays of one floating dtype (integers for class ids), example axes last."""

    arrays: tuple[Array, ...]
    params: dict[str, Any]
    shape: Shape
    """The shape of the unreduced loss."""
    class_weights: Array = None
    """None, or the weight of each label's class."""


def prepare(library: Library, plan: Plan, operands: Operands) -> Inputs:
    """Cast arrays and parameters to one floating dtype, and move the class axis to the end."""
    xp, shape = library.xp, plan.layout.shape
    if plan.as_is:
        return Inputs(
            operands.arrays, {**plan.static, **operands.params}, xp.sized(shape, operands.arrays[0])
        )
    kernel = plan.kernel
    like = next((a for a, number in zip(operands.arrays, plan.numbers, strict=True) if not number), 0.0)
    if not kernel.has_classes:
        shape = xp.sized(shape, like)
    ready = tuple([_input(library, plan, i, array, like, shape) for i, array in enumerate(operands.arrays)])
    params = dict(plan.static)
    for name, value in operands.params.items():
        if name in PER_CLASS or name in kernel.per_class:
            params[name] = _per_class(library, plan, name, value, like, ready[0])
        else:
            params[name] = value if is_number(value) else library.asarray(value, plan.dtype, like)
    class_weights = params.get("class_weights")
    if class_weights is not None:
        if not kernel.weighs_classes:
            del params["class_weights"]  # it acts as an ordinary weight
        if kernel.has_classes or kernel.classes:
            class_weights = _of_labels(library, plan, class_weights, ready)
    return Inputs(ready, params, xp.sized(shape, ready[0]), class_weights)


def _input(library: Library, plan: Plan, position: int, array: Array, like: Array, shape: Shape) -> Array:
    kernel, dtype = plan.kernel, plan.dtype
    argument, core = kernel.takes[position], kernel.cores[position]
    if argument.domain.is_class_id:
        dtype = library.default_dtype("integral", library.device(like))
    if position or not kernel.widens or not library.widens(array.dtype):
        array = library.asarray(array, dtype, like)
    if core and core != kernel.cores[0]:
        return array  # another row, which is last already
    if core:
        return rows_last(array, plan.layout.axis, library.xp)
    return array if array.shape == shape else library.xp.broadcast_to(array, shape)


def _per_class(library: Library, plan: Plan, name: str, value: Array, like: Array, first: Array) -> Any:
    """A parameter with one value per class, reshaped to broadcast against the kernel's first argument."""
    kernel = plan.kernel
    if is_number(value):
        return value
    value = library.asarray(value, plan.dtype, like)
    if not value.ndim and name != "class_weights":
        return value
    axis: Any = -1 if kernel.has_classes else plan.layout.axis
    has_axis = isinstance(axis, int) and -first.ndim <= axis < first.ndim
    classes = kernel.classes or (first.shape[axis] if has_axis else None)
    if not (kernel.classes or has_axis):
        raise mistake(
            "L001",
            f"{kernel.name}: `{name}` needs a class axis, and arrays of shape {tuple(first.shape)} have none"
            f" at {axis}",
            fix="axis=-1, or another existing axis"
            if first.ndim
            else "weights=, if you mean one weight per example; else arrays with a class axis",
        )
    if not agree(tuple(value.shape), (classes,)):
        raise mistake(
            "L001",
            f"{kernel.name}: `{name}` must be one number per class",
            f"it has shape {tuple(value.shape)}, the class axis has length {classes}",
            fix="sigmoid_binary_cross_entropy(..., weights=), for a weight per class and example"
            if tuple(value.shape) == tuple(first.shape)
            else "name the class axis with axis=; for a weight per example, use `weights`",
        )
    if None in (*value.shape, classes):
        value = library.of_shape(value, (classes or library.xp.sized(first.shape, first)[axis],))
    if kernel.classes:
        return value
    trailing = first.ndim - 1 - axis % first.ndim
    return library.xp.reshape(value, (-1,) + (1,) * trailing)


def _of_labels(library: Library, plan: Plan, class_weights: Array, ready: tuple[Array, ...]) -> Array:
    """The weight of each label's class, needed for the denominator of a weighted mean."""
    xp, kernel, (first, labels, *_) = library.xp, plan.kernel, ready
    if kernel.takes[1].domain.is_class_id:
        ids = xp.where((labels >= 0) & (labels < plan.classes), labels, 0)
        if kernel.classes:
            return xp.look_up(class_weights, ids)
        return xp.pick(xp.broadcast_like(class_weights, first), ids)
    weights = xp.broadcast_like(class_weights, first)
    if kernel.takes[1].domain.sums_to_one:
        return xp.sum(weights * labels, axis=-1)
    return xp.mean(weights, axis=-1)  # one label per class
