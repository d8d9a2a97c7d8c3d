"""What users of other libraries reported, tried here: each test names the thread."""

from math import exp, inf, log
from typing import Any

import numpy as np
import pytest

import lossary

LOGITS = np.array([[1.0, 2.0], [3.0, 0.4]])


def code_of(loss: Any, *arrays: Any, **options: Any) -> str:
    with pytest.raises(lossary.LossInputError) as caught:
        loss(*arrays, **options)
    return caught.value.code


@pytest.mark.of("jax")
def test_forward_mode_at_an_impossible_class() -> None:
    """github.com/google-deepmind/optax/pull/1762: the tangent of a masked class was NaN, also along 0."""
    jax = pytest.importorskip("jax")
    logits, labels = np.array([-inf, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
    loss = lossary.softmax_cross_entropy
    zeros = np.zeros(3)
    value, tangent = jax.jvp(loss, (logits, labels), (zeros, zeros))
    np.testing.assert_allclose([value, tangent], [log(2), 0.0], rtol=1e-6)
    np.testing.assert_allclose(jax.jacfwd(loss)(logits, labels), [0.0, -0.5, 0.5], atol=1e-6)


@pytest.mark.parametrize("embeddings", [np.zeros((3, 2)), np.eye(3, 2)])
@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2], [0, 0, 1]])
def test_contrastive_batches_without_pairs(embeddings: np.ndarray, labels: list[int]) -> None:
    """github.com/google-deepmind/optax/pull/946: NaN for one group, and for a vector of zeros."""
    for loss in (lossary.nt_xent, lossary.supervised_contrastive, lossary.circle):
        value, grad = lossary.value_and_grad(loss)(embeddings, np.array(labels))
        assert np.isfinite(value)
        assert np.isfinite(grad).all()


@pytest.mark.parametrize("loss", [lossary.dice, lossary.tversky, lossary.generalized_dice])
def test_overlap_of_soft_labels_is_best_at_the_labels(loss: Any) -> None:
    """github.com/Project-MONAI/MONAI/issues/8094: the loss of p = y was 0.79, and least elsewhere."""
    e = np.exp(np.random.default_rng(0).normal(size=(7, 5, 6)))
    y = e / e.sum(axis=1, keepdims=True)
    options = {"axis": 2, **({"class_axis": 1} if loss is lossary.generalized_dice else {})}
    value, grad = lossary.value_and_grad(loss)(y, y, **options, overlap="minimum")
    assert value == 0.0
    assert not grad.any()
    assert loss(0.9 * y + 0.02, y, **options, overlap="minimum") > 0.0


def test_empty_regions_in_which_nothing_is_found() -> None:
    """github.com/Project-MONAI/MONAI/issues/7883 and 120: 1, or NaN, for what is right."""
    for smooth in (0.0, 1.0):
        assert lossary.dice(np.zeros((2, 9)), np.zeros((2, 9)), axis=1, smooth=smooth) == 0.0


def test_a_label_just_above_one() -> None:
    """github.com/tensorflow/tensorflow/issues/71638: a loss below 0."""
    labels = np.array([1.0000000597], dtype="float32")
    assert labels > 1
    assert code_of(lossary.binary_cross_entropy, np.ones(1, "float32"), labels) == "L101"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_certain_and_right(dtype: str) -> None:
    """github.com/keras-team/keras/issues/198 and scikit-learn/issues/24315: NaN once a probability is 1."""
    p, y = np.array([1.0, 0.0], dtype), np.array([1, 0])
    value, grad = lossary.value_and_grad(lossary.binary_cross_entropy)(p, y)
    assert value == 0.0
    np.testing.assert_array_equal(grad, [-0.5, 0.5])
    assert lossary.binary_cross_entropy(1 - p, y) == inf  # and no number that an epsilon makes: issues/17399


@pytest.mark.parametrize("reduction", ["mean", "weighted_mean", "sum"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", [None, np.array([0.2, 0.3])])
def test_ignored_labels_with_weights_and_smoothing(reduction: Any, smoothing: float, weights: Any) -> None:
    """github.com/pytorch/pytorch/issues/69339, 72056, 73205, 91383: an index out of bounds, a wrong mean."""
    options = {"label_smoothing": smoothing, "class_weights": weights, "reduction": reduction}
    ids = np.array([-100, 1])
    value, grad = lossary.value_and_grad(lossary.softmax_cross_entropy)(
        LOGITS, ids, where=ids != -100, **options
    )
    q = exp(3.0) / (exp(3.0) + exp(0.4))
    c = [1.0, 1.0] if weights is None else weights
    exact = -c[1] * (1 - smoothing / 2) * log(1 - q) - c[0] * smoothing / 2 * log(q)
    np.testing.assert_allclose(value, exact / (c[1] if reduction == "weighted_mean" else 1.0), rtol=1e-12)
    assert not grad[0].any()


def test_all_labels_ignored() -> None:
    """github.com/pytorch/pytorch/issues/116349: NaN for a batch in which nothing counts."""
    ids = np.full(2, -100)
    value, grad = lossary.value_and_grad(lossary.softmax_cross_entropy)(LOGITS, ids, where=ids != -100)
    assert value == 0.0
    assert not grad.any()


def test_another_negative_label_is_not_ignored() -> None:
    """github.com/pytorch/pytorch/issues/12670: a label of -4 went through beside `ignore_index=-1`."""
    ids = np.array([-4, 1])
    assert code_of(lossary.softmax_cross_entropy, LOGITS, ids, where=ids != -1) == "L110"


def test_probabilities_are_not_rescaled() -> None:
    """github.com/scikit-learn/scikit-learn/issues/24515: a model that is off by half got a better loss."""
    assert code_of(lossary.categorical_cross_entropy, np.array([[0.2, 0.3]]), np.array([1])) == "L111"


def test_a_divergence_of_what_is_no_distribution() -> None:
    """github.com/keras-team/keras/issues/1917: it fell below 0 without a softmax."""
    images = np.array([[0.9, 0.8, 0.7]])
    assert code_of(lossary.kl_divergence, images, np.array([[0.2, 0.3, 0.5]])) == "L111"


def test_labels_in_the_place_of_predictions() -> None:
    """github.com/xiph/rnnoise/issues/117: predictions and labels the wrong way round, unnoticed."""
    predicted, labels = np.linspace(0.05, 0.95, 10), np.arange(10) // 5
    assert code_of(lossary.binary_cross_entropy, labels, predicted) == "L002"
