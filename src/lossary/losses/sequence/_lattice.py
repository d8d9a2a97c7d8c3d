"""Sums over all paths of a transducer, along the diagonals of its lattice.

At node (t, u), a path is in frame t after u labels. A blank leads to (t + 1, u), the next label to
(t, u + 1). A path ends with the blank that leaves the last frame after the last label. Either step leads to
the next diagonal t + u, so all nodes of a diagonal are computed at once, in T + L steps. The states are the u
of a diagonal.
"""

from math import inf
from typing import Any, NamedTuple

from lossary._typing import Array
from lossary.losses.sequence._recursion import Sums, log_of_sum, recursion, shares, shifted


class Lattice(NamedTuple):
    """What the recursions need for a batch of sequences. T + L diagonals come first, L + 1 states last."""

    blanks: Array
    """(T + L, ..., L + 1): the log-probability of a blank, -inf where no path has one."""
    labels: Array
    """The same for the next label."""
    active: Array
    """(T + L, ..., 1): whether paths go on from the diagonal."""
    last: Array
    """(..., L + 1): whether all labels have been emitted."""


def lattice(blanks: Array, labels: Array, frame_count: Array, label_count: Array, xp: Any) -> Lattice:
    """From log-probabilities of the blank and of the next label at each node, (..., T, L + 1)."""
    time, size = blanks.shape[-2:]
    steps = time + size - 1
    u = xp.astype(xp.arange_beside(size, blanks), blanks.dtype)
    n = xp.astype(xp.arange_beside(steps, blanks), blanks.dtype)
    n = xp.reshape(n, (steps, *[1] * (len(blanks.shape) - 1)))
    t = n - u
    end, most = frame_count[..., None], label_count[..., None]
    inside = (t >= 0) & (t < end) & (u <= most)
    may_leave = inside & ((t < end - 1) | (u == most))
    return Lattice(
        xp.where(may_leave, _diagonals(blanks, xp), -inf),
        xp.where(inside & (u < most), _diagonals(labels, xp), -inf),
        n < end + most,
        u == most,
    )


class Steps(NamedTuple):
    """How likely a path takes each step of the lattice, given the labels; (..., T, L + 1)."""

    blanks: Array
    labels: Array


def log_likelihood(f: Lattice, xp: Any) -> Array:
    """The logarithm of the sum over all paths, -inf if there is none."""
    return _forward(f, xp)[0].over(f.last, xp)


def log_likelihood_and_steps(f: Lattice, xp: Any) -> tuple[Array, Steps]:
    """The same, with the probability of each step; 0 if there is no path."""
    sums, ahead = _forward(f, xp)
    back = _backward(f, xp)
    logs = (ahead + f.blanks + back, ahead + f.labels + shifted(back, -1, xp))
    e = shares(xp.concat(logs, axis=-1), f.active, xp)
    size = f.last.shape[-1]
    return sums.over(f.last, xp), Steps(_nodes(e[..., :size], xp), _nodes(e[..., size:], xp))


def _forward(f: Lattice, xp: Any) -> tuple[Sums, Array]:
    """The sums over paths from the first node; and the logarithms on each diagonal, before its step."""
    nothing = xp.zeros_like(f.blanks[0, ...])
    start = xp.where(xp.arange_like(nothing) == 0, nothing, -inf)

    def advance(logs: Array, blanks: Array, labels: Array) -> Array:
        return log_of_sum(logs + blanks, shifted(logs + labels, 1, xp), xp=xp)

    sums, after = recursion(advance, start, (f.blanks, f.labels), f.active, xp, reverse=False)
    return sums, xp.concat([start[None, ...], after[:-1, ...]], axis=0)


def _backward(f: Lattice, xp: Any) -> Array:
    """The logarithms of the sums over paths to the last node, after the step from each diagonal."""
    start = xp.where(f.last, xp.zeros_like(f.blanks[0, ...]), -inf)

    def advance(logs: Array, blanks: Array, labels: Array) -> Array:
        return log_of_sum(logs + blanks, shifted(logs, -1, xp) + labels, xp=xp)

    _, before = recursion(advance, start, (f.blanks, f.labels), f.active, xp, reverse=True)
    return xp.concat([before[1:, ...], start[None, ...]], axis=0)


def _diagonals(x: Array, xp: Any) -> Array:
    """(..., T, U) to (T + U - 1, ..., U).

    The T numbers of each state, filled up to T + U, are cut into rows of one less, so that each state begins
    one later than the state before.
    """
    *batch, time, size = xp.sized(x.shape, x)
    padding = xp.broadcast_to(xp.zeros_like(x[..., :1, :]), (*batch, size, size))
    states = xp.matrix_transpose(xp.concat([x, padding], axis=-2))
    row = xp.reshape(states, (*batch, size * (time + size)))[..., :-size]
    return xp.moveaxis(xp.reshape(row, (*batch, size, time + size - 1)), -1, 0)


def _nodes(x: Array, xp: Any) -> Array:
    """Undo `_diagonals`."""
    steps, *batch, size = xp.sized(x.shape, x)
    row = xp.reshape(xp.moveaxis(x, 0, -1), (*batch, size * steps))
    row = xp.concat([row, xp.zeros_like(row[..., :size])], axis=-1)
    states = xp.reshape(row, (*batch, size, steps + 1))
    return xp.matrix_transpose(states[..., : steps + 1 - size])
