"""Large calls in blocks that stay in the cache.

Temporaries, not arithmetic, are what makes NumPy slow: above some 16 MB each is a walk through memory, and a
fresh one has to be mapped first. So a large call is cut along its examples. Each block is an
ordinary call on less, whose sums, in double precision, are added up.
"""

from dataclasses import replace
from functools import lru_cache
from math import prod
from typing import Any

from lossary._backend._base import Backend
from lossary._engine._arrays import Layout, Shape
from lossary._engine._parts import denominators_of, parts_of
from lossary._engine._plan import Operands, Plan
from lossary._engine._total import Total
from lossary._engine._weigh import Denominators
from lossary._typing import Array


def in_blocks(
    backend: Backend, plan: Plan, unread: tuple[str, ...], operands: Operands, cotangent: Array
) -> list[Any]:
    """What `parts_of` returns, computed in blocks."""
    shapes = [operands.arrays[0].shape if order else plan.layout.shape for order in plan.orders]
    plan, operands, cotangent = _flattened(backend, plan, operands, cotangent)
    shape, first = plan.layout.shape, operands.arrays[0]
    adds = plan.reduction != "none" and 0 in plan.axes
    cuts = backend.cuts([a for a in operands.arrays if a is not None], shape[0])
    plans = {n: _shortened(plan, n) for n in {cut.stop - cut.start for cut in (cuts[0], cuts[-1])}}
    calls = [(plans[cut.stop - cut.start], unread, _part(operands, shape, cut)) for cut in cuts]
    denominators = _denominators(backend, plan, operands, calls) if adds else None
    outputs = [
        backend.empty(first.shape, plan.first_dtype, first)
        if order
        else (backend.empty(shape, plan.dtype, first) if plan.reduction == "none" else None)
        for order in plan.orders
    ]

    def block(i: int) -> Total | None:
        ct = cotangent if adds else _sliced(cotangent, shape, cuts[i])
        parts = backend.attempt(parts_of, *calls[i], denominators, ct)
        for output, part in zip(outputs, parts, strict=True):
            if output is not None:
                output[cuts[i]] = part
        return parts[0] if isinstance(parts[0], Total) else None

    sums = backend.map(block, range(len(cuts)))
    return [
        _merged(backend, sums, adds) if output is None else backend.xp.reshape(output, shape)
        for output, shape in zip(outputs, shapes, strict=True)
    ]


def _denominators(backend: Backend, plan: Plan, operands: Operands, calls: list[Any]) -> Denominators | None:
    """Those of the whole, which the derivatives in each block need."""
    if plan.orders == (0,):
        return None
    if operands.weights is None and operands.where is None and not operands.per_class:
        return plan.size, plan.size
    found = [denominators_of(backend, *call) for call in calls]
    weight, count = zip(*found, strict=True)
    return _sum(weight), _sum(count)


def _merged(backend: Backend, sums: list[Total], adds: bool) -> Total:
    """The sums of the whole from those of the blocks."""
    fields = zip(*sums, strict=True)
    if adds:
        return Total(*[_sum(field) for field in fields])
    return Total(*[f[0] if _is_static(f[0]) else backend.xp.concat(f) for f in fields])


def _sum(parts: tuple[Any, ...]) -> Any:
    return None if parts[0] is None else sum(parts[1:], parts[0])


def _is_static(x: Any) -> bool:
    """Whether it is the same for all examples: nothing, or one number."""
    return not getattr(x, "ndim", 0)


def _flattened(
    backend: Backend, plan: Plan, operands: Operands, cotangent: Array
) -> tuple[Plan, Operands, Array]:
    """The same call with one example axis instead of several, where that needs no copy."""
    shape = plan.layout.shape
    beside = [a for a in (operands.weights, operands.where, cotangent) if getattr(a, "shape", ()) != ()]
    if (
        len(shape) == 1
        or (plan.reduction != "none" and len(plan.axes) < len(shape))
        or (plan.classes and plan.layout.axis != len(shape))
        or (operands.per_class and not plan.classes)
        or any(a.shape != shape for a in beside)
        or not all(backend.is_contiguous(a) for a in (*operands.arrays, *beside) if a is not None)
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


# Cached, as what is compiled for a plan is found by it.


@lru_cache(maxsize=1024)
def _flat(plan: Plan) -> Plan:
    return replace(plan, layout=Layout((prod(plan.layout.shape),), 1), axes=(0,))


@lru_cache(maxsize=1024)
def _shortened(plan: Plan, count: int) -> Plan:
    shape = (count, *plan.layout.shape[1:])
    return replace(plan, layout=plan.layout._replace(shape=shape), size=prod([shape[i] for i in plan.axes]))


def _part(operands: Operands, shape: Shape, cut: slice) -> Operands:
    return operands._replace(
        arrays=tuple([_sliced(a, shape, cut) for a in operands.arrays]),
        weights=_sliced(operands.weights, shape, cut),
        where=_sliced(operands.where, shape, cut),
    )


def _sliced(a: Array, shape: Shape, cut: slice) -> Array:
    """A block of what has the examples' first axis; what repeats along it is left as it is."""
    given: Shape = getattr(a, "shape", ())
    return a[cut] if given and (given[0] > 1 or shape[0] == 1) else a
