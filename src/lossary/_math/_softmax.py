"""Softmax with everything that the losses on it need, each part to a few ULP.

Exponentials are taken of z - c with c from the largest logit m of a row: 0 for 0 <= m <= T, else a whole
number that brings m into (T - 1, T], or for m < 0 into [0, 1). T is as large as the sum of many
exponentials allows. The usual c = m rounds z - m, which exp turns into a relative error of |z - m| half
ULPs; z - c has no error at all, but for classes beside which the largest is e^T times as probable.
"""

from collections.abc import Callable
from math import floor, inf, log, nan
from typing import Any, NamedTuple

from lossary._math._basics import least, relu
from lossary._math._rows import others, put, total
from lossary._typing import Array

_ROOM = 18
"""e^18 exponentials can be summed."""
_CERTAIN = 40.0
"""Of two logits so far apart the lower one's exponential is not seen in the sum."""
_NEAR = 35.0
"""Between -35 and 35 nothing needs to be subtracted."""


class Softmax(NamedTuple):
    """Of each row of logits: p, 1 - p, -log p, and where p is largest."""

    p: Array
    q: Array
    nll: Array
    largest: Array


def softmax(z: Array, xp: Any) -> Softmax:
    """Softmax, its complement and its negative logarithm over the last axis.

    With the largest logit at i, e_j = exp(z_j - c), and s the sum of the *others*, e_j for j ≠ i:

        p_j = e_j / (e_i + s),  1 - p_i = s / (e_i + s),  -log p_j = (z_i - z_j) + log1p(s / e_i).

    Leaving i out of the sum keeps what a confident row is about: 1 - p_i = 1e-20 is a sum of small
    numbers here, where 1 - 1/sum would be 0.
    A logit of -inf is a class that cannot be; +inf is certainty; rows without an answer give NaN.
    """
    z = xp.widened(z)
    largest = xp.argmax(z, axis=-1)
    m = xp.pick(z, largest)[..., None]
    c = _center(m, xp)
    e = xp.exp(z - c)
    nll = m - z
    top = xp.exp(m - c if xp.is_quick else xp.where(m == inf, 0.0, m - c))
    s = total(put(e, largest, 0.0, xp), xp)
    whole = top + s
    p = put(e, largest, top, xp) / whole
    q = put(1.0 - p, largest, s / whole, xp)
    if not xp.is_quick:
        nll = put(nll, largest, 0.0, xp)
    return Softmax(p, q, nll + xp.log1p(s / top), xp.positions(z, largest))


def softmax_tangent(v: Array, at: Softmax, xp: Any) -> Array:
    """v_j - Σ p_k·v_k = q_j·v_j - Σ_{k≠j} p_k·v_k, the tangent of log p: exact also where p_j is nearly 1."""
    return at.q * v - others(at.p * v, at.largest, xp)


def log_sum_exp(z: Array, at: Softmax, xp: Any) -> Array:
    """log Σ exp(z_j), from any logit and its -log p: from the largest, of which both are exact."""
    largest = xp.argmax(z, axis=-1)
    return xp.pick(z, largest) + xp.pick(at.nll, largest)


def neg_log_softmax(z: Array, ids: Array, xp: Any) -> Array:
    """-log p of the class that `ids` names in each row.

    With r the sum of e_j over all other classes it is log1p(r / e_y), or, where e_y would be lost in the
    sum, that of a class 40 below the largest and the rest of the way.
    """
    return _neg_log(_besides(z, ids, xp), xp)


def softmax_minus_label(z: Array, ids: Array, xp: Any) -> Array:
    """Softmax less 1 at the class that `ids` names: -(1 - p) there, exact also where p is nearly 1."""
    row = _besides(z, ids, xp)
    return _minus_label(row.e, row, ids, xp)


def neg_log_softmax_and_slope(
    z: Array, ids: Array, xp: Any, again: Callable[[Array], Array] | None
) -> tuple[Array, Array]:
    """Both of the above, which have all but the exponentials in common; with `again` not these either."""
    row = _besides(z, ids, xp)
    return _neg_log(row, xp), _minus_label(_exponentials(z, row, xp, again), row, ids, xp)


