"""Σ p·(1 - p) over the events that an element is at risk of, without the subtraction where p is nearly 1.

Only the largest element of a risk set can have such a p. With m the largest element, R the sum over the risk
set and D the sum over all but m, m itself has 1 - p = D/R. For all others, p is at most about 1/2, and Σ p -
Σ p² is accurate. In the order of risk, the maximum never decreases. An element is therefore the maximum for
the events of its own run and for those after it, up to a larger element; all later events have larger maxima.
"""

from functools import partial
from math import inf
from typing import Any

from lossary._math import add, farthest, relu, running
from lossary._typing import Array
from lossary.losses.lists._risk_order import Risks, State, before_and_in_run, events_of, in_run, plus


def curvature(at: Risks, xp: Any) -> Array:
    """The sum without an element's own event."""
    c = xp.ones_like(at.z) if at.c is None else at.c
    own = (at.z, at.e, 0.0 * at.e)
    rest, tied = before_and_in_run(at, own, own, _largest, xp)
    tied = _largest(tied, own, xp)
    m = xp.maximum(rest[0], tied[0])
    there = m > -inf
    top = xp.where(there, xp.floor(m), 0.0)
    by_rest, by_tied = xp.exp(xp.floor(rest[0]) - top), c * xp.exp(xp.floor(tied[0]) - top)
    in_rest = rest[0] == m
    of_m = xp.where(there, xp.where(in_rest, rest[1], tied[1]), 1.0)
    others = by_rest * rest[2] + by_tied * tied[2]
    others = others + xp.where(in_rest, by_tied * tied[1], by_rest * rest[1])
    whole = others + xp.where(in_rest, of_m, c * of_m)
    part = at.event / whole

    later = at.event * (of_m / whole) * (others / whole)
    of_tied = others + xp.where(in_rest, (1.0 - c) * of_m, 0.0)
    of_tied = c * at.event * (of_m / whole) * (of_tied / whole)
    of_largest = (*at.list, m)
    so_far = running((later,), of_largest, plus, xp, True, 0.0, own=False)
    (of_own,) = plus(farthest(so_far, at.run, xp, True), in_run(at, (of_tied,), plus, xp, 0.0), xp)

    top = xp.where(at.event > 0, -top, -inf)
    state, merge = (top, part, part / whole), partial(add, squares=1)
    lower = _bent(events_of(at, state, merge, xp, squares=1), at, xp)
    so_far = running(state, at.list, merge, xp, True, own=False)
    higher = _bent(farthest(so_far, of_largest, xp, True), at, xp)
    return xp.where(at.z == m, of_own + higher, lower)


def _largest(a: State, b: State, xp: Any) -> State:
    """The largest z, its exp(z - floor(z)), and Σ exp of all others, relative to floor(z) of the largest."""
    z, first = xp.maximum(a[0], b[0]), a[0] >= b[0]
    top = xp.where(z > -inf, xp.floor(z), 0.0)
    lower = xp.where(first, b[0], a[0])
    rest = [x[2] * xp.exp(xp.floor(x[0]) - top) for x in (a, b)]
    of_lower = xp.where(first, b[1], a[1]) * xp.exp(xp.floor(lower) - top)
    return z, xp.where(first, a[1], b[1]), rest[0] + rest[1] + of_lower


def _bent(state: State, at: Risks, xp: Any) -> Array:
    """Σ p - Σ p²"""
    top, sums, squares = state
    scale = xp.exp(at.top + top)
    return relu(at.e * sums * scale - at.e * squares * at.e * scale * scale, xp)
