"""Large calls of NumPy in blocks that stay in the cache.

NumPy is slow because of temporaries, not arithmetic: above about 16 MB each is a pass through memory, and a
new one must be mapped first. Therefore a large call is cut along its examples. Each block is an ordinary
smaller call, and the sums of the blocks are added in double precision.
"""

from collections.abc import Callable
from operator import itemgetter
from typing import Any

import numpy as np

from lossary._program._cut import block, block_of, flattened, shortened
from lossary._program._library import Library
from lossary._program._plan import Operands, Plan
from lossary._program._steps import denominators_in, finished
from lossary._program._weigh import Denominators, Sums
from lossary._typing import Array

Steps = Callable[..., list[Any]]
"""`steps` as a library runs it."""
Map = Callable[[Callable[[int], Any], range], list[Any]]


def in_blocks(
    library: Library,
    steps: Steps,
    cuts: Callable[[Operands, int], list[slice]],
    each: Map,
    plan: Plan,
    unread: tuple[str, ...],
    operands: Operands,
    cotangent: Array = None,
) -> Any:
    """The result of `evaluate`, computed in blocks."""
    shapes = [operands.arrays[0].shape if order else plan.layout.shape for order in plan.orders]
    plan, operands, cotangent = flattened(plan, operands, cotangent)
    shape, first = plan.layout.shape, operands.arrays[0]
    adds = plan.reduction != "none" and 0 in plan.axes
    parts = cuts(operands, shape[0])
    plans = {n: shortened(plan, n) for n in {cut.stop - cut.start for cut in (parts[0], parts[-1])}}
    calls = [
        (plans[cut.stop - cut.start], unread, block_of(operands, shape, itemgetter(cut))) for cut in parts
    ]
    denominators = _denominators(library, plan, operands, calls) if adds else None
    outputs = [
        np.empty(first.shape, plan.first_dtype)
        if order
        else (np.empty(shape, plan.dtype) if plan.reduction == "none" else None)
        for order in plan.orders
    ]
    rows_are_last = not plan.kernel.has_classes or plan.layout.axes == tuple(range(len(shape), first.ndim))

    def run(i: int) -> Sums | None:
        ct = cotangent if adds else block(cotangent, shape, itemgetter(parts[i]))
        outs = [None if output is None else output[parts[i]] for output in outputs]
        found = steps(*calls[i], denominators, ct, outs if rows_are_last else [None] * len(outs))
        for out, part in zip(outs, found, strict=True):
            if out is not None and part is not out:
                out[...] = part
        return found[0] if isinstance(found[0], Sums) else None

    sums = each(run, range(len(parts)))
    results = [
        _merged(sums, adds) if output is None else output.reshape(shape)
        for output, shape in zip(outputs, shapes, strict=True)
    ]
    return finished(library, plan, results)


def _denominators(library: Library, plan: Plan, operands: Operands, calls: list[Any]) -> Denominators | None:
    """The denominators of the whole call, which the derivatives of each block need."""
    if plan.orders == (0,):
        return None
    if operands.weights is None and operands.where is None and "class_weights" not in operands.params:
        return plan.size, plan.size
    found = [denominators_in(library, *call) for call in calls]
    weight, count = zip(*found, strict=True)
    return _sum(weight), _sum(count)


def _merged(sums: list[Sums], adds: bool) -> Sums:
    """The sums of the whole call, from the sums of the blocks."""
    fields = zip(*sums, strict=True)
    if adds:
        return Sums(*[_sum(field) for field in fields])
    return Sums(*[f[0] if _is_static(f[0]) else np.concatenate(f) for f in fields])


def _sum(parts: tuple[Any, ...]) -> Any:
    return None if parts[0] is None else sum(parts[1:], parts[0])


def _is_static(x: Any) -> bool:
    """Whether it is the same for all examples: None or one number."""
    return not getattr(x, "ndim", 0)
