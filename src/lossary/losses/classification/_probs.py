"""Probabilities as they are given: no hidden epsilon, and an explicit floor."""

from math import inf
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


def neg_log(p: Array, xp: Any) -> Array:
    """-log p, infinite at 0 without an infinite derivative, which times a label of 0 would be NaN."""
    none = p == 0
    return xp.where(none, inf, -xp.log(xp.where(none, 1.0, p)))


def neg_logs(p: Array, q: Array, xp: Any) -> tuple[Array, Array]:
    """-log p and -log q of complementary probabilities, each from the smaller one where that is exact."""
    return _neg_log_beside(p, q, xp), _neg_log_beside(q, p, xp)


def _neg_log_beside(p: Array, q: Array, xp: Any) -> Array:
    small = q < 0.25
    return xp.where(small, -log1m(xp.where(small, q, 0.0), xp), neg_log(p, xp))
