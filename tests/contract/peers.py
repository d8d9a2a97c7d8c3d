"""The losses of other libraries as subjects: every public one, called as its users call it."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.contract.subjects import CLASSES, EXAMPLES, Arrays, Subject

PEERS = {"torch": "torch.nn.functional", "jax": "optax.losses"}
"""Whose functions are asked what a library may expect."""


def peers(library: str) -> list[Subject]:
    """All functions that are asked what a library may expect."""
    return {"torch": _of_torch, "jax": _of_jax}[library]()


class _Drawn:
    """Arrays well inside the domains, away from kinks."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        shape = EXAMPLES, CLASSES
        self.x, self.y, self.z = rng.normal(size=(3, *shape))
        self.unit, self.other_unit = rng.uniform(0.1, 0.9, (2, *shape))
        self.positive = rng.uniform(0.3, 2.0, shape)
        self.counts = rng.integers(1, 5, shape).astype("float64")
        rows = np.exp(0.5 * rng.normal(size=(2, *shape)))
        self.rows, self.other_rows = rows / rows.sum(axis=-1, keepdims=True)
        self.ids = rng.integers(0, CLASSES, EXAMPLES)
        self.signs = rng.choice([-1, 1], shape)
        self.groups = np.asarray([0, 0, 1])
        self.frames = rng.normal(size=(EXAMPLES, 5, CLASSES))
        self.labels = np.asarray([[1, 2], [2, 2], [3, 1]])
        self.lengths = np.asarray([5, 4, 5]), np.asarray([2, 1, 2])
        self.weight = rng.normal(size=(CLASSES, CLASSES))


def _subject(name: str, call: Callable[..., Any], arrays: Arrays, **more: Any) -> Subject:
    words = (*more.get("options", ()), *more.pop("words", ()))
    return Subject("-".join([name, *words]), call, arrays, **more)


def _reduced(losses: Any, reduction: str) -> Any:
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"reduction={reduction!r}")
    return losses if reduction == "none" else getattr(losses, reduction)()


