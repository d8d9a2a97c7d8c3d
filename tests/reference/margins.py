"""Losses of margins.

A difference of what was rounded before is judged by its parts, one of exact numbers by itself: so terms are
kept apart only where y is not ±1.
"""

from collections.abc import Callable
from typing import Any

import mpmath as mp

from tests.reference.terms import Terms, times


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


def _of_classes(formula: Callable[..., Terms]) -> Callable[..., Terms]:
    """The formula with `class_weights`, of which the label has its class's, or a distribution their mean."""

    def weighed(s: list, labels: Any, *, class_weights: Any = None, **options: Any) -> Terms:
        terms = formula(s, labels, **options)
        if class_weights is None:
            return terms
        row = labels if isinstance(labels, list) else [int(k == labels) for k in range(len(s))]
        weight = mp.fsum(mp.mpf(w) * y for w, y in zip(class_weights, row, strict=True))
        return [times(weight, t) for t in terms]

    return weighed


def _rivals(s: list, y: int) -> list:
    return [x for k, x in enumerate(s) if k != y and x != mp.ninf]


@_of_classes
def multiclass_hinge(s: list, y: int, *, margin: float = 1) -> Terms:
    terms = [mp.mpf(margin), max([mp.ninf, *_rivals(s, y)]) - s[y]]
    return terms if mp.fsum(terms) > 0 else [mp.mpf(0)] * 2


@_of_classes
def multiclass_perceptron(s: list, y: int) -> Terms:
    return [max(s) - s[y]]


@_of_classes
def multi_margin(s: list, y: int, *, margin: float = 1, power: float = 1) -> Terms:
    m = mp.mpf(margin)
    terms = [mp.mpf(0)]
    for d in (x - s[y] for x in _rivals(s, y)):
        powers = [m, d] if power == 1 else [m * m, 2 * m * d, d * d]
        terms += [t / len(s) if m + d > 0 else mp.mpf(0) for t in powers]
    return terms


@_of_classes
def multiclass_sparsemax(s: list, labels: Any) -> Terms:
    """The largest s·p - ½|p|² of all distributions p, and ½|q|² - s·q of the label q."""
    q = labels if isinstance(labels, list) else [mp.mpf(int(k == labels)) for k in range(len(s))]
    # The loss sees differences of scores. So they are taken off a number that none of them moves.
    s = [x - mp.floor(max(s) + mp.mpf("0.317")) for x in s]
    ordered = sorted(s, reverse=True)
    tau = max((mp.fsum(ordered[:k]) - 1) / k for k in range(1, len(s) + 1))
    terms = [mp.mpf(0)]
    for x, y in zip(s, q, strict=True):
        p = max(x - tau, mp.mpf(0))
        terms += [times(p, x), -p * p / 2, y * y / 2, -times(y, x)]
    return terms


def multilabel_soft_margin(
    s: list, y: list, *, class_weights: Any = None, label_smoothing: float = 0
) -> Terms:
    e = mp.mpf(label_smoothing)
    y = [(1 - e) * t + e / 2 for t in y]
    weights = [1] * len(s) if class_weights is None else class_weights
    return [
        times(mp.mpf(w) * part, mp.log1p(mp.exp(sign * x)) / len(s))
        for x, t, w in zip(s, y, weights, strict=True)
        for part, sign in ((t, -1), (1 - t, 1))
    ]


def multilabel_margin(s: list, y: list) -> Terms:
    terms = [mp.mpf(0)]
    for j, right in enumerate(s):
        for i, wrong in enumerate(s):
            weight = y[j] * (1 - y[i]) / len(s) if i != j and wrong != mp.ninf else mp.mpf(0)
            is_close = 1 - (right - wrong) > 0 if weight else False
            terms += [weight, -weight * (right - wrong)] if is_close else [mp.mpf(0)] * 2
    return terms


ROWS = {
    multiclass_hinge,
    multiclass_perceptron,
    multi_margin,
    multiclass_sparsemax,
    multilabel_soft_margin,
    multilabel_margin,
}
"""Those of which an example is a row."""
