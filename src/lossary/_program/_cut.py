"""A call cut into blocks of examples, each of which is an ordinary smaller call."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from math import prod

from lossary._program._layout import Layout, Shape
from lossary._program._plan import Operands, Plan
from lossary._typing import Array

Cut = Callable[[Array], Array]
"""How to take a block of an array."""


def flattened(plan: Plan, operands: Operands, cotangent: Array) -> tuple[Plan, Operands, Array]:
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
        or not all(map(_is_contiguous, (*arrays, *beside)))
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


def _is_contiguous(a: Array) -> bool:
    flags = getattr(a, "flags", None)  # arrays of JAX have none, because they always are
    return flags is None or bool(flags.c_contiguous)


# Cached, because compiled programs are looked up by their plan.


@lru_cache(maxsize=1024)
def _flat(plan: Plan) -> Plan:
    size = (prod(plan.layout.shape),)
    weights, where = [size if shape else shape for shape in (plan.weights_shape, plan.where_shape)]
    return replace(plan, layout=Layout(size, 1), axes=(0,), weights_shape=weights, where_shape=where)


@lru_cache(maxsize=1024)
def shortened(plan: Plan, count: int) -> Plan:
    """The plan of a block of so many examples."""
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


def block_of(operands: Operands, shape: Shape, cut: Cut) -> Operands:
    """The operands of a block of a call whose losses have this shape."""
    return operands._replace(
        arrays=tuple([block(a, shape, cut) for a in operands.arrays]),
        weights=block(operands.weights, shape, cut),
        where=block(operands.where, shape, cut),
    )


def block(a: Array, shape: Shape, cut: Cut) -> Array:
    """A block of an array that has the examples' first axis; an array that repeats along it is unchanged."""
    given: Shape = getattr(a, "shape", ())
    return cut(a) if given and (given[0] > 1 or shape[0] == 1) else a
