"""Softmax with everything that the losses on it need, each part to a few ULP."""

from typing import Any, NamedTuple

from lossary._math._basics import is_quick
from lossary._math._rows import others, pick, positions, total
from lossary._typing import Array


class Softmax(NamedTuple):
    """Of each row of logits: p, 1 - p, -log p, and where p is largest."""

    p: Array
    q: Array
    nll: Array
    largest: Array


def softmax(z: Array, xp: Any) -> Softmax:
    """Softmax, its complement and its negative logarithm over the last axis.

    With m the largest logit, at i, and e_j = exp(z_j - m) of the *others* (e_i would be 1):

        -log p_j = (m - z_j) + log1p(sum e),  p_j = e_j / (1 + sum e),  1 - p_i = sum e / (1 + sum e).

    Leaving i out of the sum keeps what a confident row is about: 1 - p_i = 1e-20 is a sum of small
    numbers here, where 1 - 1/sum would be 0. The rounding error of z_j - m, which exp would turn into a
    relative error of |z_j - m| half ULPs, is recovered exactly (Knuth's two-sum) and multiplied in.
    A logit of -inf is a class that cannot be; +inf is certainty; rows without an answer give NaN.
    """
    largest, hi, lo, e, s = _shifted(z, xp)
    whole = 1.0 + s
    p = e / whole
    q = 1.0 - p
    return Softmax(
        _put(p, largest, 1.0 / whole, xp),
        _put(q, largest, s / whole, xp),
        (xp.log1p(s) - lo) - hi,
        positions(z, largest),
    )


def softmax_tangent(v: Array, at: Softmax, xp: Any) -> Array:
    """v_j - Σ p_k·v_k = q_j·v_j - Σ_{k≠j} p_k·v_k, the tangent of log p: exact also where p_j is nearly 1."""
    return at.q * v - others(at.p * v, at.largest, xp)


def neg_log_softmax(z: Array, xp: Any, ids: Array = None) -> Array:
    """The last part of :func:`softmax` alone; with `ids` that of the classes they name."""
    _, hi, lo, _, s = _shifted(z, xp)
    if ids is None:
        return (xp.log1p(s) - lo) - hi
    return (xp.log1p(s[..., 0]) - pick(lo, ids)) - pick(hi, ids)


def softmax_minus_label(z: Array, ids: Array, xp: Any) -> Array:
    """Softmax less 1 at the class that `ids` names: -(1 - p) there, exact also where p is nearly 1."""
    largest, _, _, e, s = _shifted(z, xp)
    whole = 1.0 + s
    p = _put(e / whole, largest, 1.0 / whole, xp)
    q = xp.where(largest == ids, s[..., 0] / whole[..., 0], 1.0 - pick(p, ids))
    return _put(p, ids, -q[..., None], xp)


def _put(x: Array, ids: Array, value: Array, xp: Any) -> Array:
    """x with one element of each row replaced; `value` has an axis of length 1 for the classes."""
    if is_quick(xp):
        xp.put_along_axis(x, ids[..., None], value, axis=-1)
        return x
    return xp.where(positions(x, ids), value, x)


def _shifted(z: Array, xp: Any) -> tuple[Array, Array, Array, Array, Array]:
    """Which is the largest; z - m and its rounding error; e of the others and its sum."""
    largest = xp.argmax(z, axis=-1)
    m = pick(z, largest)[..., None]
    if is_quick(xp):  # right unless something is infinite
        hi = z - m
        shift = hi - z
        lo = hi - shift
        xp.subtract(z, lo, out=lo)
        xp.subtract(lo, xp.add(shift, m, out=shift), out=lo)
        e = xp.exp(hi)
        xp.add(e, xp.multiply(e, lo, out=shift), out=e)
    else:
        hi, lo = _difference(z, m, xp)
        at_largest = positions(z, largest)
        hi = xp.where(at_largest, 0.0, hi)
        lo = xp.where(at_largest, 0.0, lo)
        e = xp.exp(hi)
        e = e + e * lo
    e = _put(e, largest, xp.zeros_like(m), xp)
    return largest, hi, lo, e, total(e, xp)


def _difference(a: Array, b: Array, xp: Any) -> tuple[Array, Array]:
    """a - b, rounded, and its rounding error."""
    hi = a - b
    shift = hi - a
    lo = (a - (hi - shift)) - (b + shift)
    return hi, xp.where(xp.isfinite(lo), lo, 0.0)
