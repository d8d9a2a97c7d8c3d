"""Running sums over the elements of a row, by doubling: log2(n) steps of a few operations on whole rows.

A sum of exponentials is stored as an integer, its top, and Σ exp(z - top). No single maximum is subtracted
from the whole row, so numbers far below the maximum keep their digits. Differences of integers are exact.
"""

from collections.abc import Callable
from math import inf, nan
from typing import Any

from lossary._typing import Array

State = tuple[Array, ...]
"""For each element: a top and sums relative to it, or anything else that can be merged."""
Merge = Callable[[State, State, Any], State]


def exponential(z: Array, xp: Any) -> tuple[Array, Array]:
    """exp(z) for finite z, as a top and exp(z - top)."""
    top = xp.floor(z)
    return top, xp.exp(z - top)


def add(a: State, b: State, xp: Any, squares: int = 0) -> State:
    """The sums of both. The last `squares` of them are sums of squares."""
    top = xp.maximum(a[0], b[0])
    at = xp.where(top == -inf, 0.0, top)
    by_a, by_b = xp.exp(a[0] - at), xp.exp(b[0] - at)
    plain = len(a) - squares
    found = [x * by_a + y * by_b for x, y in zip(a[1:plain], b[1:plain], strict=True)]
    more = [x * by_a * by_a + y * by_b * by_b for x, y in zip(a[plain:], b[plain:], strict=True)]
    return (top, *found, *more)


def running(
    state: State, keys: tuple[Array, ...], merge: Merge, xp: Any, reverse: bool = False, nothing: float = -inf
) -> State:
    """Merge each element with all elements before it in the row, or after it if `reverse`.

    With `keys`, only with elements of its run: neighbors whose keys are all equal. `nothing` is the first
    number of an empty sum, its top; the others are 0.
    """
    step = 1
    while step < state[0].shape[-1]:
        state = merge(state, _neighbors(state, keys, step, reverse, nothing, xp), xp)
        step *= 2
    return state


def without_own(
    state: State, keys: tuple[Array, ...], xp: Any, reverse: bool = False, nothing: float = -inf
) -> State:
    """Running sums without the element itself."""
    return _neighbors(state, keys, 1, reverse, nothing, xp)


def farthest(state: State, keys: tuple[Array, ...], xp: Any, reverse: bool = False) -> State:
    """For each element, the state of the first element of its run, or of the last if `reverse`."""
    step = 1
    while step < state[0].shape[-1]:
        there = _beside(keys, step, reverse, xp)
        state = tuple([xp.where(there, _shifted(x, step, 0.0, reverse, xp), x) for x in state])
        step *= 2
    return state


def _neighbors(
    state: State, keys: tuple[Array, ...], step: int, reverse: bool, nothing: float, xp: Any
) -> State:
    """The state of the element `step` away, or nothing if it is not in the same run."""
    empty = (nothing, *[0.0] * (len(state) - 1))
    found = [_shifted(x, step, none, reverse, xp) for x, none in zip(state, empty, strict=True)]
    if keys:
        there = _beside(keys, step, reverse, xp)
        found = [xp.where(there, x, none) for x, none in zip(found, empty, strict=True)]
    return tuple(found)


def _beside(keys: tuple[Array, ...], step: int, reverse: bool, xp: Any) -> Array:
    """Whether the element `step` away is in the same run. NaN, the fill beyond the ends, equals nothing."""
    found = keys[0] == _shifted(keys[0], step, nan, reverse, xp)
    for key in keys[1:]:
        found = xp.logical_and(found, key == _shifted(key, step, nan, reverse, xp))
    return found


def _shifted(x: Array, by: int, fill: float, reverse: bool, xp: Any) -> Array:
    """For each element, the one `by` places before it, or after it if `reverse`."""
    count = min(by, x.shape[-1])
    gone = xp.full_like(x[..., :count], fill)
    if reverse:
        return xp.concat([x[..., count:], gone], axis=-1)
    return xp.concat([gone, x[..., : x.shape[-1] - count]], axis=-1)
