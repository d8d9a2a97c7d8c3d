"""Running sums over the elements of a row: of pairs of neighbors first, then of pairs of pairs, and so on.

A row of n takes about 2·n merges in 2·log2(n) steps of a few operations on whole arrays.

A sum of exponentials is stored as an integer, its top, and Σ exp(z - top). No single maximum is subtracted
from the whole row, so numbers far below the maximum keep their digits. Differences of integers are exact.
"""

from collections.abc import Callable
from functools import reduce
from math import inf, nan
from typing import Any

from lossary._typing import Array

State = tuple[Array, ...]
"""For each element: a top and sums relative to it, or anything else that can be merged."""
Merge = Callable[[State, State, Any], State]
Join = Callable[[State, State, Array | None], State]
"""Merges the states of two stretches of a row, the second of which may begin a run."""


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
    state: State,
    keys: tuple[Array, ...],
    merge: Merge,
    xp: Any,
    reverse: bool = False,
    nothing: float = -inf,
    own: bool = True,
) -> State:
    """Merge each element with all elements before it in the row, or after it if `reverse`.

    With `keys`, only with elements of its run: neighbors whose keys are all equal. `nothing` is the first
    number of an empty sum, its top; the others are 0. Without `own`, the element itself is left out.
    """
    empty = (nothing, *[0.0] * (len(state) - 1))

    def join(a: State, b: State, begins: Array | None) -> State:
        return merge(a if begins is None else _where(begins, empty, a, xp), b, xp)

    begins = _begins(_flipped(keys, reverse, xp), xp) if keys else None
    found = _scan(_flipped(state, reverse, xp), begins, join, xp)
    if not own:
        found = tuple([_after(x, none, xp) for x, none in zip(found, empty, strict=True)])
        found = found if begins is None else _where(begins, empty, found, xp)
    return _flipped(found, reverse, xp)


def farthest(state: State, keys: tuple[Array, ...], xp: Any, reverse: bool = False) -> State:
    """For each element, the state of the first element of its run, or of the last if `reverse`."""

    def join(a: State, b: State, begins: Array | None) -> State:
        return _where(begins, b, a, xp)

    begins = _begins(_flipped(keys, reverse, xp), xp)
    return _flipped(_scan(_flipped(state, reverse, xp), begins, join, xp), reverse, xp)


def _scan(state: State, begins: Array | None, join: Join, xp: Any) -> State:
    """Join each element with all elements before it."""
    n = state[0].shape[-1]
    if n < 2:
        return state
    cuts = slice(0, n // 2 * 2, 2), slice(1, n // 2 * 2, 2), slice(2, None, 2)
    first, second, third = [tuple([x[..., cut] for x in state]) for cut in cuts]
    begun = [None if begins is None else begins[..., cut] for cut in cuts]
    of_pairs = None if begins is None else xp.logical_or(begun[0], begun[1])
    seconds = _scan(join(first, second, begun[1]), of_pairs, join, xp)
    # Every other element follows a pair, except the first of all.
    firsts = tuple([_first(x, 1) for x in state])
    if n > 2:
        rest = join(tuple([_first(x, (n - 1) // 2) for x in seconds]), third, begun[2])
        firsts = tuple([xp.concat(both, axis=-1) for both in zip(firsts, rest, strict=True)])
    return tuple([_interleaved(*both, xp) for both in zip(firsts, seconds, strict=True)])


def _interleaved(a: Array, b: Array, xp: Any) -> Array:
    """The elements of both in turn. `a` may have one more."""
    pairs = b.shape[-1]
    stacked = xp.stack([_first(a, pairs), b], axis=-1)
    found = xp.reshape(stacked, xp.sized((*b.shape[:-1], 2 * pairs), b))
    return found if a.shape[-1] == pairs else xp.concat([found, a[..., pairs:]], axis=-1)


def _begins(keys: tuple[Array, ...], xp: Any) -> Array:
    """Whether an element is the first of its run. NaN, the fill before the row, equals nothing."""
    return reduce(xp.logical_or, [key != _after(key, nan, xp) for key in keys])


def _after(x: Array, fill: float, xp: Any) -> Array:
    """For each element, the one before it."""
    n = x.shape[-1]
    return xp.concat([xp.full_like(_first(x, min(1, n)), fill), _first(x, max(n - 1, 0))], axis=-1)


def _first(x: Array, count: int) -> Array:
    """The first elements. A slice of everything would be a view that torch's older `vmap` cannot map."""
    return x if x.shape[-1] == count else x[..., :count]


def _where(condition: Any, a: tuple[Any, ...], b: State, xp: Any) -> State:
    return tuple([xp.where(condition, x, y) for x, y in zip(a, b, strict=True)])


def _flipped(state: State, reverse: bool, xp: Any) -> State:
    return tuple([xp.flip(x, axis=-1) for x in state]) if reverse else state
