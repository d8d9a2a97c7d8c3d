"""Sums over all alignments of labels with frames, by the forward and backward recursions of CTC.

The states are the labels with blanks between and around them, 2L + 1 in total. At each frame an alignment
stays in its state, moves to the next, or skips a blank between different labels.
"""

from collections.abc import Callable
from math import inf
from typing import Any, NamedTuple

from lossary._typing import Array
from lossary.losses.sequence._recursion import Sums, log_of_sum, recursion, shares, shifted


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
    back = max(size - 2, 0)
    before = xp.concat([states[..., back:], states[..., :back]], axis=-1)
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


def log_likelihood(f: Frames, xp: Any) -> Array:
    """The logarithm of the sum over all alignments, -inf if there is none."""
    return _forward(f, xp)[0].over(f.final, xp)


def occupancies(f: Frames, xp: Any) -> Array:
    """(T, ..., S): the probability that an alignment is in each state at each frame."""
    _, ahead = _forward(f, xp)
    _, back = _backward(f, xp)
    emitted = xp.where(f.log_probs > -inf, f.log_probs, 0.0)
    return shares(xp.where(f.log_probs > -inf, ahead + back - emitted, -inf), f.active, xp)


def _forward(f: Frames, xp: Any) -> tuple[Sums, Array]:
    """From the state before the first frame, which acts as the first blank: the first label can follow it."""
    nothing = xp.zeros_like(f.log_probs[0, ...])
    start = xp.where(xp.arange_like(nothing) == 0, nothing, -inf)

    def reach(x: Array) -> tuple[Array, Array, Array]:
        return x, shifted(x, 1, xp), xp.where(f.skips, shifted(x, 2, xp), -inf)

    return _recursion(f, start, reach, xp, reverse=False)


def _backward(f: Frames, xp: Any) -> tuple[Sums, Array]:
    """From after the last frame, which acts as the last blank. The state that a skip leads to allows it."""
    start = xp.where(f.last, xp.zeros_like(f.log_probs[0, ...]), -inf)

    def reach(x: Array) -> tuple[Array, Array, Array]:
        return x, shifted(x, -1, xp), shifted(xp.where(f.skips, x, -inf), -2, xp)

    return _recursion(f, start, reach, xp, reverse=True)


def _recursion(
    f: Frames, start: Array, reach: Callable[[Array], tuple[Array, ...]], xp: Any, reverse: bool
) -> tuple[Sums, Array]:
    def advance(logs: Array, log_probs: Array) -> Array:
        return log_of_sum(*reach(logs), xp=xp) + log_probs

    return recursion(advance, start, (f.log_probs,), f.active, xp, reverse)
