"""Arrays in: which kernel fits them, do their shapes agree, and one floating dtype for all."""

from collections.abc import Mapping
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from lossary._backend._base import Backend
from lossary._check import LossTypeError, mistake
from lossary._kernel import Kernel
from lossary._typing import Array

Shape = tuple[int, ...]


class Layout(NamedTuple):
    """How the shapes of a call fit together."""

    shape: Shape
    """The shape of the unreduced loss."""
    axis: int
    """The class axis: of losses of rows from the front, of others as the user gave it."""


class Inputs(NamedTuple):
    """What the kernel gets: arrays of one floating dtype (class ids: integers), example axes last."""

    arrays: tuple[Array, ...]
    params: dict[str, Any]
    shape: Shape
    axis: int
    dtype: Any
    first_dtype: Any
    """The dtype of gradients: that of the first array, if floating."""
    class_weights: Array
    """None, or how much the class of each label weighs."""


def choose(kernels: tuple[Kernel, ...], arrays: tuple[Array, ...]) -> Kernel:
    """The kernel whose signature fits: labels with one axis fewer than the scores are class ids."""
    if len(kernels) == 1:
        return kernels[0]
    scores, labels = arrays
    rows = getattr(scores, "ndim", 0) - 1
    for kernel in kernels:
        if getattr(labels, "ndim", 0) == rows + len(kernel.cores[1]):
            return kernel
    return kernels[-1]


def floating_dtypes(backend: Backend, kernel: Kernel, arrays: tuple[Array, ...]) -> tuple[Any, ...]:
    """The dtype to compute each array in, None for integers; an error for what is no real number."""
    for array, argument in zip(arrays, kernel.takes, strict=True):
        if array is None:
            raise mistake(f"{kernel.name}: `{argument.name}` is None", kind=LossTypeError)
    return tuple([None if _is_number(a) else backend.floating(a.dtype) for a in arrays])


def prepare(
    backend: Backend,
    kernel: Kernel,
    layout: Layout,
    dtypes: tuple[Any, ...],
    arrays: tuple[Array, ...],
    params: Mapping[str, Any],
    per_class: Mapping[str, Array],
) -> Inputs:
    """Bring arrays and parameters to one floating dtype, and the class axis to the end."""
    shape, axis = layout
    like = next((a for a in arrays if not _is_number(a)), 0.0)
    floats = [d for d in dtypes if d is not None]
    dtype = floats[0] if floats else backend.floating(backend.default_dtype("real floating", like))
    for other in floats[1:]:
        dtype = backend.xp.result_type(dtype, other)
    ready = tuple(
        [
            _as_input(backend, kernel, i, array, dtypes[i], dtype, like, shape, axis)
            for i, array in enumerate(arrays)
        ]
    )
    numbers = {name: _as_parameter(backend, value, dtype, like) for name, value in params.items()}
    for name, value in per_class.items():
        numbers[name] = _per_class(backend, kernel, name, value, dtype, like, ready[0], axis)
    weights_of_class = None
    if "class_weights" in numbers:
        weights_of_class = numbers["class_weights"]
        if kernel.has_classes:
            weights_of_class = _of_labels(backend, kernel, weights_of_class, ready)
        else:
            del numbers["class_weights"]  # one label per class: an ordinary weight
    first = dtype if dtypes[0] is None else arrays[0].dtype
    return Inputs(ready, numbers, shape, axis, dtype, first, weights_of_class)


def _as_input(
    backend: Backend,
    kernel: Kernel,
    position: int,
    array: Array,
    floating: Any,
    dtype: Any,
    like: Array,
    shape: Shape,
    axis: int,
) -> Array:
    argument = kernel.takes[position]
    if argument.domain.is_class_id:
        if floating is not None or isinstance(array, float):
            raise mistake(
                f"{kernel.name}: `{argument.name}` has one number per example, so these are class ids,"
                " which must be integers",
                f"got dtype {getattr(array, 'dtype', 'float')}",
                fix=f"{argument.name}.astype(int) if they are ids; a distribution is shaped as the scores",
                kind=LossTypeError,
            )
        dtype = backend.default_dtype("integral", like)
    array = backend.asarray(array, dtype, like)
    if kernel.cores[position]:
        return backend.xp.moveaxis(array, axis, -1) if axis != array.ndim - 1 else array
    return array if array.shape == shape else backend.xp.broadcast_to(array, shape)


def lay_out(kernel: Kernel, arrays: tuple[Array, ...], axis: int) -> Layout:
    """Check the shapes against the kernel's signature."""
    shapes = [_shape(kernel, a) for a in arrays]
    full = shapes[0]
    if not kernel.has_classes:
        full = next((s for s, a in zip(shapes, arrays, strict=True) if not _is_number(a)), ())
        for shape, array in zip(shapes, arrays, strict=True):
            if shape != full and not _is_number(array):
                raise _shape_mistake(kernel, shapes, "do not have the same shape")
        return Layout(full, axis)
    if not -len(full) <= axis < len(full):
        raise mistake(
            f"{kernel.name}: `{kernel.takes[0].name}` of shape {full} has no axis {axis} for the classes",
            fix="put the classes on an axis of their own, and name it by axis=",
        )
    axis %= len(full)
    rows = full[:axis] + full[axis + 1 :]
    for core, shape in zip(kernel.cores, shapes, strict=True):
        if shape != (full if core else rows):
            raise _shape_mistake(kernel, shapes, "do not fit", axis)
    return Layout(rows, axis)


