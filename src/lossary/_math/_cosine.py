"""The angle between rows (the last axis), accurate to the last bits even for nearly parallel rows.

With u and v the directions of a and b, and c = u·v, everything follows from rest = v - c u, the part of v
orthogonal to u:

    1 - |c| = |rest|² / (1 + |c|),   dc/da = rest / |a|.

For nearly parallel rows, rest is small compared with v, and a rounded product c u_j would ruin it. Therefore
u is split into halves, and c is applied in steps of half its digits: the products are exact, whether or not a
compiler rounds them before it subtracts.
"""

from typing import Any, NamedTuple

from lossary._math._exactly import exact_sum, halves
from lossary._math._rows import total
from lossary._math._scale import scaled, squares_are_exact
from lossary._typing import Array


class Cosine(NamedTuple):
    """The cosine of two rows; c and `rest` are 0 if either is all zeros. Numbers have an axis of length 1."""

    c: Array
    gap: Array
    """1 - |c|, never negative."""
    rest: Array
    per_size: Array
    """1 / |a|."""


def cosine(a: Array, b: Array, xp: Any) -> Cosine:
    """The cosine of the angle between a and b, and the terms of its derivative in a."""
    if not xp.is_quick:
        return _cosine(a, b, xp)
    aa, bb, ab = xp.row_dot(a, a), xp.row_dot(b, b), xp.row_dot(a, b)
    if not (squares_are_exact(aa, xp) and squares_are_exact(bb, xp)):
        return _cosine(a, b, xp)
    per_a, per_b = 1.0 / xp.sqrt(aa), 1.0 / xp.sqrt(bb)
    c = ab * per_a * per_b
    size = xp.abs(c)
    at = Cosine(c, 1.0 - size, b * per_b - a * (c * per_a), per_a)
    near = (size > _NEAR)[..., 0]
    if xp.any(near):
        for whole, part in zip(at, _cosine(a[near], b[near], xp), strict=True):
            whole[near] = part
    return at


_NEAR = 0.5
"""Up to this cosine, subtracting a rounded cosine is accurate enough."""


def _cosine(a: Array, b: Array, xp: Any) -> Cosine:
    a, up, _, no_a = scaled(a, xp)
    b, _, _, no_b = scaled(b, xp)
    aa = xp.where(no_a, 1.0, total(a * a, xp))
    bb = xp.where(no_b, 1.0, total(b * b, xp))
    ab = total(a * b, xp)
    empty = no_a | no_b
    per_a = 1.0 / xp.sqrt(aa)
    per_b = xp.where(empty, 0.0, 1.0 / xp.sqrt(bb))
    rest = _rejection(b, a, ab, aa, xp) * per_b
    c = ab * per_a * per_b
    size = xp.where(c > 0, c, -c)
    # It is 0 there already, but XLA:CPU is three times as fast if a `where` separates this sum from the rest.
    gap = xp.where(empty, 0.0, total(rest * rest, xp)) / (1.0 + size)
    near = size > _NEAR
    c = xp.where(near, xp.sign(c) * (1.0 - gap), c)
    return Cosine(c, xp.where(near, gap, 1.0 - size), rest, up * per_a)


def _rejection(b: Array, a: Array, ab: Array, aa: Array, xp: Any) -> Array:
    """b - (a·b / a·a) a, accurate even if it is tiny compared with b.

    Each step shrinks the part along a, and the rounding error, by half the digits.
    """
    high, low = halves(a, xp)
    c = halves(ab / aa, xp)[0]
    r, lost = exact_sum(b - c * high, -c * low, xp)
    c = halves(total(r * a, xp) / aa, xp)[0]
    r = (r - c * high) + (lost - c * low)
    return r - total(r * a, xp) / aa * a