def _of_torch() -> list[Subject]:
    import torch

    def of(name: str, *arrays: np.ndarray, call: Any = None, **more: Any) -> Subject:
        call = call or getattr(torch.nn.functional, name)

        @functools.wraps(call)
        def also_of_numpy(*arrays: Any, **options: Any) -> Any:
            if isinstance(arrays[0], np.ndarray):
                return call(*map(torch.tensor, arrays), **options).numpy()
            return call(*arrays, **options)

        return _subject(name, also_of_numpy, arrays, **more)

    def ctc(logits: Any, labels: Any, frames: Any, counts: Any, reduction: str = "mean") -> Any:
        log_probs = logits.log_softmax(-1).transpose(0, 1)
        losses = torch.nn.functional.ctc_loss(log_probs, labels, frames, counts, reduction="none")
        return _reduced(losses, reduction)  # as its own mean is divided by the numbers of labels

    d = _Drawn()
    smooth = {"label_smoothing": 0.1}
    several = np.asarray([[1, 3, -1, 0], [0, -1, 2, 2], [3, 2, 1, -1]])  # what is behind -1 is ignored
    return [
        *[of(name, d.x, d.y) for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")],
        of("poisson_nll_loss", d.x, d.counts),
        of("gaussian_nll_loss", d.x, d.y, d.positive),
        of("binary_cross_entropy", d.unit, d.other_unit),
        of("binary_cross_entropy_with_logits", d.x, d.unit),
        of("cross_entropy", d.x, d.ids, words=("ids",)),
        of("cross_entropy", d.x, d.ids, options=smooth, words=("ids",)),
        of("cross_entropy", d.x, d.rows, words=("probabilities",)),
        of("cross_entropy", d.x, d.rows, options=smooth, words=("probabilities",)),
        of("linear_cross_entropy", d.x, d.weight, d.ids, wrt=(0, 1), batches=False, shared=(1,)),
        of("nll_loss", np.log(d.rows), d.ids),
        of("kl_div", np.log(d.rows), d.other_rows),
        of("kl_div", np.log(d.rows), np.log(d.other_rows), options={"log_target": True}),
        of("hinge_embedding_loss", d.positive, d.signs),
        of("margin_ranking_loss", d.x, d.y, d.signs, wrt=(0, 1)),
        of("soft_margin_loss", d.x, d.signs),
        of("multi_margin_loss", d.x, d.ids),
        of("multilabel_margin_loss", d.x, several),
        of("multilabel_soft_margin_loss", d.x, d.unit),
        of("cosine_embedding_loss", d.x, d.y, d.signs[:, 0], wrt=(0, 1)),
        of("triplet_margin_loss", d.x, d.y, d.z, wrt=(0, 1, 2)),
        of("triplet_margin_with_distance_loss", d.x, d.y, d.z, wrt=(0, 1, 2)),
        of("ctc_loss", d.frames, d.labels, *d.lengths, call=ctc),
    ]


def _of_jax() -> list[Subject]:
    import jax
    from optax import losses

    def of(name: str, *arrays: np.ndarray, call: Any = None, **more: Any) -> Subject:
        call = call or getattr(losses, name)
        compiled = jax.jit(call)

        @functools.wraps(call)
        def reduced(*arrays: Any, reduction: str = "mean", **options: Any) -> Any:
            if isinstance(arrays[0], np.ndarray):
                with jax.enable_x64(True):
                    return _reduced(np.asarray(compiled(*arrays, **options)), reduction)
            return _reduced(call(*arrays, **options), reduction)

        return _subject(name, reduced, arrays, **more)

    def ctc_with_forward_probs(*arrays: Any) -> Any:
        return losses.ctc_loss_with_forward_probs(*arrays)[0]

    def padding(lengths: np.ndarray, count: int) -> np.ndarray:
        return (np.arange(count) >= lengths[:, None]).astype("float64")

    d = _Drawn()
    log_rows, signs = np.log(d.rows), d.signs.astype("float64")
    bits = (signs + 1.0) / 2.0
    frames, counts = d.lengths
    sequences = d.frames, padding(frames, 5), d.labels, padding(counts, 2)
    of_ids = "hinge_loss", "perceptron_loss", "sparsemax_loss"
    of_rows = "softmax_cross_entropy", "safe_softmax_cross_entropy", "poly_loss_cross_entropy"
    of_log_rows = "kl_divergence", "convex_kl_divergence", "generalized_kl_divergence"
    return [
        *[of(name, d.x, d.y) for name in ("squared_error", "l2_loss", "huber_loss", "log_cosh")],
        *[of(name, d.x, d.y) for name in ("cosine_similarity", "cosine_distance")],
        *[of(name, d.x, d.unit) for name in ("sigmoid_binary_cross_entropy", "sigmoid_focal_loss")],
        *[of(name, d.x, signs) for name in ("hinge_loss", "perceptron_loss")],
        *[of(name, d.x, bits) for name in ("sparsemax_loss", "binary_dice_loss")],
        of("softmax_cross_entropy_with_integer_labels", d.x, d.ids),
        *[of(f"multiclass_{name}", d.x, d.ids) for name in of_ids],
        *[of(name, d.x, d.rows) for name in of_rows],
        *[of(name, log_rows, d.other_rows) for name in of_log_rows],
        of("kl_divergence_with_log_targets", log_rows, np.log(d.other_rows)),
        *[of(name, d.x, d.rows) for name in ("dice_loss", "multiclass_generalized_dice_loss")],
        of("ranking_softmax_loss", d.x, d.counts, options={"reduce_fn": None}),
        of("triplet_margin_loss", d.x, d.y, d.z, wrt=(0, 1, 2)),
        of("ntxent", d.unit, d.groups, options={"temperature": 0.5}),
        of("ctc_loss", *sequences),
        of("ctc_loss_with_forward_probs", *sequences, call=ctc_with_forward_probs),
        of("make_fenchel_young_loss", d.x, d.rows, call=losses.make_fenchel_young_loss(jax.nn.logsumexp)),
    ]
