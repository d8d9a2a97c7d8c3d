"""Losses of classes."""

from typing import Any

import mpmath as mp

from tests.reference.terms import Terms, label_row, log, sigmoid, smooth, times


def sigmoid_binary_cross_entropy(x: Any, y: Any, *, pos_weight: Any = 1, label_smoothing: float = 0) -> Terms:
    y = smooth(y, label_smoothing)
    return [times(mp.mpf(pos_weight) * y, mp.log1p(mp.exp(-x))), times(1 - y, mp.log1p(mp.exp(x)))]


def binary_cross_entropy(p: Any, y: Any, *, label_smoothing: float = 0, min_prob: Any = None) -> Terms:
    y = smooth(y, label_smoothing)
    return [times(y, -log(p)), times(1 - y, -log(1 - p))]


def _focal(p: Any, q: Any, y: Any, gamma: float, alpha: Any) -> Terms:
    a, b = (1, 1) if alpha is None else (mp.mpf(alpha), 1 - mp.mpf(alpha))
    g = mp.mpf(gamma)
    return [times(a * y, q**g * -log(p)), times(b * (1 - y), p**g * -log(q))]


def sigmoid_focal(
    x: Any, y: Any, *, gamma: float = 2, alpha: Any = None, label_smoothing: float = 0
) -> Terms:
    return _focal(sigmoid(x), sigmoid(-x), smooth(y, label_smoothing), gamma, alpha)


def binary_focal(
    p: Any, y: Any, *, gamma: float = 2, alpha: Any = None, label_smoothing: float = 0, min_prob: Any = None
) -> Terms:
    return _focal(p, 1 - p, smooth(y, label_smoothing), gamma, alpha)


def softmax_cross_entropy(
    z: Any, labels: Any, *, label_smoothing: float = 0, class_weights: Any = None, z_weight: float = 0
) -> Terms:
    terms = softmax_focal(z, labels, gamma=0, label_smoothing=label_smoothing, class_weights=class_weights)
    if z_weight:
        top = max(z)
        terms.append(mp.mpf(z_weight) * (top + mp.log(mp.fsum(mp.exp(x - top) for x in z))) ** 2)
    return terms


def sigmoid_asymmetric(
    x: Any,
    y: Any,
    *,
    positive_gamma: float = 1,
    negative_gamma: float = 4,
    shift: float = 0.05,
    label_smoothing: float = 0,
) -> Terms:
    y, m = smooth(y, label_smoothing), mp.mpf(shift)
    q = max(sigmoid(x) - m, mp.mpf(0))
    nll = -mp.log1p(-q) if 2 * q < 1 else -log(sigmoid(-x) + m)
    one = sigmoid(-x) ** mp.mpf(positive_gamma) * mp.log1p(mp.exp(-x))
    return [times(y, one), times(1 - y, q ** mp.mpf(negative_gamma) * nll)]


def sigmoid_quality_focal(x: Any, y: Any, *, gamma: float = 2) -> Terms:
    weight = abs(y * sigmoid(-x) - (1 - y) * sigmoid(x)) ** mp.mpf(gamma)
    return [weight * term for term in sigmoid_binary_cross_entropy(x, y)]


def sigmoid_ordinal(z: Any, labels: Any) -> Terms:
    return [mp.log1p(mp.exp(-x if i < labels else x)) for i, x in enumerate(z)]


def sigmoid_conditional_ordinal(z: Any, labels: Any) -> Terms:
    return sigmoid_ordinal(z, labels)[: int(labels) + 1]


def cosface(z: Any, labels: Any, *, margin: Any = 0.35, scale: float = 64) -> Terms:
    margins = margin if isinstance(margin, list | tuple) else [margin] * len(z)
    moved = [x - mp.mpf(margins[j]) * (j == labels) for j, x in enumerate(z)]
    return softmax_cross_entropy([mp.mpf(scale) * x for x in moved], labels)


def arcface(c: Any, labels: Any, *, angular_margin: float = 0.5, scale: float = 64) -> Terms:
    m, s = mp.mpf(angular_margin), mp.mpf(scale)
    fits = c[labels] >= -mp.cos(m)
    turned = mp.cos(mp.acos(c[labels]) + m) if fits else c[labels] - m * mp.sin(m)
    return softmax_cross_entropy([s * (turned if j == labels else x) for j, x in enumerate(c)], labels)


