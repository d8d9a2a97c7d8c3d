"""Norms of rows (the last axis) with their derivatives, which are all 0 for a row of zeros.

With m the largest |x_j| of a row, r = |x| / m and S = sum r^p, the p-norm and its derivatives are

    N = m S^(1/p),   u_j = sign(x_j) r_j^(p-1) S^(1/p - 1),
    dN_j/dx_k = (p-1)/N (δ_jk w_j - u_j u_k)   with w_j = r_j^(p-2) S^(2/p - 1).

For p = 2, a power of two replaces m, which avoids rounding. The diagonal of the second derivative is w_j
times the other elements' part of S: a sum without x_j, not a difference from 1.
"""

from math import inf
from typing import Any, NamedTuple

from lossary._math._basics import is_number, times
from lossary._math._power import power
from lossary._math._rows import besides, total
from lossary._math._scale import scaled, squares_are_exact
from lossary._typing import Array, Number


def norm(x: Array, order: Number, xp: Any) -> Array:
    """The p-norm of each row, for p = `order` from 1 to infinity."""
    if is_number(order, 2):
        return _euclidean(x, xp)
    if is_number(order, 1):
        return xp.sum(_sizes(x, xp), axis=-1)
    if is_number(order, inf):
        return xp.row_max(_sizes(x, xp))
    at = _ratios(x, order, xp)
    return xp.where(at.empty, 0.0, at.m * power(at.s, 1.0 / order, xp) * at.back)[..., 0]


def norm_grad(x: Array, order: Number, xp: Any) -> Array:
    """u: a row's direction, with length 1 for p = 2. At the kinks of a norm, where x_j = 0, u_j is 0."""
    if is_number(order, 2):
        y, root, _, empty = _root(x, xp)
        u = y * (1.0 / root)
        return xp.where(empty, 0.0, u) if xp.is_differentiated else u
    if is_number(order, inf):
        a = xp.abs(x)
        tops = xp.where(a == xp.max(a, axis=-1, keepdims=True), xp.ones_like(a), 0.0)
        return xp.sign(x) * tops / total(tops, xp)
    at = _ratios(x, order, xp)
    return xp.sign(x) * power(at.r, order - 1.0, xp) * power(at.s, 1.0 / order - 1.0, xp)


def direction_and_length(x: Array, xp: Any) -> tuple[Array, Array]:
    """Each row's direction, 0 for a row of zeros, and its length, with an axis of length 1."""
    length = _length(x, xp)
    if length is not None:
        return x * (1.0 / length), length
    if not xp.overwrites:  # what they share would make XLA slower
        return norm_grad(x, 2.0, xp), norm(x, 2.0, xp)[..., None]
    y, root, back, empty = _root(x, xp)
    return y * (1.0 / root), xp.where(empty, 0.0, root * back)


def norm_hess(x: Array, order: Number, xp: Any) -> Array:
    """The diagonal of the second derivative; 0 where it would be infinite, at x_j = 0 for p < 2."""
    if is_number(order, 1) or is_number(order, inf):
        return xp.zeros_like(x)
    if is_number(order, 2):
        y, up, _, empty = scaled(x, xp)
        squares = y * y
        s = xp.where(empty, 1.0, total(squares, xp))
        return besides(squares, xp) * (1.0 / s) * (up / xp.sqrt(s))
    at = _ratios(x, order, xp)
    t = power(at.r, order, xp)
    w = xp.where(at.r == 0, 0.0, power(xp.where(at.r == 0, 1.0, at.r), order - 2.0, xp))
    per_size = (at.up / at.m) * power(at.s, 1.0 / order - 1.0, xp)
    return times(order - 1.0, w * (besides(t, xp) / at.s) * per_size, xp)


def norm_hvp(v: Array, x: Array, order: Number, xp: Any) -> Array:
    """The second derivative times v."""
    if is_number(order, 1) or is_number(order, inf):
        return xp.zeros_like(x)
    u = norm_grad(x, order, xp)
    size = norm(x, order, xp)[..., None]
    bent = u * besides(u * v, xp, u) / xp.where(size == 0, 1.0, size)
    return norm_hess(x, order, xp) * v - times(order - 1.0, bent, xp)


def _euclidean(x: Array, xp: Any) -> Array:
    length = _length(x, xp)
    if length is not None:
        return length[..., 0]
    _, root, back, empty = _root(x, xp)
    return xp.where(empty, 0.0, root * back)[..., 0]


def _length(x: Array, xp: Any) -> Array | None:
    """The length of each row without scaling; None unless that is known to be exact."""
    if not xp.reads:
        return None
    s = xp.row_dot(x, x)
    return xp.sqrt(s) if squares_are_exact(s, xp) else None


def _root(x: Array, xp: Any) -> tuple[Array, Array, Array, Array]:
    """Scaled rows, their lengths (1 for a row of zeros), the factors back, and which rows are all zeros."""
    y, _, back, empty = scaled(x, xp)
    return y, xp.sqrt(xp.where(empty, 1.0, total(y * y, xp))), back, empty


class _Ratios(NamedTuple):
    """r, S and m, with m in other units."""

    r: Array
    s: Array
    m: Array
    up: Array
    """The factor that brings x to the units of m."""
    back: Array
    empty: Array
    """Which rows are all zeros; for them r is 0, and S and m are 1."""


def _ratios(x: Array, order: Number, xp: Any) -> _Ratios:
    # Scale by a power of two first: XLA divides by multiplying with 1/m, which underflows for the largest m.
    y, up, back, empty = scaled(x, xp)
    a = _sizes(y, xp)
    m = xp.max(a, axis=-1, keepdims=True)
    m = xp.where(empty | (m == inf), 1.0, m)
    r = a / m
    return _Ratios(r, xp.where(empty, 1.0, total(power(r, order, xp), xp)), m, up, back, empty)


def _sizes(x: Array, xp: Any) -> Array:
    """|x|, with derivative 0 at 0."""
    if xp.is_differentiated:
        return xp.where(x > 0, x, xp.where(x < 0, -x, 0.0 * x))
    return xp.abs(x)
