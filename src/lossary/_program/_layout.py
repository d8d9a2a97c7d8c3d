"""Choose the kernel that fits the arrays, check that their shapes agree, and find their common dtype."""

from math import prod
from operator import index
from types import NoneType
from typing import Any, NamedTuple

from lossary._check import LossTypeError, mistake
from lossary._kernel import Kernel
from lossary._program._library import Library
from lossary._program._shape_errors import (
    are_swapped,
    elements_differ,
    not_one_more,
    rows_differ,
    size_unknown,
    swapped_shapes,
    wrong_length,
)
from lossary._typing import Array, RowAxes

Shape = tuple[int, ...]


class Layout(NamedTuple):
    """How the shapes of a call fit together."""

    shape: Shape
    """The shape of the unreduced loss."""
    axis: RowAxes
    """The class axis: counted from the front for losses on rows, otherwise as the user gave it. A tuple if a
    row lies along several axes, which are flattened to one before the kernel sees them."""

    @property
    def axes(self) -> tuple[int, ...]:
        return _tuple(self.axis)


def must_be_real(library: Library, x: Any, what: str) -> None:
    """Raise if `x` has a dtype of complex numbers, objects or text."""
    library.must_be_plain(x, what)
    if not library.has_unknown_sizes and any(n is None for n in getattr(x, "shape", ())):
        raise size_unknown(
            f"{what}: the shape {tuple(x.shape)}", "shapes are checked before anything is computed"
        )
    dtype = getattr(x, "dtype", None)
    if dtype is None or library.floating(dtype) is not None or library.is_whole(dtype):
        return
    if getattr(dtype, "kind", "") == "f":
        raise mistake(
            "L005",
            f"{what} must have at most 64 bits, got dtype {dtype}",
            why="the formulas are accurate to float64, and no further",
            fix='x.astype("float64")',
            kind=LossTypeError,
        )
    name = what.rpartition("`")[0].rpartition("`")[2]
    why, fix = _NOT_REAL.get(getattr(dtype, "kind", "c"), _NOT_REAL["O"])
    raise mistake(
        "L005",
        f"{what} must be real numbers, got dtype {dtype}",
        why=why,
        fix=fix.format(name),
        kind=LossTypeError,
    )


_NAMES = (
    "text has no distance",
    "np.unique({0}, return_inverse=True)[1], if they are class names; {0}.astype(float), if they are numbers",
)
_TIMES = ("a loss would drop the unit of time", "{0}.astype(float), in units of that dtype")
_NOT_REAL = {
    "c": (
        "a loss compares real numbers: complex numbers have no order",
        "{0}.real, abs({0}) or np.angle({0}), whichever you mean",
    ),
    "O": ("objects may be anything", "{0}.astype(float); {0}.astype(int), if these are class ids"),
    "U": _NAMES,
    "S": _NAMES,
    "T": _NAMES,
    "M": _TIMES,
    "m": _TIMES,
}
"""For each kind of dtype: why it is rejected, and the fix."""


def must_be_boolean(loss: str, where: Any, xp: Any) -> None:
    """Raise if `where`, not just True or False, is not a boolean mask."""
    dtype = getattr(where, "dtype", None)
    if not isinstance(where, bool) and (dtype is None or not xp.isdtype(dtype, "bool")):
        raise mistake(
            "L005",
            f"{loss}: `where` must be boolean, got {dtype or type(where).__name__}",
            why="a number could be meant as a weight or as a marker for examples to ignore",
            fix="where=where != 0, or weights=where",
            kind=LossTypeError,
        )


def choose(kernels: tuple[Kernel, ...], arrays: tuple[Any, ...], axis: RowAxes) -> Kernel:
    """The kernel whose signature fits: labels without the class axes are class ids."""
    if len(kernels) == 1:
        return kernels[0]
    scores, labels = [len(_shape(kernels[0], a)) for a in arrays[:2]]
    axes = len(_tuple(axis))
    for kernel in kernels:
        if labels == scores - axes + axes * len(kernel.cores[1]):
            return kernel
    return kernels[-1]


