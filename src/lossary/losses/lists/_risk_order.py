"""A row in the order of risk, and sums over the elements before or after each element in that order.

The order is by decreasing time. The elements at risk of an event are its run, which holds the elements tied
with it, and all elements before that run. If tied events have weights (Efron), elements without an event come
first at equal times, and a run holds events only.
"""

from collections.abc import Callable
from math import inf, nan
from typing import Any, NamedTuple

from lossary._math import add, exponential, farthest, running, total
from lossary._program._shape_errors import size_unknown
from lossary._typing import Array

State = tuple[Array, ...]
Merge = Callable[..., State]

Read = Callable[..., tuple[Array, Array]]
"""Converts the other inputs of a loss to times and events."""


class Risks(NamedTuple):
    """The elements of a row in the order of risk."""

    order: Array
    z: Array
    top: Array
    e: Array
    """exp(z - top). Absent elements have z = -inf and e = 0."""
    event: Array
    """1 or 0."""
    list: tuple[Array, ...]
    run: tuple[Array, ...]
    """The keys that are equal within a list, and within a run of ties."""
    c: Array | None
    """The weights of tied events, if any."""
    per: Array
    """1, or 1 / (number of events)."""
    wrong: Array
    """NaN for a row that contains NaN, else 0."""
    ends: tuple[Array, Array] | None = None
    """Where the run of each element begins and ends, if sums over runs may be differences."""


def risks(
    z: Array, *others: Array, xp: Any, read: Read, count: int, efron: bool = False, mean: bool = False
) -> Risks:
    if z.shape[-1] is None:
        raise size_unknown("the length of a list", "its sums are made in steps of 1, 2, 4 elements and so on")
    times, event = read(*others[:count], xp=xp)
    items, segments = (*others[count:], None, None)[:2]
    ones, most = xp.ones_like(z), float(xp.finfo(z.dtype).max)
    there = (ones if items is None else items) > 0
    is_nan = xp.logical_or(xp.logical_or(times != times, event != event), z != z)
    is_nan = xp.logical_and(there, is_nan)
    wrong = total(xp.where(is_nan, nan, 0.0 * ones), xp)
    z = xp.where(there, xp.where(z > most, most, xp.where(z < -most, -most, z)), 0.0)
    times = xp.where(there, times, 0.0)
    event = xp.where(xp.logical_and(there, event > 0), ones, 0.0)
    keys = [-times]
    if efron:
        keys.insert(0, event)
    if segments is not None:
        keys.append(segments)
    order = xp.argsort(keys[0], axis=-1, stable=False)
    for key in keys[1:]:
        order = xp.gather(order, xp.argsort(xp.gather(key, order), axis=-1, stable=True))
    z, there = xp.gather(z, order), xp.gather(xp.where(there, ones, 0.0), order) > 0
    top, e = exponential(z, xp)
    event = xp.gather(event, order)
    of_list = () if segments is None else (xp.gather(segments, order),)
    run, c = (*of_list, xp.gather(times, order)), None
    if efron:
        run = (*run, event)
        before, after = [running((event,), run, plus, xp, reverse, 0.0)[0] for reverse in (False, True)]
        c = xp.where(event > 0, after / xp.where(event > 0, before + after - 1.0, 1.0), 1.0)
    per = ones
    if mean:
        events = total(event, xp)
        per = ones / xp.where(events > 0, events, 1.0)
    z, top, e = xp.where(there, z, -inf), xp.where(there, top, -inf), xp.where(there, e, 0.0)
    ends = xp.runs(run[0], order.dtype) if xp.is_quick and len(run) == 1 else None
    return Risks(order, z, top, e, event, of_list, run, c, per, wrong, ends)


def at_risk(at: Risks, state: State, merge: Merge, xp: Any) -> State:
    """Sums over the elements before each element, and over its run; without itself."""
    if at.c is None:
        return _all_but_itself(at, state, merge, xp)
    before, tied = before_and_in_run(at, state, state, merge, xp)
    return merge(before, (tied[0], *[at.c * x for x in tied[1:]]), xp)


def events_of(at: Risks, state: State, merge: Merge, xp: Any, squares: int = 0) -> State:
    """The same for the elements after each element: the events that it is at risk of, without its own.

    The last `squares` sums are of squares.
    """
    if at.c is None:
        return _all_but_itself(at, state, merge, xp, True)
    top, *sums = state
    plain = len(sums) - squares
    tied = (top, *[at.c * x for x in sums[:plain]], *[at.c * at.c * x for x in sums[plain:]])
    return merge(*before_and_in_run(at, state, tied, merge, xp, True), xp)


def _all_but_itself(at: Risks, state: State, merge: Merge, xp: Any, reverse: bool = False) -> State:
    """Sums up to each element, and from it to the end of its run."""
    if at.ends is not None and merge is add:
        found = _by_differences(at, at.ends, state, xp, reverse)
        if found is not None:
            return found
    up_to = running(state, at.list, merge, xp, reverse, own=False)
    return merge(up_to, running(state, at.run, merge, xp, not reverse, own=False), xp)


def _by_differences(
    at: Risks, ends: tuple[Array, Array], state: State, xp: Any, reverse: bool
) -> State | None:
    """The same from cumulative sums in double precision; None if that would not be exact enough."""
    top, *sums = state
    none = top == -inf
    most = xp.max(top, axis=-1, keepdims=True)
    base = xp.where(none, most, top) - most
    if top.dtype != xp.float32 or not xp.all(base >= -_NEAR):
        return None
    unit = xp.exp(base)
    start, end = ends
    found = []
    for x in sums:
        own = xp.astype(x * unit, xp.float64)
        if reverse:
            up_to = xp.flip(xp.running_total(xp.flip(own, axis=-1)), axis=-1)
        else:
            up_to = xp.running_total(own)
        rest = xp.gather(up_to, start if reverse else end) - own
        found.append(xp.astype(rest / unit, top.dtype))
    return (base + most, *found)


_NEAR = 12.0
"""The largest difference of logarithms of which sums in double precision keep the digits of float32."""


def before_and_in_run(
    at: Risks, state: State, of_run: State, merge: Merge, xp: Any, reverse: bool = False
) -> tuple[State, State]:
    """Sums of `state` before each element's run, or after it, and of `of_run` over its run without itself."""
    so_far = running(state, at.list, merge, xp, reverse, own=False)
    return farthest(so_far, at.run, xp, reverse), in_run(at, of_run, merge, xp)


def in_run(at: Risks, state: State, merge: Merge, xp: Any, nothing: float = -inf) -> State:
    """Sums over each element's run without itself."""
    sides = [running(state, at.run, merge, xp, reverse, nothing, own=False) for reverse in (False, True)]
    return merge(*sides, xp)


def plus(a: State, b: State, xp: Any) -> State:
    return (a[0] + b[0],)
