"""The angle between rows (the last axis), accurate to the last bits even for nearly parallel rows.

With u and v the directions of a and b, and c = u·v, everything follows from rest = v - c u, the part of v
orthogonal to u:

    1 - |c| = |rest|² / (1 + |c|),   dc/da = rest / |a|.

For nearly parallel rows, rest is small compared with v, and a rounded product c u_j would ruin it. Therefore
u is split into halves, and c is applied in steps of half its digits: the products are exact, whether or not a
compiler rounds them before it subtracts.
"""

from collections.abc import Callable
from typing import Any

from lossary._math._exactly import exact_sum, halves
from lossary._math._rows import total
from lossary._math._scale import scaled, squares_are_exact
from lossary._typing import Array


class Cosine:
    """The cosine of two rows; c and `rest` are 0 if either is all zeros. Numbers have an axis of length 1."""

    def __init__(self, c: Array, gap: Array, per_size: Array, rest: Callable[[], Array]):
        self.c = c
        self.gap = gap
        """1 - |c|, never negative."""
        self.per_size = per_size
        """1 / |a|."""
        self._rest_of, self._rest = rest, None

    @property
    def rest(self) -> Array:
        """Computed when first used."""
        if self._rest is None:
            self._rest = self._rest_of()
        return self._rest


def cosine(a: Array, b: Array, xp: Any) -> Cosine:
    """The cosine of the angle between a and b, and the terms of its derivative in a."""
    if not xp.is_quick:
        return _cosine(a, b, xp)
    aa, bb, ab = xp.row_dot(a, a), xp.row_dot(b, b), xp.row_dot(a, b)
    if not (squares_are_exact(aa, xp) and squares_are_exact(bb, xp)):
        return _cosine(a, b, xp)
    per_a, per_b = 1.0 / xp.sqrt(aa), 1.0 / xp.sqrt(bb)
    c = ab * per_a * per_b
    by = c * per_a
    gap = 1.0 - xp.abs(c)
    near = (gap < _NEAR)[..., 0]
    exact = _cosine(a[near], b[near], xp) if xp.any(near) else None

    def rest() -> Array:
        found = b * per_b - a * by
        if exact is not None:
            found[near] = exact.rest
        return found

    if exact is not None:
        for rounded, of in ((c, exact.c), (gap, exact.gap), (per_a, exact.per_size)):
            rounded[near] = of
    return Cosine(c, gap, per_a, rest)


_NEAR = 0.5
"""Down to this gap, subtracting a rounded cosine from 1 is accurate enough."""


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
    near = 1.0 - size < _NEAR
    c = xp.where(near, xp.sign(c) * (1.0 - gap), c)
    return Cosine(c, xp.where(near, gap, 1.0 - size), up * per_a, lambda: rest)


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
