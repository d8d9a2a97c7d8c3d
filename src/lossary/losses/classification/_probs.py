"""Probabilities as given: no hidden epsilon, only an explicit lower bound."""

from math import inf
from typing import Any

from lossary._math import positive
from lossary._typing import Array


def floored(p: Array, min_prob: float | None, xp: Any) -> tuple[Array, Array]:
    """p and 1 - p, both at least `min_prob`."""
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
    """-log p, infinite at 0 but with a finite derivative: an infinite one times a label of 0 would be NaN."""
    if not xp.is_differentiated:
        return -xp.log(p)
    none = p == 0
    return xp.where(none, inf, -xp.log(xp.where(none, 1.0, p)))


def neg_logs(p: Array, q: Array, min_prob: float | None, xp: Any) -> tuple[Array, Array]:
    """-log p and -log q for p, which is exact unless bounded, and 1 - p, which is rounded."""
    nll_p = neg_log(p, xp) if min_prob is None else _neg_log_beside(p, q, xp)
    return nll_p, _neg_log_beside(q, p, xp)


def _neg_log_beside(p: Array, q: Array, xp: Any) -> Array:
    """-log p for p = 1 - q, which is rounded; the rounding error (1 - p) - q matters where q is small."""
    if xp.is_differentiated:
        small = q < 0.25
        return xp.where(small, -xp.log1p(-xp.where(small, q, 0.0)), neg_log(p, xp))
    return (q - (1.0 - p)) / positive(p, xp) - xp.log(p)
