"""Sums over all alignments of labels with frames, by the forward and backward recursions of CTC.

The states are the labels with blanks between and around them, 2L + 1 in total. At each frame an alignment
stays in its state, moves to the next, or skips a blank between different labels. In long sequences the
logarithms of sums over alignments reach thousands, where float32 has few digits left. Each frame therefore
stores logarithms relative to their maximum, and the maxima are accumulated with the rounding error of their
sum.
"""

from collections.abc import Callable
from math import inf
from typing import Any, NamedTuple

from lossary._math import total
from lossary._typing import Array


class Frames(NamedTuple):
    """What the recursions need for a batch of sequences. T frames come first, S states last."""

    log_probs: Array
    """(T, ..., S): the log-probability of each state's label."""
    active: Array
    """(T, ..., 1): whether the frame is within the sequence."""
    skips: Array
    """(..., S): whether a state may be reached from two states before it."""
    last: Array
    """(..., S): whether it is the blank after the last valid label."""
    final: Array
    """(..., S): whether an alignment may end there."""
    states: Array
    """(..., S): the class of each state."""


def frames(
    log_probs: Array, labels: Array, frame_count: Array, label_count: Array, blank: int, xp: Any
) -> Frames:
    """From log-probabilities (..., T, C), labels (..., L), and how many of each are valid."""
    *batch, time, _ = xp.sized(log_probs.shape, log_probs)
    size = 2 * labels.shape[-1] + 1
    pairs = xp.stack([xp.full_like(labels, blank), labels], axis=-1)
    blanks = xp.arange_beside(1, labels) + blank
    states = xp.concat([xp.reshape(pairs, (*batch, size - 1)), xp.broadcast_to(blanks, (*batch, 1))], axis=-1)
    index = xp.broadcast_to(states[..., None, :], (*batch, time, size))
    emitted = xp.moveaxis(xp.gather(log_probs, index), -2, 0)
    at = xp.astype(xp.arange_beside(size, log_probs), log_probs.dtype)
    before = xp.concat([states[..., -2:], states[..., :-2]], axis=-1)
    t = xp.astype(xp.arange_beside(time, log_probs), log_probs.dtype)
    t = xp.reshape(t, (time, *[1] * (len(batch) + 1)))
    end = 2 * label_count[..., None]
    return Frames(
        emitted,
        t < frame_count[..., None],
        (states != before) & (at % 2 == 1) & (at > 1),
        at == end,
        (at == end) | (at == end - 1),
        states,
    )


class _Sum(NamedTuple):
    """A recursion's state: logarithms relative to the accumulated maxima, which are high + low."""

    logs: Array
    high: Array
    low: Array


def log_likelihood(f: Frames, xp: Any) -> Array:
    """The logarithm of the sum over all alignments, -inf if there is none."""
    (logs, high, low), _ = _forward(f, xp)
    logs = xp.where(f.final, logs, -inf)
    m = xp.max(logs, axis=-1, keepdims=True)
    nothing = m == -inf
    m = xp.where(nothing, 0.0, m)
    s = total(xp.where(f.final & ~nothing, xp.exp(logs - m), 0.0), xp)
    if xp.is_differentiated:
        s = xp.where(nothing, 1.0, s)  # a mask could not hide the derivative of log(0)
    return xp.where(nothing & (high == high), -inf, xp.log(s) + m + low + high)[..., 0]


def occupancies(f: Frames, xp: Any) -> Array:
    """(T, ..., S): the probability that an alignment is in each state at each frame."""
    _, ahead = _forward(f, xp)
    _, back = _backward(f, xp)
    emitted = xp.where(f.log_probs > -inf, f.log_probs, 0.0)
    logs = xp.where(f.log_probs > -inf, ahead + back - emitted, -inf)
    m = xp.max(logs, axis=-1, keepdims=True)
    there = f.active & (m > -inf)
    e = xp.where(there, xp.exp(logs - xp.where(there, m, 0.0)), 0.0)
    return e / xp.where(there, total(e, xp), 1.0)


def _forward(f: Frames, xp: Any) -> tuple[_Sum, Array]:
    """From the state before the first frame, which acts as the first blank: the first label can follow it."""
    nothing = xp.zeros_like(f.log_probs[0, ...])
    start = xp.where(xp.arange_like(nothing) == 0, nothing, -inf)

    def reach(x: Array) -> tuple[Array, Array, Array]:
        return x, _shifted(x, 1, xp), xp.where(f.skips, _shifted(x, 2, xp), -inf)

    return _recursion(f, start, reach, xp, reverse=False)


def _backward(f: Frames, xp: Any) -> tuple[_Sum, Array]:
    """From after the last frame, which acts as the last blank. The state that a skip leads to allows it."""
    start = xp.where(f.last, xp.zeros_like(f.log_probs[0, ...]), -inf)

    def reach(x: Array) -> tuple[Array, Array, Array]:
        return x, _shifted(x, -1, xp), _shifted(xp.where(f.skips, x, -inf), -2, xp)

    return _recursion(f, start, reach, xp, reverse=True)


def _recursion(
    f: Frames, start: Array, reach: Callable[[Array], tuple[Array, ...]], xp: Any, reverse: bool
) -> tuple[_Sum, Array]:
    def step(so_far: _Sum, frame: tuple[Array, Array]) -> tuple[_Sum, Array]:
        log_probs, active = frame
        logs = _log_of_sum(reach(so_far.logs), xp) + log_probs
        m = xp.max(logs, axis=-1, keepdims=True)
        m = xp.where(m == -inf, 0.0, m)
        high = so_far.high + m
        from_m = high - so_far.high
        low = so_far.low + ((so_far.high - (high - from_m)) + (m - from_m))
        after = _Sum(
            xp.where(active, logs - m, so_far.logs),
            xp.where(active, high, so_far.high),
            xp.where(active, low, so_far.low),
        )
        return after, after.logs

    zero = xp.zeros_like(start[..., :1])
    found: tuple[_Sum, Array] = xp.scan(step, _Sum(start, zero, zero), (f.log_probs, f.active), reverse)
    return found


def _log_of_sum(logs: tuple[Array, ...], xp: Any) -> Array:
    m = logs[0]
    for other in logs[1:]:
        m = xp.maximum(m, other)
    finite = xp.where(m == -inf, 0.0, m)
    s = sum([xp.exp(x - finite) for x in logs[1:]], xp.exp(logs[0] - finite))
    if xp.is_differentiated:
        s = xp.where(m == -inf, 1.0, s)  # as below
    return xp.where(m == -inf, -inf, finite + xp.log(s))


def _shifted(x: Array, by: int, xp: Any) -> Array:
    """Shift by `by` states: each element becomes the one `by` states before it (after it if negative)."""
    count = min(abs(by), x.shape[-1])
    gone = xp.full_like(x[..., :count], -inf)
    if by > 0:
        return xp.concat([gone, x[..., : x.shape[-1] - count]], axis=-1)
    return xp.concat([x[..., count:], gone], axis=-1)