def floating_dtypes(library: Library, kernel: Kernel, arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """The dtype to compute each array in; None for integers."""
    for array, argument in zip(arrays, kernel.takes, strict=True):
        if array.type is NoneType:
            raise mistake("L005", f"{kernel.name}: `{argument.name}` is None", kind=LossTypeError)
    return tuple([None if a.is_number else library.floating(a.dtype) for a in arrays])


def must_be_ids(kernel: Kernel, arrays: tuple[Any, ...], floats: tuple[Any, ...]) -> None:
    """Raise for floating class ids."""
    for array, argument, dtype in zip(arrays, kernel.takes, floats, strict=True):
        if argument.domain.is_class_id and (dtype is not None or array.type is float):
            first, name = kernel.takes[0].name, argument.name
            ids = f"{name}.astype(int), if they are ids; a distribution has the shape of the scores"
            raise mistake(
                "L005",
                f"{kernel.name}: `{name}` has one number per example, so these are class ids, which must be"
                " integers",
                f"got dtype {array.dtype or 'float'}",
                fix=f"{first}[..., 0]" if tuple(arrays[0].shape) == (*array.shape, 1) else ids,
                kind=LossTypeError,
            )


def computation_dtype(library: Library, floats: tuple[Any, ...], arrays: tuple[Any, ...]) -> Any:
    """The common dtype that all floating arrays are cast to."""
    found = [d for d in floats if d is not None]
    if not found:
        device = next((a.device for a in arrays if not a.is_number), None)
        return library.floating(library.default_dtype("real floating", device))
    dtype = found[0]
    for other in found[1:]:
        dtype = library.xp.result_type(dtype, other)
    return dtype


def fits(library: Library, kernel: Kernel, layout: Layout, dtype: Any, arrays: tuple[Any, ...]) -> bool:
    """Whether the kernel can use all arrays as they are."""
    for array, argument, core in zip(arrays, kernel.takes, kernel.cores, strict=True):
        if array.is_number:
            return False
        is_id = argument.domain.is_class_id
        if array.dtype != (library.default_dtype("integral", array.device) if is_id else dtype):
            return False
        if core and layout.axis != len(array.shape) - 1:
            return False
    return True


def lay_out(kernel: Kernel, arrays: tuple[Any, ...], axis: RowAxes, floats: tuple[Any, ...]) -> Layout:
    """Check the shapes against the kernel's signature."""
    shapes = [_shape(kernel, a) for a in arrays]
    full = shapes[0]
    if not kernel.has_classes:
        full = next((s for s, a in zip(shapes, arrays, strict=True) if not a.is_number), ())
        for shape, array in zip(shapes, arrays, strict=True):
            if not (array.is_number or agree(shape, full)):
                raise elements_differ(kernel, shapes)
        return Layout(full, axis)
    if floats[0] is None and are_swapped(kernel, shapes):
        raise swapped_shapes(kernel, shapes)
    axis = _row_axes(kernel, full, axis)
    rows = _without(full, axis)
    wanted = _wanted(kernel, shapes, rows)
    if not all(map(agree, shapes, wanted)):
        raise rows_differ(kernel, shapes, wanted, axis)
    length = kernel.cores[0][0]
    if length.isdigit() and not agree((count(tuple([full[i] for i in _tuple(axis)])),), (int(length),)):
        raise wrong_length(kernel, full, axis, length)
    unknown = [i for i in _tuple(axis) if full[i] is None]
    if unknown and kernel.cores[0] != ("s",):
        what = f"{kernel.name}: the size of axis {unknown[0]} of `{kernel.takes[0].name}` {full}"
        raise size_unknown(what, "an example lies along it")
    for argument, core, shape in zip(kernel.takes, kernel.cores, shapes, strict=True):
        if core != kernel.cores[0] and None in shape[len(rows) :]:
            what = f"{kernel.name}: the size of the last axis of `{argument.name}` {shape}"
            raise size_unknown(what, "an example lies along it")
    longer = next((name for name in kernel.cores[0] if name.endswith("+1")), "")
    if longer:
        sizes = sizes_of(kernel, shapes, _tuple(axis))
        size, other = sizes[longer], sizes[longer.removesuffix("+1")]
        if size != other + 1:
            raise not_one_more(kernel, shapes, size, other)
    return Layout(rows, axis)


def sizes_of(kernel: Kernel, shapes: list[Shape], axes: tuple[int, ...]) -> dict[str, Any]:
    """The sizes of the axes that the signature names."""
    lengths: tuple[Any, ...] = tuple([shapes[0][i] for i in axes])
    if len(kernel.cores[0]) == 1:  # a row, which may lie along several axes
        lengths = (count(lengths),)
    sizes = dict(zip(kernel.cores[0], lengths, strict=True))
    for core, shape in zip(kernel.cores[1:], shapes[1:], strict=True):
        sizes |= dict(zip(core, shape[len(shape) - len(core) :], strict=True))
    return sizes


def agree(shape: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether two shapes are the same, as far as known."""
    return shape == other or (
        len(shape) == len(other)
        and all(m == n or m is None or n is None for m, n in zip(shape, other, strict=True))
    )


def count(shape: Shape) -> int | None:
    """The number of elements, or None if unknown."""
    return None if any(n is None for n in shape) else prod(shape)


def _wanted(kernel: Kernel, shapes: list[Shape], rows: Shape) -> list[Shape]:
    """The expected shapes: all axes of the first array, or these without its row, or with another row."""
    full = shapes[0]
    return [
        full if core == kernel.cores[0] else rows + shape[len(rows) :][: len(core)]
        for core, shape in zip(kernel.cores, shapes, strict=True)
    ]


def _row_axes(kernel: Kernel, full: Shape, axis: RowAxes) -> RowAxes:
    """The row axes, counted from the front; a tuple only if there are several."""
    named = _tuple(axis)
    classes = kernel.cores[0] == ("c",)
    for i in named:
        if not -len(full) <= i < len(full):
            raise mistake(
                "L003",
                f"{kernel.name}: `{kernel.takes[0].name}` of shape {full} has no axis {i}"
                f" for {'the classes' if classes else 'an example'}",
                fix=f"axis={len(full) - 1}, or a lower one"
                if full
                else "put the classes on an axis of their own",
            )
    axes = tuple([i % len(full) for i in named])
    if not axes or len(set(axes)) < len(axes):
        raise mistake(
            "L130",
            f"{kernel.name}: an example lies along one axis or several distinct axes, not along {axis}",
            fix=_axes_left(kernel, full, axes),
        )
    return axes if len(axes) > 1 else axes[0]


def _axes_left(kernel: Kernel, full: Shape, axes: tuple[int, ...]) -> str:
    """The remaining axes; for a table of classes and elements, the candidates for the class axis."""
    left = [i for i in range(1, len(full)) if i not in axes[1:]]
    if len(kernel.cores[0]) > 1 and left:
        return f"class_axis={left[0]}, where the classes are"
    if len(kernel.cores[0]) > 1:
        return f"axis={tuple(i for i in axes[1:] if i != axes[0])}: without the class axis"
    return f"`{kernel.takes[0].name}` of shape {full} has the axes 0 to {len(full) - 1}"


def _tuple(axis: RowAxes) -> tuple[int, ...]:
    return axis if isinstance(axis, tuple) else (axis,)


def _without(full: Shape, axis: RowAxes) -> Shape:
    return tuple([n for i, n in enumerate(full) if i not in _tuple(axis)])


def rows_last(array: Array, axis: RowAxes, xp: Any) -> Array:
    """The array with its row axis moved to the end; several axes are flattened to one."""
    if not isinstance(axis, tuple):
        return xp.moveaxis(array, axis, -1) if axis != array.ndim - 1 else array
    first = array.ndim - len(axis)
    last = tuple(range(first, array.ndim))
    moved = array if axis == last else xp.moveaxis(array, axis, last)
    size = count(moved.shape[first:])
    return xp.reshape(moved, (*moved.shape[:first], -1 if size is None else size))


def rows_back(rows: Array, axis: RowAxes, shape: Shape, xp: Any) -> Array:
    """Undo `rows_last` for an array of this shape."""
    if not isinstance(axis, tuple):
        return xp.moveaxis(rows, -1, axis) if axis != rows.ndim - 1 else rows
    last = tuple(range(rows.ndim - 1, len(shape)))
    apart = xp.reshape(rows, (*rows.shape[:-1], *[shape[i] for i in axis]))
    return apart if axis == last else xp.moveaxis(apart, last, axis)


def _shape(kernel: Kernel, array: Any) -> Shape:
    if array.is_number:
        return ()
    shape = tuple(array.shape)
    if any(n != n for n in shape):
        raise mistake(
            "L005",
            f"{kernel.name}: the chunks of an array of shape {shape} have unknown sizes",
            why="shapes are checked before anything is computed",
            fix="x.compute_chunk_sizes() first",
        )
    return shape


def aligned_shape(loss: str, name: str, given: Shape, shape: Shape, classes: int = 0) -> Shape:
    """Align weights or a mask: the loss's shape, its leading axes, or as many axes with ones; else raise."""
    if len(given) < len(shape) and agree(given, shape[: len(given)]):
        return given + (1,) * (len(shape) - len(given))
    if len(given) == len(shape) and all(
        a == 1 or agree((a,), (b,)) for a, b in zip(given, shape, strict=True)
    ):
        return given
    raise mistake(
        "L001",
        f"{loss}: `{name}` of shape {given} fits no leading axes of the loss, which has shape {shape}",
        fix="class_weights=weights"
        if name == "weights" and given == (classes,) and shape
        else _aligned(name, given, shape),
    )


def _aligned(name: str, given: Shape, shape: Shape) -> str:
    """The likely intention behind a shape that fits no leading axes."""
    missing = len(shape) - len(given)
    if given and missing > 0 and agree(given, shape[missing:]):
        return f"{name}[{'None, ' * missing}...], if it repeats along the leading axes"
    if given == (*shape, 1):
        return f"{name}[..., 0]"
    if len(shape) < 2:
        return f"shape {shape}"
    return f"shape {shape}, or {shape[:1]} for one per example, or length 1 where it repeats"


def axes_named(axes: Any, option: str, loss: str) -> RowAxes:
    """Axes as Python integers. 1.0 and True are rejected, because they equal 1 in a cache key."""
    if isinstance(axes, int) and not isinstance(axes, bool):
        return index(axes)  # may be a symbol under `torch.compile`
    try:
        return tuple([_whole(axis) for axis in axes]) if hasattr(axes, "__len__") else _whole(axes)
    except TypeError:
        what = f"{loss}: `{option}` must be an axis number or a tuple of them, got {axes!r}"
        raise mistake("L130", what) from None


def _whole(axis: Any) -> int:
    if isinstance(axis, bool):
        raise TypeError
    return index(axis)


def is_number(x: Any) -> bool:
    """Whether it is a number rather than an array; includes torch's symbols for unknown sizes."""
    return isinstance(x, float | int) or not hasattr(x, "shape")