class OfLabel(NamedTuple):
    """p, 1 - p and -log p of one class of each row."""

    p: Array
    q: Array
    nll: Array


def softmax_of_label(z: Array, ids: Array, xp: Any) -> OfLabel:
    """The softmax of the class that `ids` names."""
    return _of_label(_besides(z, ids, xp), xp)


def softmax_of_label_and_slope(
    z: Array, ids: Array, xp: Any, again: Callable[[Array], Array] | None
) -> tuple[OfLabel, Array]:
    """The same, and `softmax_minus_label`, as `neg_log_softmax_and_slope` does it."""
    row = _besides(z, ids, xp)
    return _of_label(row, xp), _minus_label(_exponentials(z, row, xp, again), row, ids, xp)


class _Row(NamedTuple):
    """The exponentials, all but the label's summed, what was subtracted; less that: the largest logit, the
    label's.
    """

    e: Array
    rest: Array
    c: Array
    top: Array
    y: Array


def _exponentials(z: Array, row: _Row, xp: Any, again: Callable[[Array], Array] | None) -> Array:
    if again is None:
        return row.e
    return xp.exp(least(again(z), float(xp.finfo(z.dtype).max), xp) - row.c[..., None])


def _of_label(row: _Row, xp: Any) -> OfLabel:
    e = xp.exp(row.y)
    whole = row.rest + e
    return OfLabel(e / whole, row.rest / whole, _neg_log(row, xp))


def _neg_log(row: _Row, xp: Any) -> Array:
    low = row.top - _CERTAIN
    below = relu(low - row.y, xp)
    return xp.log1p(row.rest / xp.exp(xp.where(below > 0, low, row.y))) + below


def _minus_label(e: Array, row: _Row, ids: Array, xp: Any) -> Array:
    whole = row.rest + xp.exp(row.y)
    p = xp.divide(e, whole[..., None], out=e) if xp.overwrites else e / whole[..., None]
    return put(p, ids, -(row.rest / whole)[..., None], xp)


def _besides(z: Array, ids: Array, xp: Any) -> _Row:
    y = xp.pick(z, ids)
    if xp.is_quick:
        zero = xp.zeros_like(y)
        if z.size and xp.min(z) >= -_NEAR and xp.max(z) <= _NEAR:
            return _Row(*_but_one(xp.exp(z), ids, xp), zero, zero, y)
        m = xp.max(z, axis=-1)
        c = _center(m, xp)
        hi = z - c[..., None]
        return _Row(*_but_one(xp.exp(hi, out=hi), ids, xp), c, m - c, y - c)
    m = xp.widened(xp.max(z, axis=-1))
    certain = m == inf
    largest = float(xp.finfo(z.dtype).max)
    c = _center(least(m, largest, xp), xp)
    hi = least(z, largest, xp) - c[..., None]
    e, rest = _but_one(xp.exp(hi, out=hi) if xp.overwrites else xp.exp(hi), ids, xp)
    y = xp.where(certain, xp.where(y == inf, xp.zeros_like(y), -inf), y - c)
    rest = xp.where(certain & (rest + xp.exp(y) > 1.0), nan, rest)
    return _Row(e, rest, c, xp.where(certain, 0.0, m - c), y)


def _but_one(e: Array, ids: Array, xp: Any) -> tuple[Array, Array]:
    """The exponentials and their sums without one of each row, which may be overwritten."""
    return e, xp.sum(put(e, ids, 0.0, xp), axis=-1)


def _center(m: Array, xp: Any) -> Array:
    """What is subtracted from logits of which `m` is the largest."""
    limit = floor(log(float(xp.finfo(m.dtype).max))) - _ROOM
    return xp.maximum(xp.ceil(m - limit), xp.zeros_like(m)) + xp.minimum(xp.floor(m), xp.zeros_like(m))
