"""Softmax with everything that the losses on it need, each part to a few ULP.

The exponentials are exp(z - c), with c from the largest logit m of a row: 0 for 0 <= m < T + 1, otherwise an
integer that brings m into [T, T + 1), or for m < 0 into [0, 1). T is as large as the sum of many exponentials
allows. The usual c = m rounds z - m, which exp turns into a relative error of |z - m| half ULPs. z - c is
exact, except for classes e^T times less probable than the largest.
"""

from math import exp, floor, inf, log, nan
from typing import Any, NamedTuple

from lossary._math._basics import least
from lossary._math._rows import others
from lossary._typing import Again, Array

_ROOM = 18
"""e^17 exponentials can be summed."""
_CERTAIN = 40.0
"""For two logits this far apart, the lower one's exponential does not affect the sum."""
_LEAST, _MOST = 0.5, exp(35.0)
"""If the sum of a row's exponentials is between them, its logits need no subtraction."""


class Softmax:
    """Softmax over the last axis, its complement, and its negative logarithm, each computed when first used.

    With the largest logit at i, e_j = exp(z_j - c), and s the sum of the *others*, e_j for j ≠ i:

        p_j = e_j / (e_i + s),  1 - p_i = s / (e_i + s),  -log p_j = (z_i - z_j) + log1p(s / e_i).

    Excluding i from the sum keeps the digits of a confident row: 1 - p_i = 1e-20 is a sum of small numbers
    here, while 1 - 1/sum would be 0. A logit of -inf excludes a class; +inf is certainty; rows without an
    answer give NaN.
    """

    def __init__(self, z: Array, xp: Any):
        z = xp.widened(z)
        self._z, self._xp = z, xp
        self._place, self._m = xp.top(z)
        m = self._m
        if not xp.is_quick:
            most = float(xp.finfo(z.dtype).max)
            z, m = least(z, most, xp), least(m, most, xp)
        c = _center(m, xp)
        self._e = xp.exp(z - c)
        self._top = xp.exp(m - c)
        self._rest = xp.sum_besides(self._e, self._place, self._top)
        if not xp.is_quick:  # two infinite logits
            self._rest = xp.where((self._m == inf) & (self._rest > 0.5), nan, self._rest)
        self._whole = self._top + self._rest
        self._p = self._q = self._nll = None

    @classmethod
    def twice(cls, z: Array, xp: Any, again: Again) -> tuple["Softmax", "Softmax"]:
        """For a value and a gradient, which share it unless it is computed again."""
        at = cls(z, xp)
        return at, at if again is None else cls(again(z), xp)

    @property
    def p(self) -> Array:
        if self._p is None:
            self._p = self._e / self._whole
        return self._p

    @property
    def q(self) -> Array:
        """1 - p"""
        if self._q is None:
            self._q = self._xp.put(1.0 - self.p, self._place, self._rest / self._whole)
        return self._q

    @property
    def nll(self) -> Array:
        """-log p"""
        if self._nll is None:
            behind = self._m - self._z
            if not self._xp.is_quick:  # infinity minus infinity
                behind = self._xp.put(behind, self._place, 0.0)
            self._nll = behind + self._log_whole
        return self._nll

    @property
    def largest(self) -> Array:
        """Where p is largest."""
        return self._xp.positions(self._z, self._place)

    @property
    def log_sum_exp(self) -> Array:
        """log Σ exp(z_j)"""
        return (self._m + self._log_whole)[..., 0]

    @property
    def _log_whole(self) -> Array:
        """The same, minus the largest logit."""
        return self._xp.log1p(self._rest / self._top)

    def minus(self, t: Array) -> Array:
        """T·p - t for amounts t, T their sum, as (T - t)·p - t·(1 - p), where nothing cancels near p = 1."""
        return others(t, self.largest, self._xp) * self.p - t * self.q


def softmax_tangent(v: Array, at: Softmax, xp: Any) -> Array:
    """v_j - Σ p_k·v_k = q_j·v_j - Σ_{k≠j} p_k·v_k, the tangent of log p; exact even where p_j is near 1."""
    return at.q * v - others(at.p * v, at.largest, xp)


def neg_log_softmax(z: Array, ids: Array, xp: Any) -> Array:
    """-log p of the class in `ids` for each row.

    With r the sum of e_j over the other classes, it is log1p(r / e_y). Where e_y would be lost in the sum, it
    is the value for a class 40 below the largest, plus the remaining distance.
    """
    return _neg_log(_besides(z, (ids,), xp)[0], xp)


def softmax_minus_label(z: Array, ids: Array, xp: Any) -> Array:
    """Softmax minus 1 at the class in `ids`: -(1 - p) there, exact even where p is near 1."""
    (row,) = _besides(z, (ids,), xp)
    return _minus_label(row.e, row, ids, xp)


def neg_log_softmax_and_slope(z: Array, ids: Array, xp: Any, again: Again) -> tuple[Array, Array]:
    """Both of the above, which share everything; with `again`, the exponentials are computed again."""
    (row,) = _besides(z, (ids,), xp)
    return _neg_log(row, xp), _minus_label(_exponentials(z, row, xp, again), row, ids, xp)


class OfLabel(NamedTuple):
    """p, 1 - p and -log p of one class of each row."""

    p: Array
    q: Array
    nll: Array


def softmax_of_label(z: Array, ids: Array, xp: Any) -> OfLabel:
    """The softmax of the class in `ids`."""
    return _of_label(_besides(z, (ids,), xp)[0], xp)


