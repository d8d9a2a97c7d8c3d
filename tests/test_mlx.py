"""MLX: what is its own. Derivatives in every transformation are demands of every loss: tests/contract."""

from typing import Any

import numpy as np
import pytest

import lossary
from tests.libraries import selected

if all(library.needs != "mlx.core" for library in selected()):
    pytest.skip("MLX is not selected", allow_module_level=True)

import mlx.core as mx

pytestmark = pytest.mark.of("mlx.core")

BCE, CE = lossary.sigmoid_binary_cross_entropy, lossary.softmax_cross_entropy
RNG = np.random.default_rng(3)
LOGITS, LABELS, FROM_ONE = mx.array([0.3, -1.2, 2.0]), mx.array([1, 0, 1]), mx.array([2, 1, 2])
HIDDEN, HEAD = (mx.array(RNG.normal(size=shape), dtype=mx.float64) for shape in ((6, 3), (5, 3)))
IDS, GROUPS = mx.array(RNG.integers(0, 5, 6)), mx.array([0, 0, 1, 1, 2, 2])


def each(logits: Any, labels: Any) -> Any:
    return BCE(logits, labels, reduction="none")


def test_values_are_checked_where_they_can_be_read() -> None:
    for call in (each, mx.grad(BCE), mx.value_and_grad(BCE), mx.checkpoint(BCE)):
        with pytest.raises(lossary.LossInputError, match=r"must lie in \[0, 1\]"):
            call(LOGITS, FROM_ONE)


def test_elsewhere_what_is_outside_is_nan() -> None:
    for losses in (mx.compile(each)(LOGITS, FROM_ONE), mx.vmap(each)(LOGITS, FROM_ONE)):
        np.testing.assert_array_equal(np.isnan(losses), [True, False, True])
    with lossary.config(check="always"):
        assert mx.isnan(mx.compile(lossary.check(BCE))(LOGITS, FROM_ONE))
    np.testing.assert_array_equal(np.isnan(mx.compile(mx.grad(BCE))(LOGITS, FROM_ONE)), [True, False, True])


def test_what_is_closed_over_is_checked_while_it_is_compiled() -> None:
    with pytest.raises(lossary.LossInputError, match=r"must lie in \[0, 1\]"):
        mx.compile(lambda logits: BCE(logits, FROM_ONE))(LOGITS)


def test_ids_of_every_width() -> None:
    rows, ids = mx.array(RNG.normal(size=(4, 3))), np.asarray([0, 2, 1, 2])
    want = float(CE(rows, mx.array(ids)))
    for dtype in (mx.uint8, mx.int8, mx.uint32, mx.int64, mx.uint64):
        assert float(CE(rows, mx.array(ids, dtype=dtype))) == want
    with pytest.raises(lossary.LossInputError, match="class ids from 0 to 2"):
        CE(rows, mx.array(ids + 2**32))  # which int32 would make the same ids of


def test_long_rows_and_sums_lose_no_digit() -> None:
    """One by one, float32 loses three."""
    x = RNG.uniform(0.0, 1.0, (2, 400_000)).astype("float32")
    wide = x.astype("float64")
    np.testing.assert_allclose(lossary.squared_error(mx.array(x), 0.0), np.mean(wide**2), rtol=1e-7)
    logs = np.log(np.sum(np.exp(wide), axis=-1)) - wide[:, 0]
    found = CE(mx.array(x), mx.array([0, 0]), reduction="none")
    np.testing.assert_allclose(found, logs, rtol=2e-7)


def _differences(function: Any, x: Any) -> np.ndarray:
    found, values = [], np.asarray(x)
    for place in np.ndindex(values.shape):
        sides = []
        for move in (1e-5, -1e-5):
            moved = values.copy()
            moved[place] += move
            sides.append(float(function(mx.array(moved, dtype=mx.float64))))
        found.append((sides[0] - sides[1]) / 2e-5)
    return np.reshape(found, values.shape)


@pytest.mark.parametrize("reduction", ["sum", "weighted_mean"])
@pytest.mark.parametrize("strategy", ["token", "vocab"])
@pytest.mark.parametrize(
    ("name", "value"), [("label_smoothing", 0.1), ("z_weight", 0.1), ("class_weights", [1, 2, 3, 0.5, 0.7])]
)
def test_parameters_of_a_loss_in_chunks_have_gradients(
    name: str, value: Any, strategy: str, reduction: str
) -> None:
    def loss(p: Any) -> Any:
        options = {"strategy": strategy, "reduction": reduction, "chunk": 2, name: p}
        return lossary.linear_cross_entropy(HIDDEN, HEAD, IDS, **options)

    x = mx.array(value, dtype=mx.float64)
    np.testing.assert_allclose(mx.grad(loss)(x), _differences(loss, x), rtol=1e-6)


@pytest.mark.parametrize(("name", "value"), [("gamma", 6.0), ("margin", 0.3)])
def test_parameters_of_a_loss_of_pairs_have_gradients(name: str, value: float) -> None:
    def loss(p: Any) -> Any:
        return lossary.circle(HIDDEN, GROUPS, **{name: p})

    x = mx.array(value, dtype=mx.float64)
    np.testing.assert_allclose(mx.grad(loss)(x), _differences(loss, x), rtol=1e-6)


def test_arrays_of_numpy_beside_it_are_refused() -> None:
    with pytest.raises(lossary.LossTypeError, match="arrays of one library") as caught:
        BCE(LOGITS, np.asarray(LABELS))
    assert caught.value.fix == "labels = mx.array(labels)"


def test_a_diagnosis_reads_its_arrays() -> None:
    logits, labels = RNG.normal(size=200).astype("float32"), RNG.integers(0, 2, 200)
    want = lossary.diagnose(logits, labels, kind="logits").numbers
    for dtype, within in ((mx.float32, 1e-5), (mx.bfloat16, 1e-2)):
        found = lossary.diagnose(mx.array(logits, dtype=dtype), mx.array(labels), kind="logits").numbers
        assert found["loss"] == pytest.approx(want["loss"], rel=within)
    with pytest.raises(lossary.LossTypeError, match="`predictions` has no values to read"):
        mx.compile(lambda x: lossary.diagnose(x, labels, kind="logits"))(mx.array(logits))
