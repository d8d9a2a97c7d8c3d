"""What the formulas of the reference are made of."""

from typing import Any

import mpmath as mp

Terms = list[Any]


def times(a: Any, b: Any) -> Any:
    return mp.mpf(0) if a == 0 else a * b


def smooth(y: Any, label_smoothing: float, k: int = 2) -> Any:
    return (1 - mp.mpf(label_smoothing)) * y + mp.mpf(label_smoothing) / k


def log(p: Any) -> Any:
    return mp.ninf if p == 0 else mp.log(p)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def label_row(labels: Any, can_be: list[bool], label_smoothing: float, class_weights: Any) -> list[Any]:
    k = len(can_be)
    row = [mp.mpf(int(j == labels)) for j in range(k)] if not isinstance(labels, list) else labels
    if label_smoothing:
        row = [
            (1 - mp.mpf(label_smoothing)) * t + (mp.mpf(label_smoothing) / sum(can_be) if ok else 0)
            for t, ok in zip(row, can_be, strict=True)
        ]
    weights = [1] * k if class_weights is None else [mp.mpf(w) for w in class_weights]
    return [t * w for t, w in zip(row, weights, strict=True)]
