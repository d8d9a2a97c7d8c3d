"""Arrays in: brought to one floating dtype, with the class axis last."""

from typing import Any, NamedTuple

from lossary._backend._base import Backend
from lossary._check import LossTypeError, mistake
from lossary._engine._arrays import Shape, agree, is_number, rows_last
from lossary._engine._plan import Operands, Plan
from lossary._kernel import Kernel
from lossary._typing import Array, RowAxes


class Inputs(NamedTuple):
    """What the kernel gets: arrays of one floating dtype (class ids: integers), example axes last."""

    arrays: tuple[Array, ...]
    params: dict[str, Any]
    shape: Shape
    """The shape of the unreduced loss."""
    class_weights: Array = None
    """None, or how much the class of each label weighs."""


def prepare(backend: Backend, plan: Plan, operands: Operands) -> Inputs:
    """Bring arrays and parameters to one floating dtype, and the class axis to the end."""
    if plan.as_is:
        shape = backend.sized(plan.layout.shape, operands.arrays[0])
        return Inputs(operands.arrays, plan.params, shape)
    kernel, (shape, axis), dtype = plan.kernel, plan.layout, plan.dtype
    arrays = tuple([n if a is None else a for a, n in zip(operands.arrays, plan.numbers, strict=True)])
    like = next((a for a in arrays if not is_number(a)), 0.0)
    if not kernel.has_classes:
        shape = backend.sized(shape, like)
    ready = tuple(
        [
            _as_input(backend, kernel, i, array, plan.floats[i], dtype, like, shape, axis)
            for i, array in enumerate(arrays)
        ]
    )
    numbers = dict(plan.params)
    for name, value in operands.params.items():
        numbers[name] = backend.asarray(value, dtype, like)
    for name, value in operands.per_class.items():
        numbers[name] = _per_class(backend, kernel, name, value, dtype, like, ready[0], axis)
    weights_of_class = None
    if "class_weights" in numbers:
        weights_of_class = numbers["class_weights"]
        if kernel.has_classes:
            weights_of_class = _of_labels(backend, plan, weights_of_class, ready)
        if not kernel.weighs_classes:
            del numbers["class_weights"]  # an ordinary weight
    return Inputs(ready, numbers, backend.sized(shape, ready[0]), weights_of_class)


def _as_input(
    backend: Backend,
    kernel: Kernel,
    position: int,
    array: Array,
    floating: Any,
    dtype: Any,
    like: Array,
    shape: Shape,
    axis: RowAxes,
) -> Array:
    argument = kernel.takes[position]
    if argument.domain.is_class_id:
        if floating is not None or isinstance(array, float):
            raise mistake(
                "L005",
                f"{kernel.name}: `{argument.name}` has one number per example, so these are class ids,"
                " which must be integers",
                f"got dtype {getattr(array, 'dtype', 'float')}",
                fix=f"{argument.name}.astype(int) if they are ids; a distribution is shaped as the scores",
                kind=LossTypeError,
            )
        dtype = backend.default_dtype("integral", like)
    array = backend.asarray(array, dtype, like)
    core = kernel.cores[position]
    if core and core != kernel.cores[0]:
        return array  # another row, at the end already
    if core:
        return rows_last(array, axis, backend.xp)
    return array if array.shape == shape else backend.xp.broadcast_to(array, shape)


def _per_class(
    backend: Backend,
    kernel: Kernel,
    name: str,
    value: Array,
    dtype: Any,
    like: Array,
    first: Array,
    axis: RowAxes,
) -> Any:
    """A parameter with one value per class, shaped to broadcast against the kernel's first argument."""
    value = backend.asarray(value, dtype, like)
    if not getattr(value, "ndim", 0) and name != "class_weights":
        return value
    axis = -1 if kernel.has_classes else axis
    classes = first.shape[axis] if -first.ndim <= axis < first.ndim else None
    if not agree(tuple(getattr(value, "shape", ())), (classes,)):
        raise mistake(
            "L001",
            f"{kernel.name}: `{name}` must be one number per class",
            f"it has shape {tuple(getattr(value, 'shape', ()))}, the class axis has length {classes}",
            fix="name the class axis by axis=; a weight per example is `weights`",
        )
    trailing = first.ndim - 1 - axis % first.ndim
    return backend.xp.reshape(value, (-1,) + (1,) * trailing)


def _of_labels(backend: Backend, plan: Plan, class_weights: Array, ready: tuple[Array, ...]) -> Array:
    """How much the class of each label weighs: the denominator of a weighted mean must know it."""
    xp = backend.xp
    labels = ready[1]
    weights = backend.broadcast_like(class_weights, ready[0])
    if plan.kernel.takes[1].domain.sums_to_one:
        return xp.sum(weights * labels, axis=-1)
    if plan.kernel.cores[1]:  # a label for each class
        return xp.mean(weights, axis=-1)
    inside = (labels >= 0) & (labels < plan.classes)
    return backend.pick(weights, xp.where(inside, labels, 0))
