"""What must hold for every input, tried on inputs that Hypothesis makes up."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import lossary
from tests.libraries import Library

N, K = 6, 4
TRIES = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

EPS = 2.0**-23
"""The unit of float32, in which all of these run."""


def floats(low: float, high: float) -> st.SearchStrategy:
    return st.floats(low, high, width=32, allow_subnormal=False)


def vectors(low: float, high: float, shape: Any = N) -> st.SearchStrategy:
    return arrays("float32", shape, elements=floats(low, high))


LOGITS = vectors(-1e4, 1e4)
ROWS = vectors(-1e4, 1e4, (N, K))
UNIT = vectors(0, 1)
IDS = arrays("int64", N, elements=st.integers(0, K - 1))
GAMMA = st.sampled_from([0.0, 0.5, 1.0, 2.0, 5.0])
SMOOTHING = st.sampled_from([0.0, 0.1, 0.5])


def losses(library: Library, loss: Any, *inputs: np.ndarray, **options: Any) -> np.ndarray:
    result = library.call(loss, *map(library.array, inputs), reduction="none", **options)
    return library.to_numpy(result).astype("float64")


def gradient(library: Library, loss: Any, *inputs: np.ndarray, **options: Any) -> np.ndarray:
    derived = lossary.value_and_grad(loss)
    result = library.call(derived, *map(library.array, inputs), reduction="none", **options)[1]
    return library.to_numpy(result).astype("float64")


@TRIES
@given(x=LOGITS, p=UNIT, y=UNIT, gamma=GAMMA, smoothing=SMOOTHING)
def test_binary_losses_are_never_negative(
    library: Library, x: np.ndarray, p: np.ndarray, y: np.ndarray, gamma: float, smoothing: float
) -> None:
    calls: list[tuple[Any, np.ndarray, dict]] = [
        (lossary.sigmoid_binary_cross_entropy, x, {}),
        (lossary.binary_cross_entropy, p, {}),
        (lossary.sigmoid_focal, x, {"gamma": gamma}),
        (lossary.binary_focal, p, {"gamma": gamma}),
    ]
    for loss, first, options in calls:
        assert (losses(library, loss, first, y, label_smoothing=smoothing, **options) >= 0).all(), loss


@TRIES
@given(z=ROWS, ids=IDS, gamma=GAMMA, smoothing=SMOOTHING)
def test_losses_of_classes_are_never_negative(
    library: Library, z: np.ndarray, ids: np.ndarray, gamma: float, smoothing: float
) -> None:
    assert (losses(library, lossary.softmax_cross_entropy, z, ids, label_smoothing=smoothing) >= 0).all()
    focal = losses(library, lossary.softmax_focal, z, ids, gamma=gamma, label_smoothing=smoothing)
    assert (focal >= 0).all()


@TRIES
@given(x=vectors(-(2.0**50), 2.0**50), delta=st.sampled_from([1e-3, 1.0, 50.0]))
def test_regression_losses_are_zero_at_the_target_only(library: Library, x: np.ndarray, delta: float) -> None:
    other = x * np.float32(0.5) + 1
    for loss, options in (
        (lossary.squared_error, {}),
        (lossary.absolute_error, {}),
        (lossary.huber, {"delta": delta}),
    ):
        assert not losses(library, loss, x, x, **options).any()
        assert not gradient(library, loss, x, x, **options).any()
        apart = losses(library, loss, x, other, **options)
        assert ((apart > 0) == (x != other)).all()


@TRIES
@given(x=LOGITS, y=UNIT, gamma=GAMMA, smoothing=SMOOTHING)
@example(x=np.zeros(N, "float32"), y=np.ones(N, "float32"), gamma=0.5, smoothing=0.0)
def test_a_binary_loss_is_that_of_two_classes(
    library: Library, x: np.ndarray, y: np.ndarray, gamma: float, smoothing: float
) -> None:
    """The logits of two classes are (0, x); a label y is the distribution (1-y, y)."""
    rows = np.stack([np.zeros_like(x), x], axis=-1)
    both = np.stack([1 - y, y], axis=-1)
    pairs: list[tuple[Any, Any, dict]] = [
        (lossary.sigmoid_binary_cross_entropy, lossary.softmax_cross_entropy, {}),
        (lossary.sigmoid_focal, lossary.softmax_focal, {"gamma": gamma}),
    ]
    for binary, multi, options in pairs:
        options = {**options, "label_smoothing": smoothing}
        np.testing.assert_allclose(
            losses(library, binary, x, y, **options),
            losses(library, multi, rows, both, **options),
            rtol=32 * EPS,
            atol=1e-30,
        )
        np.testing.assert_allclose(
            gradient(library, binary, x, y, **options),
            gradient(library, multi, rows, both, **options)[:, 1],
            rtol=32 * EPS,
            atol=32 * EPS,
        )


@TRIES
@given(z=ROWS, ids=IDS, gamma=GAMMA)
def test_ids_are_one_hot_distributions(
    library: Library, z: np.ndarray, ids: np.ndarray, gamma: float
) -> None:
    one_hot = np.eye(K, dtype="float32")[ids]
    for loss, options in ((lossary.softmax_cross_entropy, {}), (lossary.softmax_focal, {"gamma": gamma})):
        for function in (losses, gradient):
            np.testing.assert_allclose(
                function(library, loss, z, ids, **options),
                function(library, loss, z, one_hot, **options),
                rtol=8 * EPS,
                atol=1e-35,
            )


@TRIES
@given(z=ROWS, ids=IDS, smoothing=SMOOTHING)
def test_smoothing_is_a_smoothed_distribution(
    library: Library, z: np.ndarray, ids: np.ndarray, smoothing: float
) -> None:
    smoothed = (1 - smoothing) * np.eye(K) + smoothing / K
    for loss in (lossary.softmax_cross_entropy, lossary.softmax_focal):
        np.testing.assert_allclose(
            losses(library, loss, z, ids, label_smoothing=smoothing),
            losses(library, loss, z, smoothed[ids].astype("float32")),
            rtol=16 * EPS,
            atol=1e-30,
        )


@TRIES
@given(z=ROWS, ids=IDS, shift=floats(-8, 8))
def test_softmax_losses_see_differences_of_logits_only(
    library: Library, z: np.ndarray, ids: np.ndarray, shift: float
) -> None:
    z = np.round(z)  # so that shifting by whole numbers is exact
    moved = z + np.float32(round(shift))
    for loss in (lossary.softmax_cross_entropy, lossary.softmax_focal):
        np.testing.assert_allclose(
            losses(library, loss, z, ids), losses(library, loss, moved, ids), rtol=1e-6, atol=1e-35
        )
        total = gradient(library, loss, z, ids).sum(axis=-1)
        np.testing.assert_allclose(total, 0, atol=64 * EPS)


@TRIES
@given(start=floats(-50, 50), gamma=GAMMA)
def test_losses_fall_as_the_right_logit_rises(library: Library, start: float, gamma: float) -> None:
    x = np.float32(start) + np.arange(N, dtype="float32")
    ones = np.ones(N, dtype="float32")
    for loss, options in (
        (lossary.sigmoid_binary_cross_entropy, {}),
        (lossary.sigmoid_focal, {"gamma": gamma}),
    ):
        assert (np.diff(losses(library, loss, x, ones, **options)) <= 0).all()
        assert (gradient(library, loss, x, ones, **options) <= 0).all()


@pytest.mark.parametrize("min_prob", [1e-7, 1e-3])
def test_a_floor_bounds_the_loss_and_keeps_the_gradient(library: Library, min_prob: float) -> None:
    p = np.asarray([0.0, min_prob / 2, 1 - min_prob / 2, 1.0, 0.5], dtype="float32")
    for y, floor in ((1.0, [0, 1]), (0.0, [2, 3])):
        y = np.full_like(p, y)
        options = {"min_prob": min_prob}
        value = losses(library, lossary.binary_cross_entropy, p, y, **options)
        grad = gradient(library, lossary.binary_cross_entropy, p, y, **options)
        np.testing.assert_allclose(value[floor], -np.log(min_prob), rtol=1e-6)
        np.testing.assert_allclose(np.abs(grad[floor]), 1 / min_prob, rtol=1e-6)
        ceiling = [i for i in range(4) if i not in floor]
        np.testing.assert_allclose(value[ceiling], -np.log1p(-min_prob), rtol=1e-6)
        assert value[4] == pytest.approx(np.log(2), rel=1e-6)
