"""Probabilities as they are given: no hidden epsilon, an explicit floor, and reciprocals without NaN."""

from typing import Any

from lossary._math import log1m
from lossary._typing import Array


def floored(p: Array, min_prob: float | None, xp: Any) -> tuple[Array, Array]:
    """p and 1 - p, neither below `min_prob`."""
    q = 1.0 - p
    if min_prob is None:
        return p, q
    top = 1.0 - min_prob
    low, high = p < min_prob, q < min_prob
    return (
        xp.where(low, min_prob, xp.where(high, top, p)),
        xp.where(high, min_prob, xp.where(low, top, q)),
    )


def neg_log(p: Array, q: Array, xp: Any) -> tuple[Array, Array]:
    """-log p and -log q of complementary probabilities."""
    return -xp.log(p), -xp.where(p < 0.25, log1m(xp.where(p < 0.25, p, 0.0), xp), xp.log(q))


def reciprocal(p: Array, xp: Any) -> Array:
    """1/p, at most 1/tiny: exact for every normal p, and times the 0 of a saturated sigmoid it is 0."""
    tiny = xp.finfo(p.dtype).smallest_normal
    return 1.0 / xp.where(p < tiny, tiny, p)
