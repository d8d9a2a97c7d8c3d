"""Losses of margins.

A difference of what was rounded before is judged by its parts, one of exact numbers by itself: so terms are
kept apart only where y is not ±1.
"""

from typing import Any

import mpmath as mp

from tests.reference.terms import Terms


def _margin(x: Any, y: Any, labels_in: str) -> tuple[Any, bool]:
    """y·x, 0 where y is 0, and whether floating-point numbers have it exactly."""
    y = 2 * y - 1 if labels_in == "01" else y
    return (y * x if y else mp.mpf(0)), abs(y) == 1


def hinge(x: Any, y: Any, *, labels_in: str = "01") -> Terms:
    m, is_exact = _margin(x, y, labels_in)
    if m >= 1:
        return [mp.mpf(0)] * 2
    return [1 - m, mp.mpf(0)] if is_exact else [mp.mpf(1), -m]


def squared_hinge(x: Any, y: Any, *, labels_in: str = "01") -> Terms:
    m, is_exact = _margin(x, y, labels_in)
    if m >= 1:
        return [mp.mpf(0)] * 3
    return [(1 - m) ** 2, mp.mpf(0), mp.mpf(0)] if is_exact else [mp.mpf(1), -2 * m, m * m]


def logistic(x: Any, y: Any, *, labels_in: str = "01") -> Terms:
    return [mp.log1p(mp.exp(-_margin(x, y, labels_in)[0]))]


def perceptron(x: Any, y: Any, *, labels_in: str = "01") -> Terms:
    return [max(mp.mpf(0), -_margin(x, y, labels_in)[0])]


def sparsemax(x: Any, y: Any, *, labels_in: str = "01") -> Terms:
    m, is_exact = _margin(x, y, labels_in)
    if m >= 1:
        return [mp.mpf(0)] * 3
    if m <= -1:
        return [-m, mp.mpf(0), mp.mpf(0)]
    terms = [(1 - m) ** 2, mp.mpf(0), mp.mpf(0)] if is_exact else [mp.mpf(1), -2 * m, m * m]
    return [t / 4 for t in terms]
