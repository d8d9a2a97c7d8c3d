"""Sums over the elements of a row so far, by doubling: log2(n) steps of a few operations on whole rows.

A sum of exponentials is kept beside a whole number, its top: Σ exp(z - top). No single largest number is
subtracted from the whole row, so what lies far below that keeps its digits; and differences of whole numbers
are exact.
"""

from collections.abc import Callable
from math import inf, nan
from typing import Any

from lossary._typing import Array

State = tuple[Array, ...]
"""Of each element: a top and sums that are relative to it, or anything else that can be merged."""
Merge = Callable[[State, State, Any], State]


def exponential(z: Array, xp: Any) -> tuple[Array, Array]:
    """exp(z) as a top and what is relative to it, for finite z."""
    top = xp.floor(z)
    return top, xp.exp(z - top)


def add(a: State, b: State, xp: Any, squares: int = 0) -> State:
    """The sums of both; the last `squares` of them are of squares."""
    top = xp.maximum(a[0], b[0])
    at = xp.where(top == -inf, 0.0, top)
    by_a, by_b = xp.exp(a[0] - at), xp.exp(b[0] - at)
    plain = len(a) - squares
    found = [x * by_a + y * by_b for x, y in zip(a[1:plain], b[1:plain], strict=True)]
    more = [x * by_a * by_a + y * by_b * by_b for x, y in zip(a[plain:], b[plain:], strict=True)]
    return (top, *found, *more)


def further(a: State, b: State, xp: Any) -> State:
    """What the farthest element of the run has."""
    return b


def running(state: State, keys: tuple[Array, ...], merge: Merge, xp: Any, reverse: bool = False) -> State:
    """Merge with each element all before it in the row, or in `reverse` all behind it.

    With `keys` only those that lie in one run with it: neighbors of which all keys are equal.
    """
    step = 1
    while step < state[0].shape[-1]:
        there = _beside(keys or (xp.zeros_like(state[0]),), step, reverse, xp)
        merged = merge(state, tuple([_shifted(x, step, 0.0, reverse, xp) for x in state]), xp)
        state = tuple([xp.where(there, new, old) for new, old in zip(merged, state, strict=True)])
        step *= 2
    return state


def without_own(
    state: State, keys: tuple[Array, ...], xp: Any, reverse: bool = False, nothing: float = -inf
) -> State:
    """Of running sums, those without the element itself; `nothing` is what comes first in an empty one."""
    there = _beside(keys or (xp.zeros_like(state[0]),), 1, reverse, xp)
    top, *sums = [_shifted(x, 1, 0.0, reverse, xp) for x in state]
    return (xp.where(there, top, nothing), *[xp.where(there, x, 0.0) for x in sums])


def _beside(keys: tuple[Array, ...], step: int, reverse: bool, xp: Any) -> Array:
    """Whether the element `step` away is in the same run. NaN, which is beyond the ends, equals nothing."""
    found = keys[0] == _shifted(keys[0], step, nan, reverse, xp)
    for key in keys[1:]:
        found = found & (key == _shifted(key, step, nan, reverse, xp))
    return found


def _shifted(x: Array, by: int, fill: float, reverse: bool, xp: Any) -> Array:
    """Each element that of `by` places before it, or behind it in `reverse`."""
    count = min(by, x.shape[-1])
    gone = xp.full_like(x[..., :count], fill)
    if reverse:
        return xp.concat([x[..., count:], gone], axis=-1)
    return xp.concat([gone, x[..., : x.shape[-1] - count]], axis=-1)
