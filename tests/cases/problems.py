"""Problems: what `diagnose` is called with, right by construction but for what a function does to them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import lossary
from lossary.diagnosis import Report

Array = np.ndarray[Any, Any]


class Problem(NamedTuple):
    predictions: Any
    targets: Any
    options: dict[str, Any]

    def diagnose(self, **more: Any) -> Report:
        return lossary.diagnose(self.predictions, self.targets, **{**self.options, **more})


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def binary(n: int = 2000, spread: float = 2.0, shift: float = 0.0, seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    logits = spread * rng.normal(size=n) + shift
    return logits, (rng.random(n) < sigmoid(logits)).astype(int)


def classes(n: int = 2000, k: int = 4, spread: float = 2.0, seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    logits = spread * rng.normal(size=(n, k))
    return logits, (rng.random((n, 1)) > softmax(logits).cumsum(axis=-1)[:, :-1]).sum(axis=-1)


def good(**options: Any) -> Problem:
    return Problem(*binary(), {"kind": "logits", **options})


def of_targets(change: Callable[[Array], Any], **options: Any) -> Problem:
    logits, targets = binary()
    return Problem(logits, change(targets), {"kind": "logits", **options})


def of_logits(change: Callable[[Array], Any], kind: str = "logits", **given: Any) -> Problem:
    logits, targets = binary(**given)
    return Problem(change(logits), targets, {"kind": kind})


def multiclass(
    change: Callable[[Array, Array], tuple[Any, Any]], kind: str = "logits", **options: Any
) -> Problem:
    return Problem(*change(*classes()), {"kind": kind, "task": "multiclass", **options})


def changed_at(values: Array, place: int, value: float) -> Array:
    changed = values.astype(float)
    changed[place] = value
    return changed


def wrong_labels(share: float) -> Problem:
    """A sure model whose logits are ±8, and a share of labels that are wrong."""
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 2, 2000)
    logits = np.where(targets == 1, 8.0, -8.0) + rng.normal(size=2000)
    targets[: round(share * 2000)] ^= 1
    return Problem(logits, targets, {"kind": "logits"})


def sure(right: float) -> Problem:
    """A model that is always sure, and right in this share of 2,000 examples."""
    signs = np.tile([-1.0, 1.0], 1000)
    is_right = np.random.default_rng(5).permutation(2000) < 2000 * right
    return Problem(4 * np.where(is_right, signs, -signs), (signs > 0).astype(int), {"kind": "logits"})


def calibrated_between_0_and_1() -> Problem:
    """Logits of four classes that are all in [0, 1], and right."""
    rng = np.random.default_rng(0)
    logits = rng.random((2000, 4))
    targets = (rng.random((2000, 1)) > softmax(logits).cumsum(axis=-1)[:, :-1]).sum(axis=-1)
    return Problem(logits, targets, {"kind": "logits", "task": "multiclass"})


def certain(wrong: int) -> Problem:
    logits, targets = binary()
    probs = sigmoid(logits)
    right = np.flatnonzero((probs > 0.99) & (targets == 1))[:15]
    probs[right] = 1.0
    targets[right[:wrong]] = 0
    return Problem(probs, targets, {"kind": "probs"})


def in_order_of_time() -> Problem:
    """Rows of which neighbors have the same target, mostly: another row's is nearly as good a guess."""
    targets = np.repeat(np.random.default_rng(3).integers(0, 2, 100), 20)
    logits = np.where(targets == 1, 2.0, -2.0)
    targets[::10] ^= 1
    return Problem(logits, targets, {"kind": "logits"})


def few_between_0_and_1(sign: float) -> Problem:
    """Forty logits between 0 and 1, which fit better, or worse, if they are probabilities."""
    logits = np.tile([0.1, 0.3, 0.5, 0.7, 0.9], 8)
    rank = np.arange(40) // 5
    as_probs = (rank < 8 * logits).astype(int)
    as_logits = (rank < 8 * sigmoid(logits)).astype(int)
    return Problem(logits, as_probs if sign else as_logits, {"kind": "logits"})
