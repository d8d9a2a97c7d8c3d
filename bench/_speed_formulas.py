"""What users write by hand: the mean of each loss for NumPy and JAX, and its gradient for NumPy.

`stable` formulas do not overflow. `tutorial` formulas are those of most tutorials: clipped probabilities.
"""

from typing import Any

import numpy as np

from bench._speed_work import Array

_LEAST = 1e-7


def _bce(x: Any, y: Any, xp: Any) -> Any:
    return xp.mean(xp.maximum(x, 0) - x * y + xp.log1p(xp.exp(-xp.abs(x))))


def _focal(x: Any, y: Any, xp: Any) -> Any:
    p = 1 / (1 + xp.exp(-x))
    nll = xp.maximum(x, 0) - x * y + xp.log1p(xp.exp(-xp.abs(x)))
    q = p * (1 - y) + (1 - p) * y
    return xp.mean(nll * q**2)


def _huber(x: Any, y: Any, xp: Any) -> Any:
    a = xp.abs(x - y)
    return xp.mean(xp.where(a <= 1, 0.5 * a * a, a - 0.5))


def _softmax(x: Any, ids: Any, xp: Any) -> Any:
    z = x - xp.max(x, axis=1, keepdims=True)
    picked = xp.take_along_axis(z, ids[:, None], axis=1)[:, 0]
    return xp.mean(xp.log(xp.sum(xp.exp(z), axis=1)) - picked)


stable = {
    "sigmoid_binary_cross_entropy": _bce,
    "sigmoid_focal": _focal,
    "huber": _huber,
    "softmax_cross_entropy": _softmax,
}


def _bce_grad(x: Array, y: Array) -> Any:
    return _bce(x, y, np), (1 / (1 + np.exp(-x)) - y) / x.size


def _focal_grad(x: Array, y: Array) -> Any:
    p = 1 / (1 + np.exp(-x))
    nll = np.maximum(x, 0) - x * y + np.log1p(np.exp(-np.abs(x)))
    return _focal_of(nll, p, y)


def _focal_of(nll: Array, p: Array, y: Array) -> Any:
    """nll' = p - y and, for q = 1 - p_t, q' = p·(1 - p)·(1 - 2y)."""
    q = p * (1 - y) + (1 - p) * y
    grad = q * ((p - y) * q + 2 * nll * p * (1 - p) * (1 - 2 * y)) / p.size
    return np.mean(nll * q**2), grad


def _huber_grad(x: Array, y: Array) -> Any:
    return _huber(x, y, np), np.clip(x - y, -1, 1) / x.size


def _softmax_grad(x: Array, ids: Array) -> Any:
    z = x - np.max(x, axis=1, keepdims=True)
    e = np.exp(z)
    total = np.sum(e, axis=1, keepdims=True)
    rows = np.arange(len(ids))
    value = np.mean(np.log(total[:, 0]) - z[rows, ids])
    grad = e / total
    grad[rows, ids] -= 1
    return value, grad / len(ids)


stable_grad = {
    "sigmoid_binary_cross_entropy": _bce_grad,
    "sigmoid_focal": _focal_grad,
    "huber": _huber_grad,
    "softmax_cross_entropy": _softmax_grad,
}


def sigmoid(x: Array) -> Array:
    return np.clip(1 / (1 + np.exp(-x)), _LEAST, 1 - _LEAST)


def softmax(x: Array) -> Array:
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return np.clip(e / np.sum(e, axis=1, keepdims=True), _LEAST, 1 - _LEAST)


def _tutorial_bce(x: Array, y: Array, grad: bool) -> Any:
    p = sigmoid(x)
    value = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    return (value, (p - y) / x.size) if grad else value


def _tutorial_focal(x: Array, y: Array, grad: bool) -> Any:
    p = sigmoid(x)
    nll = -(y * np.log(p) + (1 - y) * np.log(1 - p))
    return _focal_of(nll, p, y) if grad else np.mean(nll * (y * (1 - p) + (1 - y) * p) ** 2)


def _tutorial_softmax(x: Array, ids: Array, grad: bool) -> Any:
    p = softmax(x)
    rows = np.arange(len(ids))
    value = -np.mean(np.log(p[rows, ids]))
    if not grad:
        return value
    p[rows, ids] -= 1
    return value, p / len(ids)


tutorial = {
    "sigmoid_binary_cross_entropy": _tutorial_bce,
    "sigmoid_focal": _tutorial_focal,
    "softmax_cross_entropy": _tutorial_softmax,
}