def softmax_of_label_and_slope(z: Array, ids: Array, xp: Any, again: Again) -> tuple[OfLabel, Array]:
    """The same and `softmax_minus_label`, computed as in `neg_log_softmax_and_slope`."""
    (row,) = _besides(z, (ids,), xp)
    return _of_label(row, xp), _minus_label(_exponentials(z, row, xp, again), row, ids, xp)


class OfTwo(NamedTuple):
    """The softmax of two classes of each row, and what is needed for a gradient in all."""

    first: OfLabel
    second: OfLabel
    ids: tuple[Array, Array]
    e: Array
    whole: Array

    def weighted(self, amount: Array, of_both: tuple[Array, Array], xp: Any) -> Array:
        """amount·p_j for each class j, and other numbers for the two; it may overwrite the exponentials."""
        factor = (amount / self.whole)[..., None]
        x = xp.multiply(self.e, factor, out=self.e) if xp.overwrites else self.e * factor
        return self.put(x, of_both, xp)

    def put(self, x: Array, of_both: tuple[Array, Array], xp: Any) -> Array:
        """x with the elements of the two classes replaced."""
        for ids, value in zip(self.ids, of_both, strict=True):
            x = xp.put(x, ids, value[..., None])
        return x


def softmax_of_two(z: Array, ids: tuple[Array, Array], xp: Any, again: Again = None) -> OfTwo:
    """The softmax of two classes, which may be the same one, in a single pass over each row."""
    first, second = _besides(z, ids, xp)
    e = _exponentials(z, first, xp, again)
    return OfTwo(_of_label(first, xp), _of_label(second, xp), ids, e, first.whole)


class _Row(NamedTuple):
    """The exponentials, their sum without the label's, the label's own, the shift c, and, relative to c, the
    largest logit and the label's.
    """

    e: Array
    rest: Array
    own: Array
    c: Array
    top: Array
    y: Array

    @property
    def whole(self) -> Array:
        return self.rest + self.own


def _exponentials(z: Array, row: _Row, xp: Any, again: Again) -> Array:
    if again is None:
        return row.e
    return xp.exp(least(again(z), float(xp.finfo(z.dtype).max), xp) - row.c[..., None])


def _of_label(row: _Row, xp: Any) -> OfLabel:
    whole = row.whole
    return OfLabel(row.own / whole, row.rest / whole, _neg_log(row, xp))


def _neg_log(row: _Row, xp: Any) -> Array:
    near = xp.maximum(row.y, row.top - _CERTAIN)
    return xp.log1p(row.rest / xp.exp(near)) + (near - row.y)


def _minus_label(e: Array, row: _Row, ids: Array, xp: Any) -> Array:
    whole = row.whole
    p = xp.divide(e, whole[..., None], out=e) if xp.overwrites else e / whole[..., None]
    return xp.put(p, ids, -(row.rest / whole)[..., None])


def _besides(z: Array, ids: tuple[Array, ...], xp: Any) -> list[_Row]:
    """For each of one or two classes, the row without it."""
    ys = [xp.pick(z, of) for of in ids]
    if xp.is_quick:
        zero = xp.zeros_like(ys[0])
        rows = _rows(*_without(xp.exp(z), ids, xp), zero, zero, ys, ids, xp)
        whole = rows[0].whole
        if whole.size and xp.min(whole) >= _LEAST and xp.max(whole) <= _MOST:
            return rows
        m = xp.max(z, axis=-1)
        c = _center(m, xp)
        hi = z - c[..., None]
        return _rows(*_without(xp.exp(hi, out=hi), ids, xp), c, m - c, [y - c for y in ys], ids, xp)
    m = xp.widened(xp.max(z, axis=-1))
    certain = m == inf
    largest = float(xp.finfo(z.dtype).max)
    c = _center(least(m, largest, xp), xp)
    hi = least(z, largest, xp) - c[..., None]
    e, rest = _without(xp.exp(hi, out=hi) if xp.overwrites else xp.exp(hi), ids, xp)
    top = xp.where(certain, 0.0, m - c)
    ys = [xp.where(certain, xp.where(y == inf, top, -inf), y - c) for y in ys]
    return [
        row._replace(rest=xp.where(certain & (row.whole > 1.0), nan, row.rest))
        for row in _rows(e, rest, c, top, ys, ids, xp)
    ]


def _rows(
    e: Array, rest: Array, c: Array, top: Array, ys: list[Array], ids: tuple[Array, ...], xp: Any
) -> list[_Row]:
    """The rows without each class, from the sum without all of them."""
    owns = [xp.exp(y) for y in ys]
    if len(ids) == 1:
        return [_Row(e, rest, owns[0], c, top, ys[0])]
    same = ids[0] == ids[1]
    return [_Row(e, rest + xp.where(same, 0.0, owns[1 - i]), owns[i], c, top, ys[i]) for i in range(2)]


def _without(e: Array, ids: tuple[Array, ...], xp: Any) -> tuple[Array, Array]:
    """The exponentials, and their sums without some of each row, which may be overwritten."""
    left = e
    for of in ids:
        left = xp.put(left, of, 0.0)
    return e, xp.sum(left, axis=-1)


def _center(m: Array, xp: Any) -> Array:
    """The shift for logits with maximum `m`."""
    limit = floor(log(float(xp.finfo(m.dtype).max))) - _ROOM
    whole = xp.floor(m)
    return whole - xp.within(whole, 0.0, float(limit))
