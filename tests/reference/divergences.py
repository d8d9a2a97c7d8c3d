"""Divergences of distributions."""

from typing import Any

import mpmath as mp

from tests.reference.terms import Terms, log, times


def _softmax(z: Any) -> list:
    top = max(z)
    e = [mp.exp(x - top) for x in z]
    return [x / mp.fsum(e) for x in e]


def _log_softmax(z: Any) -> list:
    """Of a logit that is alone at the top the logarithm is that of nearly 1."""
    logs = []
    for j, own in enumerate(z):
        odds = mp.fsum(mp.exp(x - own) for i, x in enumerate(z) if i != j) if own != mp.ninf else mp.inf
        logs.append(-mp.log1p(odds))
    return logs


def _given(labels: Any, labels_in: str) -> tuple[list, list]:
    if labels_in == "probs":
        t = [mp.mpf(y) for y in labels]
        return t, [log(y) for y in t]
    return [mp.exp(y) for y in labels], [mp.mpf(y) for y in labels]


def kl_divergence(p: Any, labels: Any) -> Terms:
    t, _ = _given(labels, "probs")
    return [times(a, log(a / b) if b else mp.inf) for a, b in zip(t, p, strict=True)]


def log_kl_divergence(log_p: Any, labels: Any, *, labels_in: str = "probs") -> Terms:
    t, log_t = _given(labels, labels_in)
    entropy = [times(a, b) for a, b in zip(t, log_t, strict=True)]
    return entropy + [times(a, -b) for a, b in zip(t, log_p, strict=True)]


def softmax_kl_divergence(z: Any, labels: Any, *, labels_in: str = "probs", temperature: float = 1) -> Terms:
    tau = mp.mpf(temperature)
    if labels_in == "logits":
        labels, labels_in = _log_softmax([y / tau for y in labels]), "log_probs"
    t, _ = _given(labels, labels_in)
    terms = log_kl_divergence(_log_softmax([x / tau for x in z]), labels, labels_in=labels_in)
    return [tau**2 * term for term in [*terms, 1 - mp.fsum(t)]]


def generalized_kl_divergence(x: Any, targets: Any) -> Terms:
    return [
        *log_kl_divergence(x, targets),
        *[-mp.mpf(y) for y in targets],
        *[mp.exp(v) for v in x],
    ]


def jensen_shannon(p: Any, labels: Any) -> Terms:
    terms = []
    for a, b in zip(p, labels, strict=True):
        a, b = mp.mpf(a), mp.mpf(b)
        m = (a + b) / 2
        terms += [
            times(a, mp.log(a / m)) / 2 if a else mp.mpf(0),
            times(b, mp.log(b / m)) / 2 if b else mp.mpf(0),
        ]
    return terms


def softmax_jensen_shannon(z: Any, labels: Any) -> Terms:
    return jensen_shannon(_softmax(z), labels)


def gaussian_kl_divergence(x: Any, v: Any, y: Any, w: Any) -> Terms:
    ratio = mp.mpf(v) / w
    return [(x - y) ** 2 / (2 * mp.mpf(w)), (ratio - 1 - mp.log(ratio)) / 2]


ROWS = {
    kl_divergence,
    log_kl_divergence,
    softmax_kl_divergence,
    generalized_kl_divergence,
    jensen_shannon,
    softmax_jensen_shannon,
}
"""Those of which an example is a row."""
