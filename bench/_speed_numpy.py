"""NumPy: lossary, what users write, scipy and scikit-learn; numexpr and numba if they are installed."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

import lossary
from bench._speed_formulas import sigmoid, softmax, stable, stable_grad, tutorial
from bench._speed_group import Call, Group, Settings, installed
from bench._speed_work import Array, Work

_CORES = os.cpu_count() or 1
_WORTH_THREADS = 10**4
_BCE, _FOCAL, _SOFTMAX = "sigmoid_binary_cross_entropy", "sigmoid_focal", "softmax_cross_entropy"


def group(settings: Settings) -> Group:
    return Group("cpu", "stable formula", lambda array: array, _calls, _reads, None)


def _calls(work: Work, quantity: str, x: Array, y: Array) -> dict[str, Call]:
    grad = quantity == "value+grad"
    found: dict[str, Call] = dict(_ours(work, grad, x, y))
    found["stable formula"] = (
        partial(stable_grad[work.loss], x, y) if grad else partial(stable[work.loss], x, y, np)
    )
    if work.loss in tutorial:
        found["tutorial"] = partial(tutorial[work.loss], x, y, grad)
    if installed("scipy"):
        found["scipy"] = _scipy(work, grad, x, y)
    if installed("sklearn"):
        found |= _sklearn(work, grad, x, y)
    if work.loss == _BCE:
        found |= _fused(grad, x, y)
    return found


def _ours(work: Work, grad: bool, x: Array, y: Array) -> Iterator[tuple[str, Call]]:
    """Every way to ask lossary for the same number: another option is one more line."""
    loss = getattr(lossary, work.loss)
    derive = lossary.value_and_grad if grad else lambda function: function
    yield "lossary", partial(derive(loss), x, y, **work.options)
    if hasattr(lossary, "accelerate"):
        yield "lossary.accelerate", partial(derive(lossary.accelerate(loss)), x, y, **work.options)


def _scipy(work: Work, grad: bool, x: Array, y: Array) -> Call:
    from scipy import special as sp

    def bce() -> Any:
        value = -np.mean(y * sp.log_expit(x) + (1 - y) * sp.log_expit(-x))
        return (value, (sp.expit(x) - y) / x.size) if grad else value

    def focal() -> Any:
        p = sp.expit(x)
        nll = -(y * sp.log_expit(x) + (1 - y) * sp.log_expit(-x))
        q = p * (1 - y) + (1 - p) * y
        value = np.mean(nll * q**2)
        if not grad:
            return value
        return value, q * ((p - y) * q + 2 * nll * p * (1 - p) * (1 - 2 * y)) / x.size

    def huber() -> Any:
        value = np.mean(sp.huber(1.0, x - y))
        return (value, np.clip(x - y, -1, 1) / x.size) if grad else value

    def rows() -> Any:
        chosen = np.arange(len(y)), y
        value = np.mean(sp.logsumexp(x, axis=1) - x[chosen])
        if not grad:
            return value
        p = sp.softmax(x, axis=1)
        p[chosen] -= 1
        return value, p / len(y)

    return {_BCE: bce, _FOCAL: focal, "huber": huber, _SOFTMAX: rows}[work.loss]


def _sklearn(work: Work, grad: bool, x: Array, y: Array) -> dict[str, Call]:
    """Its metric, and the losses it trains with, which are private and compiled."""
    from sklearn._loss import loss
    from sklearn.metrics import log_loss

    found: dict[str, Call] = {}
    if work.loss == _BCE and not grad:
        found["sklearn log_loss"] = lambda: log_loss(y, sigmoid(x))
    if work.loss == _SOFTMAX and not grad:
        labels = np.arange(x.shape[1])
        found["sklearn log_loss"] = lambda: log_loss(y, softmax(x), labels=labels)
    if work.loss == _FOCAL:
        return found
    made = {
        _BCE: loss.HalfBinomialLoss,
        "huber": lambda: loss.HuberLoss(delta=1.0),
        _SOFTMAX: lambda: loss.HalfMultinomialLoss(n_classes=x.shape[-1]),
    }[work.loss]()
    floats = y.astype(x.dtype, copy=False)
    threads = _CORES if x.size >= _WORTH_THREADS else 1

    def value() -> Any:
        return np.mean(made.loss(floats, x, n_threads=threads))

    def value_and_grad() -> Any:
        values, slopes = made.loss_gradient(floats, x, n_threads=threads)
        slopes /= len(floats)
        return np.mean(values), slopes

    return found | {"sklearn _loss": value_and_grad if grad else value}


def _fused(grad: bool, x: Array, y: Array) -> dict[str, Call]:
    """What users turn to if temporaries are the problem; binary cross-entropy stands for all losses."""
    found: dict[str, Call] = {}
    if installed("numexpr"):
        import numexpr

        names = {"x": x, "y": y, "n": x.dtype.type(x.size)}

        def by_numexpr() -> Any:
            value = np.mean(numexpr.evaluate("where(x > 0, x, 0) - x * y + log1p(exp(-abs(x)))", names))
            return (value, numexpr.evaluate("(1 / (1 + exp(-x)) - y) / n", names)) if grad else value

        found["numexpr"] = by_numexpr
    if installed("numba"):
        found["numba"] = partial(_numba(grad, parallel=x.size >= _WORTH_THREADS), x, y)
    return found


def _numba(grad: bool, parallel: bool) -> Any:
    import numba

    @numba.njit(parallel=parallel)
    def value(x: Array, y: Array) -> Any:
        total = 0.0
        for i in numba.prange(x.size):
            total += max(x[i], 0) - x[i] * y[i] + np.log1p(np.exp(-abs(x[i])))
        return total / x.size

    @numba.njit(parallel=parallel)
    def value_and_grad(x: Array, y: Array) -> Any:
        total, slopes = 0.0, np.empty_like(x)
        for i in numba.prange(x.size):
            total += max(x[i], 0) - x[i] * y[i] + np.log1p(np.exp(-abs(x[i])))
            slopes[i] = (1 / (1 + np.exp(-x[i])) - y[i]) / x.size
        return total / x.size, slopes

    return value_and_grad if grad else value


def _reads(x: Array, y: Array) -> dict[str, Call]:
    pool = ThreadPoolExecutor(_CORES)
    parts = [part for array in (x, y) for part in np.array_split(array.reshape(-1), _CORES)]
    return {
        "one thread": lambda: (np.add.reduce(x, axis=None), np.add.reduce(y)),
        "all cores": lambda: list(pool.map(np.add.reduce, parts)),
    }