def softmax_distribution_focal(z: Any, y: Any) -> Terms:
    left = int(mp.floor(y))
    row = [mp.mpf(0) for _ in z]
    row[left] = left + 1 - y
    if y > left:
        row[left + 1] = y - left
    return softmax_cross_entropy(z, row)


def softmax_poly1(
    z: Any, labels: Any, *, epsilon: float = 1, label_smoothing: float = 0, class_weights: Any = None
) -> Terms:
    terms = []
    for t, _, q, nll in _classes(z, labels, label_smoothing, class_weights):
        terms += [times(t, nll), mp.mpf(epsilon) * times(t, q)]
    return terms


def softmax_generalized_cross_entropy(
    z: Any, labels: Any, *, power: float = 0.5, label_smoothing: float = 0, class_weights: Any = None
) -> Terms:
    s = mp.mpf(power)
    return [
        times(t, -mp.expm1(-s * nll) / s)
        for t, *_, nll in _classes(z, labels, label_smoothing, class_weights)
    ]


def _classes(z: Any, labels: Any, label_smoothing: float, class_weights: Any) -> list:
    """The label's part, p, 1 - p and -log p of each class."""
    row = label_row(labels, [x != mp.ninf for x in z], label_smoothing, class_weights)
    classes = []
    for j, t in enumerate(row):
        if z[j] == mp.ninf:
            classes.append((t, mp.mpf(0), mp.mpf(1), mp.inf))
        else:
            odds = mp.fsum(mp.exp(x - z[j]) for i, x in enumerate(z) if i != j)
            classes.append((t, 1 / (1 + odds), odds / (1 + odds), mp.log1p(odds)))
    return classes


def generalized_cross_entropy(
    p: Any, labels: Any, *, power: float = 0.5, label_smoothing: float = 0, class_weights: Any = None
) -> Terms:
    row = label_row(labels, [True] * len(p), label_smoothing, class_weights)
    s = mp.mpf(power)
    return [times(t, -mp.expm1(s * log(x)) / s) for t, x in zip(row, p, strict=True)]


def softmax_focal(
    z: Any, labels: Any, *, gamma: float = 2, label_smoothing: float = 0, class_weights: Any = None
) -> Terms:
    row = label_row(labels, [x != mp.ninf for x in z], label_smoothing, class_weights)
    terms = []
    for j, t in enumerate(row):
        if t:
            odds = mp.fsum(mp.exp(x - z[j]) for i, x in enumerate(z) if i != j)
            terms.append(t * (odds / (1 + odds)) ** mp.mpf(gamma) * mp.log1p(odds))
    return terms or [mp.mpf(0)]


def categorical_cross_entropy(
    p: Any, labels: Any, *, label_smoothing: float = 0, class_weights: Any = None, min_prob: Any = None
) -> Terms:
    row = label_row(labels, [True] * len(p), label_smoothing, class_weights)
    return [times(t, -log(x)) for t, x in zip(row, p, strict=True)]


def categorical_focal(
    p: Any,
    labels: Any,
    *,
    gamma: float = 2,
    label_smoothing: float = 0,
    class_weights: Any = None,
    min_prob: Any = None,
) -> Terms:
    row = label_row(labels, [True] * len(p), label_smoothing, class_weights)
    return [times(t, (1 - x) ** mp.mpf(gamma) * -log(x)) for t, x in zip(row, p, strict=True)]


def negative_log_likelihood(
    log_p: Any, labels: Any, *, label_smoothing: float = 0, class_weights: Any = None
) -> Terms:
    row = label_row(labels, [x != mp.ninf for x in log_p], label_smoothing, class_weights)
    return [times(t, -x) for t, x in zip(row, log_p, strict=True)]


def brier(p: Any, labels: Any, *, label_smoothing: float = 0, class_weights: Any = None) -> Terms:
    row = label_row(labels, [True] * len(p), label_smoothing, None)
    weights = [1] * len(p) if class_weights is None else class_weights
    return [mp.mpf(c) * (x - t) ** 2 for c, x, t in zip(weights, p, row, strict=True)]


ROWS = {
    arcface,
    brier,
    cosface,
    sigmoid_conditional_ordinal,
    sigmoid_ordinal,
    softmax_distribution_focal,
    softmax_cross_entropy,
    softmax_focal,
    categorical_cross_entropy,
    categorical_focal,
    generalized_cross_entropy,
    negative_log_likelihood,
    softmax_generalized_cross_entropy,
    softmax_poly1,
}
"""Those of which an example is a row."""
