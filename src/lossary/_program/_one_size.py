"""Compare sizes at run time if they are unknown before; otherwise an axis of length 1 would broadcast."""

from lossary._program._layout import is_number
from lossary._program._library import Library
from lossary._program._plan import Operands, Plan
from lossary._typing import Array


def of_one_size(library: Library, plan: Plan, operands: Operands) -> Operands:
    """The arrays, each required to match the size of the first where that is known only at run time."""
    arrays, kernel = operands.arrays, plan.kernel
    like = next(filter(_has_axes, arrays), None)
    if like is None or all(None not in tuple(a.shape) for a in filter(_has_axes, arrays)):
        return operands
    full = library.xp.sized(like.shape, like)
    rows = [n for i, n in enumerate(full) if not (kernel.has_classes and i in plan.layout.axes)]
    checked = []
    for array, core in zip(arrays, kernel.cores, strict=True):
        if array is like or not _has_axes(array):
            checked.append(array)
            continue
        own = library.xp.sized(array.shape, array)
        wanted = full if core == kernel.cores[0] else (*rows, *own[len(rows) :])
        checked.append(library.of_shape(array, wanted))
    return operands._replace(arrays=tuple(checked))


def _has_axes(x: Array) -> bool:
    return not is_number(x) and len(x.shape) > 0
