"""The textbook formula of every loss in arbitrary precision: where the expected numbers come from.

A formula returns the *terms* whose sum is the loss of one example. Derivatives are numerical ones of the
formula at 60 digits, or at 400 where the function is large and its slope is not. The largest term says in
which units a result can be judged: a sum of terms of opposite sign cannot be better than the rounding of
its largest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import mpmath as mp
import numpy as np

mp.mp.dps = 60
_MANY_DIGITS = 400  # exp(-745), the smallest number of float64, beside 1e4

Terms = list[Any]


@dataclass(frozen=True)
class Expected:
    """Exact results, rounded to double, and the magnitude of their largest term."""

    result: np.ndarray
    magnitude: np.ndarray


def _times(a: Any, b: Any) -> Any:
    return mp.mpf(0) if a == 0 else a * b


def _smooth(y: Any, label_smoothing: float, k: int = 2) -> Any:
    return (1 - mp.mpf(label_smoothing)) * y + mp.mpf(label_smoothing) / k


def _log(p: Any) -> Any:
    return mp.ninf if p == 0 else mp.log(p)


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def sigmoid_binary_cross_entropy(x: Any, y: Any, *, pos_weight: Any = 1, label_smoothing: float = 0) -> Terms:
    y = _smooth(y, label_smoothing)
    return [_times(mp.mpf(pos_weight) * y, mp.log1p(mp.exp(-x))), _times(1 - y, mp.log1p(mp.exp(x)))]


def binary_cross_entropy(p: Any, y: Any, *, label_smoothing: float = 0, min_prob: Any = None) -> Terms:
    y = _smooth(y, label_smoothing)
    return [_times(y, -_log(p)), _times(1 - y, -_log(1 - p))]


def _focal(p: Any, q: Any, y: Any, gamma: float, alpha: Any) -> Terms:
    a, b = (1, 1) if alpha is None else (mp.mpf(alpha), 1 - mp.mpf(alpha))
    g = mp.mpf(gamma)
    return [_times(a * y, q**g * -_log(p)), _times(b * (1 - y), p**g * -_log(q))]


def sigmoid_focal(
    x: Any, y: Any, *, gamma: float = 2, alpha: Any = None, label_smoothing: float = 0
) -> Terms:
    return _focal(_sigmoid(x), _sigmoid(-x), _smooth(y, label_smoothing), gamma, alpha)


def binary_focal(
    p: Any, y: Any, *, gamma: float = 2, alpha: Any = None, label_smoothing: float = 0, min_prob: Any = None
) -> Terms:
    return _focal(p, 1 - p, _smooth(y, label_smoothing), gamma, alpha)


def _row(labels: Any, can_be: list[bool], label_smoothing: float, class_weights: Any) -> list[Any]:
    k = len(can_be)
    row = [mp.mpf(int(j == labels)) for j in range(k)] if not isinstance(labels, list) else labels
    if label_smoothing:
        row = [
            (1 - mp.mpf(label_smoothing)) * t + (mp.mpf(label_smoothing) / sum(can_be) if ok else 0)
            for t, ok in zip(row, can_be, strict=True)
        ]
    weights = [1] * k if class_weights is None else [mp.mpf(w) for w in class_weights]
    return [t * w for t, w in zip(row, weights, strict=True)]


def softmax_cross_entropy(
    z: Any, labels: Any, *, label_smoothing: float = 0, class_weights: Any = None
) -> Terms:
    return softmax_focal(z, labels, gamma=0, label_smoothing=label_smoothing, class_weights=class_weights)


def softmax_focal(
    z: Any, labels: Any, *, gamma: float = 2, label_smoothing: float = 0, class_weights: Any = None
) -> Terms:
    row = _row(labels, [x != mp.ninf for x in z], label_smoothing, class_weights)
    terms = []
    for j, t in enumerate(row):
        if t:
            odds = mp.fsum(mp.exp(x - z[j]) for i, x in enumerate(z) if i != j)
            terms.append(t * (odds / (1 + odds)) ** mp.mpf(gamma) * mp.log1p(odds))
    return terms or [mp.mpf(0)]


def categorical_cross_entropy(
    p: Any, labels: Any, *, label_smoothing: float = 0, class_weights: Any = None, min_prob: Any = None
) -> Terms:
    row = _row(labels, [True] * len(p), label_smoothing, class_weights)
    return [_times(t, -_log(x)) for t, x in zip(row, p, strict=True)]


def categorical_focal(
    p: Any,
    labels: Any,
    *,
    gamma: float = 2,
    label_smoothing: float = 0,
    class_weights: Any = None,
    min_prob: Any = None,
) -> Terms:
    row = _row(labels, [True] * len(p), label_smoothing, class_weights)
    return [_times(t, (1 - x) ** mp.mpf(gamma) * -_log(x)) for t, x in zip(row, p, strict=True)]


def negative_log_likelihood(
    log_p: Any, labels: Any, *, label_smoothing: float = 0, class_weights: Any = None
) -> Terms:
    row = _row(labels, [x != mp.ninf for x in log_p], label_smoothing, class_weights)
    return [_times(t, -x) for t, x in zip(row, log_p, strict=True)]


def squared_error(x: Any, y: Any) -> Terms:
    return [(x - y) ** 2]


def absolute_error(x: Any, y: Any) -> Terms:
    return [abs(x - y)]


def huber(x: Any, y: Any, *, delta: float = 1) -> Terms:
    e, d = abs(x - y), mp.mpf(delta)
    return [e * e / 2 if e <= d else d * (e - d / 2)]


def expected(
    formula: Callable[..., Terms], order: int, arrays: tuple[np.ndarray, ...], options: dict
) -> Expected:
    """The exact loss of each example, or its derivatives in the first array (class axis last)."""
    first, labels = arrays
    rows = formula in _OF_ROWS
    shape = first.shape[:-1] if rows else first.shape
    result = np.zeros(first.shape if order else shape)
    magnitude = np.zeros_like(result)
    for index in np.ndindex(shape):
        x, y = first[index], labels[index]
        for where, terms in _terms(formula, order, _exact(x), _exact(y), _frozen(options)).items():
            total = mp.fsum(terms)
            result[index + where] = float(total)
            magnitude[index + where] = float(max(abs(t) for t in [total, *terms]))
    return Expected(result, magnitude)


@cache
def _terms(formula: Callable[..., Terms], order: int, x: Any, y: Any, options: Any) -> dict:
    options = dict(options)
    target = list(y) if isinstance(y, tuple) else y
    if not isinstance(x, tuple):
        return {(): _differentiate(lambda v: formula(v, target, **options), x, order)}
    if order == 0:
        return {(): formula(list(x), target, **options)}
    return {
        (j,): _differentiate(lambda v, j=j: formula([*x[:j], v, *x[j + 1 :]], target, **options), x[j], order)
        for j in range(len(x))
    }


def _differentiate(terms: Callable[[Any], Terms], at: Any, order: int) -> Terms:
    if order == 0:
        return terms(at)
    if mp.isinf(at):
        return [mp.mpf(0)]
    return [_slope(lambda v, i=i: terms(v)[i], at, order, height) for i, height in enumerate(terms(at))]


def _slope(term: Callable[[Any], Any], at: Any, order: int, height: Any) -> Any:
    slope = mp.diff(term, at, order)
    if abs(slope) < 1e-30 * abs(height):
        with mp.workdps(_MANY_DIGITS):
            slope = mp.diff(term, at, order)
    return slope


def _exact(x: Any) -> Any:
    if isinstance(x, np.ndarray) and x.ndim:
        return tuple(_exact(v) for v in x)
    return int(x) if np.asarray(x).dtype.kind in "iu" else mp.mpf(float(x))


def _frozen(options: dict) -> tuple:
    return tuple((k, tuple(v) if isinstance(v, list) else v) for k, v in sorted(options.items()))


_OF_ROWS = {
    softmax_cross_entropy,
    softmax_focal,
    categorical_cross_entropy,
    categorical_focal,
    negative_log_likelihood,
}