def _shape(kernel: Kernel, array: Array) -> Shape:
    shape = () if _is_number(array) else tuple(array.shape)
    if any(n != n for n in shape):
        raise mistake(
            f"{kernel.name}: the chunks of an array of shape {shape} have unknown sizes",
            why="shapes are compared before anything is computed",
            fix="x.compute_chunk_sizes() first",
        )
    return shape


def _shape_mistake(kernel: Kernel, shapes: list[Shape], how: str, axis: int | None = None) -> Exception:
    first, second = kernel.takes[0].name, kernel.takes[1].name
    a, b = shapes[0], shapes[1]
    facts, why, fix = [], "", ""
    if axis is None:
        if sorted((len(a), len(b))) == [len(b), len(b) + 1] and a == (*b, 1):
            fix = f"{first}[..., 0]   or   {second}[..., None]"
        elif len(b) == len(a) + 1 and b == (*a, 1):
            fix = f"{second}[..., 0]   or   {first}[..., None]"
        why = "broadcasting would compare every prediction with every target"
    else:
        rows = a[:axis] + a[axis + 1 :]
        facts.append(
            f"with the classes on axis {axis}, labels are ids of shape {rows} or distributions of shape {a}"
        )
        fits = [i for i in range(len(a)) if a[:i] + a[i + 1 :] == b]
        if fits:
            fix = f"axis={fits[0]}: there the shapes fit"
        elif b == (*rows, 1):
            fix = f"{second}[..., 0]"
    return mistake(f"{kernel.name}: `{first}` {a} and `{second}` {b} {how}", *facts, why=why, fix=fix)


def _per_class(
    backend: Backend,
    kernel: Kernel,
    name: str,
    value: Array,
    dtype: Any,
    like: Array,
    first: Array,
    axis: int,
) -> Any:
    """A parameter with one value per class, shaped to broadcast against the kernel's first argument."""
    value = _as_parameter(backend, value, dtype, like)
    if not getattr(value, "ndim", 0) and name != "class_weights":
        return value
    axis = -1 if kernel.has_classes else axis
    classes = first.shape[axis] if -first.ndim <= axis < first.ndim else None
    if getattr(value, "shape", ()) != (classes,):
        raise mistake(
            f"{kernel.name}: `{name}` must be one number per class",
            f"it has shape {tuple(getattr(value, 'shape', ()))}, the class axis has length {classes}",
            fix="name the class axis by axis=; a weight per example is `weights`",
        )
    trailing = first.ndim - 1 - axis % first.ndim
    return backend.xp.reshape(value, (-1,) + (1,) * trailing)


def _of_labels(backend: Backend, kernel: Kernel, class_weights: Array, ready: tuple[Array, ...]) -> Array:
    """How much the class of each label weighs: the denominator of a weighted mean must know it."""
    xp = backend.xp
    labels = ready[1]
    weights = xp.broadcast_to(class_weights, ready[0].shape)
    if kernel.cores[1]:
        return xp.sum(weights * labels, axis=-1)
    inside = (labels >= 0) & (labels < ready[0].shape[-1])
    return backend.pick(weights, xp.where(inside, labels, 0))


def aligned_shape(loss: str, name: str, given: Shape, shape: Shape) -> Shape:
    """Shaped like the loss, like its leading axes, or with as many axes and ones: nothing else."""
    if len(given) < len(shape) and given == shape[: len(given)]:
        return given + (1,) * (len(shape) - len(given))
    if len(given) == len(shape) and all(a in (1, b) for a, b in zip(given, shape, strict=True)):
        return given
    per_class = name == "weights" and len(given) == 1 and bool(shape) and given[0] == shape[-1]
    raise mistake(
        f"{loss}: `{name}` of shape {given} fits no leading axes of the loss, which has shape {shape}",
        fix="class_weights=, if the loss has classes and there is one weight per class"
        if per_class
        else f"shape {shape}, or {shape[:1]} for one per example, or ones where it should repeat",
    )


def _as_parameter(backend: Backend, value: Any, dtype: Any, like: Array) -> Any:
    """A Python number, or an array of the computation's dtype."""
    return value if isinstance(value, Real | str) else backend.asarray(value, dtype, like)


def plain(x: Any) -> Any:
    """NumPy's scalars as Python's, which never raise the precision of an array beside them."""
    return x.item() if isinstance(x, np.generic) else x


def _is_number(x: Any) -> bool:
    return isinstance(x, float | int)
