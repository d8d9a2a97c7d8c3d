"""The same losses in other libraries, with their own defaults, through their public functions.

If a peer defines a loss differently on some inputs, it is not measured there: `only` keeps the others.
Derivatives come from the peer's framework, or from the peer itself (scikit-learn).
"""

import importlib.util
import os
import tempfile
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from bench._variants import HALVES, Variant

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("KERAS_HOME", tempfile.gettempdir())

NEEDS = {"torch": "torch", "optax": "optax", "keras": "keras", "scikit-learn": "sklearn"}
NAMES = tuple(name for name, module in NEEDS.items() if importlib.util.find_spec(module))

Each = Callable[..., Any]


class Peer(NamedTuple):
    """A function of arrays that returns the loss of each example; or value, gradient and Hessian."""

    each: Each
    only: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
    orders: int = 3
    """How many of value, gradient and Hessian mean the same as ours."""
    derives: bool = False


def peer(name: str, variant: Variant, dtype: str, options: dict[str, Any]) -> Peer | None:
    """The peer's loss, or None if it has no equivalent."""
    if name == "scikit-learn":
        return None if dtype in HALVES else _sklearn(variant, options)
    return {"torch": _torch, "optax": _optax, "keras": _keras}[name](variant, options)


def _hard(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Peers' focal losses have one p_t, which is a different loss for soft labels."""
    return (y == 0) | (y == 1)


def _off_kinks(delta: float) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Where |x - y| is delta the derivative is one-sided, and peers choose other sides."""

    def only(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.asarray(np.abs(x - y) != np.asarray(delta, dtype=x.dtype))

    return only


def _unmasked(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Peers also spread label smoothing over masked classes, which makes every loss infinite."""
    return np.isfinite(x.astype("float32")).all(-1)


def _has(variant: Variant, *options: str) -> bool:
    return bool(set(variant.options) & set(options))


def _torch(v: Variant, options: dict[str, Any]) -> Peer | None:
    import torch
    from torch.nn import functional as f

    kw: dict[str, Any] = {"reduction": "none"}
    if v.loss in ("sigmoid_binary_cross_entropy", "binary_cross_entropy"):
        if _has(v, "label_smoothing", "min_prob"):
            return None
        if v.loss == "binary_cross_entropy":
            return Peer(lambda x, y: f.binary_cross_entropy(x, y, **kw))
        weight = torch.tensor(options["pos_weight"]) if "pos_weight" in options else None
        return Peer(lambda x, y: f.binary_cross_entropy_with_logits(x, y, pos_weight=weight, **kw))
    if "class_weights" in options:
        kw["weight"] = torch.tensor(options["class_weights"].astype("float64"))
    if v.loss == "softmax_cross_entropy":
        kw["label_smoothing"] = options.get("label_smoothing", 0.0)
        only = _unmasked if kw["label_smoothing"] else None
        return Peer(lambda x, y: f.cross_entropy(x, y, **_like(kw, x)), only)
    if v.loss == "negative_log_likelihood" and v.ids and not _has(v, "label_smoothing"):
        return Peer(lambda x, y: f.nll_loss(x, y, **_like(kw, x)))
    if v.loss == "huber":
        kw["delta"] = options["delta"]
        return Peer(lambda x, y: f.huber_loss(x, y, **kw), _off_kinks(kw["delta"]))
    if v.loss == "absolute_error":
        return Peer(lambda x, y: f.l1_loss(x, y, **kw), _off_kinks(0.0))
    return Peer(lambda x, y: f.mse_loss(x, y, **kw)) if v.loss == "squared_error" else None


def _like(kw: dict[str, Any], x: Any) -> dict[str, Any]:
    return {**kw, "weight": kw["weight"].to(x.dtype)} if "weight" in kw else kw


def _optax(v: Variant, options: dict[str, Any]) -> Peer | None:
    import optax

    if _has(v, "label_smoothing", "class_weights", "pos_weight", "min_prob"):
        return None
    if v.loss == "sigmoid_focal":
        alpha = options.get("alpha")
        return Peer(lambda x, y: optax.sigmoid_focal_loss(x, y, alpha=alpha, gamma=v.gamma), _hard)
    if v.loss == "huber":
        delta = options["delta"]
        return Peer(lambda x, y: optax.huber_loss(x, y, delta=delta), _off_kinks(delta))
    each = {
        "sigmoid_binary_cross_entropy": optax.sigmoid_binary_cross_entropy,
        "softmax_cross_entropy": optax.softmax_cross_entropy_with_integer_labels
        if v.ids
        else optax.softmax_cross_entropy,
        "squared_error": optax.squared_error,
    }.get(v.loss)
    return each and Peer(each)


def _keras(v: Variant, options: dict[str, Any]) -> Peer | None:
    from keras import losses

    smoothing = {k: options[k] for k in ("label_smoothing",) if k in options}
    if _has(v, "class_weights", "pos_weight", "min_prob") or (smoothing and "focal" in v.loss):
        return None
    logits = {"from_logits": v.loss.startswith(("sigmoid", "softmax"))}
    if v.loss in ("sigmoid_binary_cross_entropy", "binary_cross_entropy"):
        return _columns(losses.binary_crossentropy, **logits, **smoothing)
    if v.loss in ("sigmoid_focal", "binary_focal"):
        kw = {"apply_class_balancing": True, "alpha": options["alpha"]} if "alpha" in options else {}
        each = _columns(losses.binary_focal_crossentropy, **logits, gamma=v.gamma, **kw)
        return each._replace(only=_hard)
    if v.rows and v.loss != "negative_log_likelihood":
        return _keras_rows(v, logits, smoothing)
    if v.loss == "absolute_error":
        return _columns(losses.mean_absolute_error)._replace(only=_off_kinks(0.0))
    if v.loss == "huber":
        return _columns(losses.huber, **options)._replace(only=_off_kinks(options["delta"]))
    return _columns(losses.mean_squared_error) if v.loss == "squared_error" else None


def _keras_rows(v: Variant, logits: dict[str, Any], smoothing: dict[str, Any]) -> Peer:
    from keras import losses, ops

    each, kw = losses.categorical_crossentropy, {**logits, **smoothing}
    if "focal" in v.loss:
        each, kw = losses.categorical_focal_crossentropy, {**logits, "gamma": v.gamma, "alpha": 1.0}

    def of_rows(x: Any, y: Any) -> Any:
        if v.ids and each is losses.categorical_crossentropy and not smoothing:
            return losses.sparse_categorical_crossentropy(y, x, **kw)
        return each(ops.one_hot(y, x.shape[-1], dtype=x.dtype) if v.ids else y, x, **kw)

    # It first divides probabilities by their sum, which gives another derivative.
    return Peer(of_rows, _unmasked if smoothing else None, orders=3 if logits["from_logits"] else 1)


def _columns(each: Each, **kw: Any) -> Peer:
    """Undo the mean over the last axis."""
    return Peer(lambda x, y: each(y[:, None], x[:, None], **kw))


def _sklearn(v: Variant, options: dict[str, Any]) -> Peer | None:
    from sklearn._loss import loss
    from sklearn.metrics import log_loss

    if options and v.loss != "huber":
        return None

    def of(made: Any, times: float = 1.0) -> Each:
        def each(x: np.ndarray, y: np.ndarray) -> Any:
            y = y.astype(x.dtype)
            value = made.loss(y_true=y, raw_prediction=x)
            grad, hess = made.gradient_hessian(y_true=y, raw_prediction=x)
            return times * value, times * grad.reshape(x.shape), times * hess.reshape(x.shape)

        return each

    if v.loss == "sigmoid_binary_cross_entropy":
        return Peer(of(loss.HalfBinomialLoss()), derives=True)
    if v.loss == "softmax_cross_entropy" and v.ids:
        return Peer(of(loss.HalfMultinomialLoss(n_classes=1000 if v.wide else 4)), derives=True)
    if v.loss == "squared_error":
        return Peer(of(loss.HalfSquaredError(), 2.0), derives=True)
    if v.loss == "absolute_error":
        # Its Hessian is 1, for its solvers, and not meant as a derivative.
        return Peer(of(loss.AbsoluteError()), _off_kinks(0.0), orders=2, derives=True)
    if v.loss == "binary_cross_entropy":
        rows = lambda x: np.stack([1 - x, x], -1)  # noqa: E731
    elif v.loss == "categorical_cross_entropy" and v.ids:
        rows = lambda x: x  # noqa: E731
    else:
        return None

    def by_example(x: np.ndarray, y: np.ndarray) -> Any:
        p = rows(x)
        labels = list(range(p.shape[1]))
        value = [log_loss([t], [row], labels=labels) for t, row in zip(y.astype(int), p, strict=True)]
        return np.asarray(value, dtype=x.dtype), None, None

    return Peer(by_example, _hard if v.loss == "binary_cross_entropy" else None, derives=True)
