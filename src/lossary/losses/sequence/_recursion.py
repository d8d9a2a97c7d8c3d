"""Sums over paths, by a recursion over steps that all paths take together.

In long sequences the logarithms of these sums reach thousands, where float32 has few digits left. Each step
therefore stores logarithms relative to their maximum, and the maxima are accumulated with the rounding error
of their sum.
"""

from collections.abc import Callable
from math import inf
from typing import Any, NamedTuple

from lossary._math import total
from lossary._typing import Array


class Sums(NamedTuple):
    """A recursion's state: logarithms relative to the accumulated maxima, which are high + low."""

    logs: Array
    high: Array
    low: Array

    def over(self, final: Array, xp: Any) -> Array:
        """The logarithm of the sum over the paths that end in these states, -inf if there is none."""
        logs = xp.where(final, self.logs, -inf)
        m = xp.max(logs, axis=-1, keepdims=True)
        nothing = m == -inf
        m = xp.where(nothing, 0.0, m)
        s = total(xp.where(final & ~nothing, xp.exp(logs - m), 0.0), xp)
        if xp.is_differentiated:
            s = xp.where(nothing, 1.0, s)  # a mask could not hide the derivative of log(0)
        is_nothing = nothing & (self.high == self.high)
        return xp.where(is_nothing, -inf, xp.log(s) + m + self.low + self.high)[..., 0]


def recursion(
    advance: Callable[..., Array],
    start: Array,
    along: tuple[Array, ...],
    active: Array,
    xp: Any,
    reverse: bool,
) -> tuple[Sums, Array]:
    """The last sums, and the logarithms after each step, relative to their maximum.

    `advance` takes the logarithms so far and the step's part of each array in `along`. An inactive step
    changes nothing.
    """

    def step(so_far: Sums, parts: tuple[Array, ...]) -> tuple[Sums, Array]:
        *given, is_active = parts
        logs = advance(so_far.logs, *given)
        m = xp.max(logs, axis=-1, keepdims=True)
        m = xp.where(m == -inf, 0.0, m)
        high = so_far.high + m
        from_m = high - so_far.high
        low = so_far.low + ((so_far.high - (high - from_m)) + (m - from_m))
        after = Sums(
            xp.where(is_active, logs - m, so_far.logs),
            xp.where(is_active, high, so_far.high),
            xp.where(is_active, low, so_far.low),
        )
        return after, after.logs

    zero = xp.zeros_like(start[..., :1])
    found: tuple[Sums, Array] = xp.scan(step, Sums(start, zero, zero), (*along, active), reverse)
    return found


def log_of_sum(high: Array, *others: Array, xp: Any) -> Array:
    """log Σ exp. What all but the largest add keeps its digits, so a certain path has a tiny loss."""
    lower = []
    for x in others:
        if xp.is_differentiated:  # at a tie, the two have the same side
            above = x > high
            high, low = xp.where(above, x, high), xp.where(above, high, x)
        else:
            high, low = xp.maximum(high, x), xp.minimum(high, x)
        lower.append(low)
    finite = xp.where(high == -inf, 0.0, high)
    rest = sum([xp.exp(x - finite) for x in lower[1:]], xp.exp(lower[0] - finite))
    return high + xp.log1p(rest)


def shares(logs: Array, active: Array, xp: Any) -> Array:
    """exp(logs) relative to its sum along the last axis; 0 in inactive steps and where there is no path."""
    m = xp.max(logs, axis=-1, keepdims=True)
    there = active & (m > -inf)
    e = xp.where(there, xp.exp(logs - xp.where(there, m, 0.0)), 0.0)
    return e / xp.where(there, total(e, xp), 1.0)


def shifted(x: Array, by: int, xp: Any) -> Array:
    """Shift by `by` states: each element becomes the one `by` states before it (after it if negative)."""
    count = min(abs(by), x.shape[-1])
    gone = xp.full_like(x[..., :count], -inf)
    if by > 0:
        return xp.concat([gone, x[..., : x.shape[-1] - count]], axis=-1)
    return xp.concat([x[..., count:], gone], axis=-1)
