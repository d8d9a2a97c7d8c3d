"""Large calls of NumPy in blocks that stay in the cache.

NumPy is slow because of temporaries, not arithmetic: above about 16 MB each is a pass through memory, and a
new one must be mapped first. Therefore a large call is cut along its examples. Each block is an ordinary
smaller call, and the sums of the blocks are added in double precision.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from lossary._program._layout import Layout, Shape
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
    plan, operands, cotangent = _flattened(plan, operands, cotangent)
    shape, first = plan.layout.shape, operands.arrays[0]
    adds = plan.reduction != "none" and 0 in plan.axes
    parts = cuts(operands, shape[0])
    plans = {n: _shortened(plan, n) for n in {cut.stop - cut.start for cut in (parts[0], parts[-1])}}
    calls = [(plans[cut.stop - cut.start], unread, _part(operands, shape, cut)) for cut in parts]
    denominators = _denominators(library, plan, operands, calls) if adds else None
    outputs = [
        np.empty(first.shape, plan.first_dtype)
        if order
        else (np.empty(shape, plan.dtype) if plan.reduction == "none" else None)
        for order in plan.orders
    ]

    def block(i: int) -> Sums | None:
        ct = cotangent if adds else _sliced(cotangent, shape, parts[i])
        found = steps(*calls[i], denominators, ct)
        for output, part in zip(outputs, found, strict=True):
            if output is not None:
                output[parts[i]] = part
        return found[0] if isinstance(found[0], Sums) else None

    sums = each(block, range(len(parts)))
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


def _flattened(plan: Plan, operands: Operands, cotangent: Array) -> tuple[Plan, Operands, Array]:
    """The same call with one example axis instead of several, if that needs no copy."""
    shape = plan.layout.shape
    beside = [a for a in (operands.weights, operands.where, cotangent) if getattr(a, "shape", ()) != ()]
    arrays = [a for a in operands.arrays if getattr(a, "shape", ()) != ()]
    if (
        len(shape) == 1
        or (plan.reduction != "none" and len(plan.axes) < len(shape))
        or (plan.classes and plan.layout.axis != len(shape))
        or (plan.has_per_class and not plan.classes)
        or any(a.shape != shape for a in beside)
        or not all(a.flags.c_contiguous for a in (*arrays, *beside))
    ):
        return plan, operands, cotangent
    size = prod(shape)

    def flat(a: Array) -> Array:
        return a if getattr(a, "shape", ()) == () else a.reshape((size, *a.shape[len(shape) :]))

    operands = operands._replace(
        arrays=tuple([flat(a) for a in operands.arrays]),
        weights=flat(operands.weights),
        where=flat(operands.where),
    )
    return _flat(plan), operands, flat(cotangent)


# Cached, because compiled programs are looked up by their plan.


@lru_cache(maxsize=1024)
def _flat(plan: Plan) -> Plan:
    size = (prod(plan.layout.shape),)
    weights, where = [size if shape else shape for shape in (plan.weights_shape, plan.where_shape)]
    return replace(plan, layout=Layout(size, 1), axes=(0,), weights_shape=weights, where_shape=where)


@lru_cache(maxsize=1024)
def _shortened(plan: Plan, count: int) -> Plan:
    length, *rest = plan.layout.shape
    shape = (count, *rest)
    weights, where = [_cut(beside, length, count) for beside in (plan.weights_shape, plan.where_shape)]
    layout, size = plan.layout._replace(shape=shape), prod([shape[i] for i in plan.axes])
    return replace(plan, layout=layout, size=size, weights_shape=weights, where_shape=where)


def _cut(shape: Shape | None, length: int, count: int) -> Shape | None:
    """The shape of a block of an array that has the examples' first axis or repeats along it."""
    if not shape:
        return shape
    return (count if shape[0] == length else shape[0], *shape[1:])


def _part(operands: Operands, shape: Shape, cut: slice) -> Operands:
    return operands._replace(
        arrays=tuple([_sliced(a, shape, cut) for a in operands.arrays]),
        weights=_sliced(operands.weights, shape, cut),
        where=_sliced(operands.where, shape, cut),
    )


def _sliced(a: Array, shape: Shape, cut: slice) -> Array:
    """A block of an array that has the examples' first axis; an array that repeats along it is unchanged."""
    given: Shape = getattr(a, "shape", ())
    return a[cut] if given and (given[0] > 1 or shape[0] == 1) else a
