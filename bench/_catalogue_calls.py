"""Every loss and its alternative: the inputs, and the two calls in each library."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import lossary
from bench._catalogue_formulas import FORMULAS
from bench._cpu_time import Call
from bench._speed_work import Array

N, ROWS, CLASSES = 1_000_000, 65_536, 10
TOKENS, WIDTH, WORDS = 512, 256, 8192


def _softmax(x: Array) -> Array:
    e = np.exp(x - x.max(-1, keepdims=True))
    found: Array = e / e.sum(-1, keepdims=True)
    return found


_RNG = np.random.default_rng(0)


def _normal(*shape: int) -> Array:
    return _RNG.standard_normal(shape, dtype="float32")


def _bits(*shape: int) -> Array:
    return (_RNG.random(shape) < 0.5).astype("float32")


def _unit(*shape: int) -> Array:
    return _RNG.uniform(0.01, 0.99, shape).astype("float32")


def _counts(*shape: int) -> Array:
    return _RNG.poisson(2.0, shape).astype("float32")


def _boxes(rows: int) -> Array:
    low = _normal(rows, 2)
    return np.concatenate([low, low + 1 + _unit(rows, 2)], axis=1)


def _ids(classes: int, rows: int) -> Array:
    return _RNG.integers(classes, size=rows)


_INPUTS: dict[str, Callable[[], tuple[Array, ...]]] = {
    "x y": lambda: (_normal(N), _normal(N)),
    "x>0 y>0": lambda: (1 + _unit(N), 1 + _unit(N)),
    "x y v": lambda: (_normal(N), _normal(N), 1 + _unit(N)),
    "x v y w": lambda: (_normal(N), 1 + _unit(N), _normal(N), 1 + _unit(N)),
    "x>0 n v": lambda: (1 + _unit(N), _counts(N), _unit(N)),
    "x<0 y<0": lambda: (-_unit(N), -_unit(N)),
    "cosines ids": lambda: (1.6 * _unit(ROWS, CLASSES) - 0.8, _ids(CLASSES, ROWS)),
    "rows ranks": lambda: (_normal(ROWS, CLASSES), _ids(CLASSES + 1, ROWS)),
    "rows bins": lambda: (_normal(ROWS, CLASSES), (CLASSES - 1) * _unit(ROWS)),
    "x qualities": lambda: (_normal(N), _unit(N)),
    "x bits z": lambda: (_normal(N), _bits(N), _normal(N)),
    "x n z": lambda: (_normal(N), _counts(N), _normal(N)),
    "bounds y": lambda: (_normal(N, 2), _normal(N)),
    "members y": lambda: (_normal(ROWS, 16), _normal(ROWS)),
    "x bits": lambda: (_normal(N), _bits(N)),
    "p bits": lambda: (_unit(N), _bits(N)),
    "x x bits": lambda: (_normal(N), _normal(N), _bits(N)),
    "rows ids": lambda: (_normal(ROWS, CLASSES), _ids(CLASSES, ROWS)),
    "probs ids": lambda: (_softmax(_normal(ROWS, CLASSES)), _ids(CLASSES, ROWS)),
    "log-probs ids": lambda: (np.log(_softmax(_normal(ROWS, CLASSES))), _ids(CLASSES, ROWS)),
    "rows bits": lambda: (_normal(ROWS, CLASSES), _bits(ROWS, CLASSES)),
    "few rows bits": lambda: (_normal(8192, CLASSES), _bits(8192, CLASSES)),
    "rows probs": lambda: (_normal(ROWS, CLASSES), _softmax(_normal(ROWS, CLASSES))),
    "lists times bits": lambda: (_normal(256, 256), _normal(256, 256), _bits(256, 256)),
    "lists relevances": lambda: (_normal(256, 256), np.abs(_normal(256, 256))),
    "few rows relevances": lambda: (_normal(ROWS // 8, CLASSES), np.abs(_normal(ROWS // 8, CLASSES))),
    "rows ids events": lambda: (_normal(ROWS, CLASSES), _ids(CLASSES, ROWS), _bits(ROWS)),
    "probs probs": lambda: (_softmax(_normal(ROWS, CLASSES)), _softmax(_normal(ROWS, CLASSES))),
    "log-probs probs": lambda: (np.log(_softmax(_normal(ROWS, CLASSES))), _softmax(_normal(ROWS, CLASSES))),
    "vectors": lambda: (_normal(16_384, 64), _normal(16_384, 64)),
    "vectors bits": lambda: (_normal(16_384, 64), _normal(16_384, 64), _bits(16_384)),
    "three vectors": lambda: (_normal(16_384, 64), _normal(16_384, 64), _normal(16_384, 64)),
    "pixels": lambda: (_unit(16, 65_536), _bits(16, 65_536)),
    "logits of pixels": lambda: (_normal(16, 65_536), _bits(16, 65_536)),
    "classes of pixels": lambda: (_unit(4, 4, 65_536), _bits(4, 4, 65_536)),
    "boxes": lambda: (_boxes(N // 4), _boxes(N // 4)),
    "views": lambda: (_normal(1024, 128), _normal(1024, 128)),
    "embeddings ids": lambda: (_normal(1024, 128), _ids(64, 1024)),
    "hidden": lambda: (_normal(TOKENS, WIDTH), 0.05 * _normal(WORDS, WIDTH), _ids(WORDS, TOKENS)),
}
"""Arrays, by name."""

_OF = {
    "x y": "absolute_error half_squared_error huber log_cosh pinball pseudo_huber smooth_l1"
    " squared_error triplet expectile epsilon_insensitive squared_epsilon_insensitive general_robust"
    " dpo ipo simpo tukey_biweight quantile_huber symmetric_absolute_percentage_error",
    "x>0 y>0": "absolute_percentage_error squared_log_error poisson log_poisson log_gamma_nll log_tweedie",
    "x y v": "gaussian_nll student_t_nll laplace_nll gaussian_crps",
    "x v y w": "gaussian_kl_divergence",
    "x bits z": "kto",
    "x<0 y<0": "orpo",
    "x>0 n v": "negative_binomial log_negative_binomial",
    "x n z": "zero_inflated_poisson",
    "bounds y": "interval_score",
    "members y": "crps_ensemble",
    "x qualities": "sigmoid_quality_focal",
    "cosines ids": "cosface arcface",
    "rows ranks": "sigmoid_ordinal sigmoid_conditional_ordinal",
    "rows bins": "softmax_distribution_focal",
    "x bits": "sigmoid_asymmetric"
    " sigmoid_binary_cross_entropy sigmoid_focal hinge squared_hinge logistic perceptron sparsemax",
    "p bits": "binary_cross_entropy binary_focal hinge_embedding contrastive",
    "x x bits": "margin_ranking",
    "rows ids": "softmax_cross_entropy softmax_focal softmax_poly1 softmax_generalized_cross_entropy"
    " multi_margin multiclass_hinge multiclass_perceptron multiclass_sparsemax",
    "probs ids": "brier categorical_cross_entropy categorical_focal generalized_cross_entropy",
    "log-probs ids": "negative_log_likelihood",
    "rows bits": "multilabel_soft_margin",
    "few rows bits": "multilabel_margin",
    "rows probs": "softmax_kl_divergence softmax_jensen_shannon softmax_ranking generalized_kl_divergence",
    "lists times bits": "cox",
    "lists relevances": "list_mle",
    "few rows relevances": "pairwise_logistic",
    "rows ids events": "discrete_hazard",
    "probs probs": "kl_divergence jensen_shannon",
    "log-probs probs": "log_kl_divergence",
    "vectors": "cosine_similarity cosine_distance",
    "vectors bits": "cosine_embedding",
    "three vectors": "triplet_margin",
    "pixels": "dice tversky focal_tversky lovasz",
    "logits of pixels": "sigmoid_dice sigmoid_tversky sigmoid_focal_tversky lovasz_hinge",
    "boxes": "iou generalized_iou distance_iou complete_iou",
    "classes of pixels": "generalized_dice lovasz_softmax",
    "views": "info_nce sigmoid_contrastive barlow_twins vicreg",
    "embeddings ids": "nt_xent supervised_contrastive circle multi_similarity",
    "hidden": "linear_cross_entropy linear_arcface",
}
_PIXELS = {
    **{
        loss: {"axis": -1}
        for loss in (
            *("dice", "tversky", "sigmoid_dice", "sigmoid_tversky"),
            *("focal_tversky", "sigmoid_focal_tversky", "lovasz", "lovasz_hinge"),
        )
    },
    **{loss: {"axis": -1, "class_axis": -2} for loss in ("generalized_dice", "lovasz_softmax")},
}
"""The axes of an example."""

LOSSES = tuple(name for names in _OF.values() for name in names.split())
"""All losses that are timed."""


def inputs(loss: str) -> tuple[Array, ...]:
    return _INPUTS[next(what for what, names in _OF.items() if loss in names.split())]()


def _ours(loss: str) -> Callable[..., Any]:
    ours: Callable[..., Any] = getattr(lossary, loss)
    return partial(ours, **_PIXELS[loss]) if loss in _PIXELS else ours


class Functions:
    """The functions that formulas are written with, in one library."""

    def __init__(self, namespace: Any, **more: Any):
        self._namespace = namespace
        vars(self).update(more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._namespace, name)

    def eye(self, size: int, as_bool: bool = False) -> Array:
        return self._namespace.eye(size, dtype=bool if as_bool else "float32")

    def pick(self, x: Array, ids: Array) -> Array:
        return x[self.arange(len(ids)), ids]

    def logsumexp(self, x: Array) -> Array:
        top = self.max(x, -1)
        return self.log(self.sum(self.exp(x - top[:, None]), -1)) + top

    def log_softmax(self, x: Array) -> Array:
        return x - self.logsumexp(x)[:, None]

    def relu(self, x: Array) -> Array:
        return self.maximum(x, 0)

    def softplus(self, x: Array) -> Array:
        return self.logaddexp(x, 0)

    def sigmoid(self, x: Array) -> Array:
        return 1 / (1 + self.exp(-x))


def numpy_calls(loss: str) -> tuple[tuple[Call, Call], ...]:
    """Ours and the formula; then ours with the gradient, which the formula has no counterpart for."""
    from scipy import special

    more = {"erf": special.erf, "gammaln": special.gammaln}
    ours, arrays, xp = _ours(loss), inputs(loss), Functions(np, **more)
    both = lossary.value_and_grad(ours)

    def formula() -> Any:
        return FORMULAS[loss](*arrays, xp)

    return (lambda: ours(*arrays), formula), (lambda: both(*arrays)[0], formula)


def jax_calls(loss: str) -> tuple[tuple[Call, Call], ...]:
    import jax
    import jax.numpy as jnp
    import optax

    xp = Functions(
        jnp,
        softplus=jax.nn.softplus,
        log_softmax=jax.nn.log_softmax,
        relu=jax.nn.relu,
        sigmoid=jax.nn.sigmoid,
        logsumexp=lambda x: jax.nn.logsumexp(x, -1),
        erf=jax.scipy.special.erf,
        gammaln=jax.scipy.special.gammaln,
    )
    own = {
        "huber": optax.huber_loss,
        "squared_error": optax.squared_error,
        "log_cosh": optax.log_cosh,
        "sigmoid_binary_cross_entropy": optax.sigmoid_binary_cross_entropy,
        "sigmoid_focal": optax.sigmoid_focal_loss,
        "softmax_cross_entropy": optax.softmax_cross_entropy_with_integer_labels,
        "cosine_distance": optax.cosine_distance,
        "cosine_similarity": optax.cosine_similarity,
    }
    theirs = own.get(loss)
    arrays = tuple(jnp.asarray(a) for a in inputs(loss))

    def of_theirs(*arrays: Array) -> Any:
        return FORMULAS[loss](*arrays, xp) if theirs is None else jnp.mean(theirs(*arrays))

    pairs = []
    for way in (jax.jit, lambda f: jax.jit(jax.value_and_grad(f))):
        ours, other = way(_ours(loss)), way(of_theirs)
        pairs.append(tuple([_waiting(f, arrays) for f in (ours, other)]))
    return tuple(pairs)


def _waiting(function: Callable[..., Any], arrays: tuple[Array, ...]) -> Call:
    import jax

    def call() -> Any:
        found = jax.block_until_ready(function(*arrays))
        return found[0] if isinstance(found, tuple) else found

    return call


def torch_calls(loss: str) -> tuple[tuple[Call, Call], ...]:
    import torch
    from torch.nn import functional

    own = {
        "absolute_error": functional.l1_loss,
        "squared_error": functional.mse_loss,
        "huber": functional.huber_loss,
        "smooth_l1": functional.smooth_l1_loss,
        "sigmoid_binary_cross_entropy": functional.binary_cross_entropy_with_logits,
        "binary_cross_entropy": functional.binary_cross_entropy,
        "softmax_cross_entropy": functional.cross_entropy,
        "negative_log_likelihood": functional.nll_loss,
        "multi_margin": functional.multi_margin_loss,
        "multilabel_soft_margin": functional.multilabel_soft_margin_loss,
        "log_poisson": lambda x, y: functional.poisson_nll_loss(x, y),
        "gaussian_nll": lambda x, y, v: functional.gaussian_nll_loss(x, y, v),
        "cosine_similarity": lambda a, b: functional.cosine_similarity(a, b).mean(),
        "cosine_distance": lambda a, b: (1 - functional.cosine_similarity(a, b)).mean(),
        "cosine_embedding": lambda a, b, y: functional.cosine_embedding_loss(a, b, 2 * y - 1),
        "hinge_embedding": lambda d, y: functional.hinge_embedding_loss(d, 2 * y - 1),
        "margin_ranking": lambda x, o, y: functional.margin_ranking_loss(x, o, 2 * y - 1),
        "triplet_margin": functional.triplet_margin_loss,
    }
    xp = Functions(
        torch,
        relu=functional.relu,
        softplus=functional.softplus,
        max=torch.amax,
        sum=torch.sum,
        eye=lambda n, as_bool=False: torch.eye(n, dtype=torch.bool if as_bool else torch.float32),
        transpose=torch.t,
        log_softmax=lambda x: functional.log_softmax(x, -1),
        logsumexp=lambda x: torch.logsumexp(x, -1),
        sort=lambda x: torch.sort(x, -1)[0],
        take_along_axis=torch.take_along_dim,
        gammaln=torch.lgamma,
    )
    ours, theirs = _ours(loss), own.get(loss)
    arrays = tuple(torch.from_numpy(np.asarray(a)) for a in inputs(loss))
    leaf = arrays[0].clone().requires_grad_()

    def of_theirs(*arrays: Array) -> Any:
        return FORMULAS[loss](*arrays, xp) if theirs is None else theirs(*arrays)

    def backward(function: Callable[..., Any]) -> Call:
        def call() -> Any:
            leaf.grad = None
            value = function(leaf, *arrays[1:])
            value.backward()
            return value.detach()

        return call

    return (
        (lambda: ours(*arrays), lambda: of_theirs(*arrays)),
        (backward(ours), backward(of_theirs)),
    )


CALLS = {"numpy": numpy_calls, "jax": jax_calls, "torch": torch_calls}
