"""`lossary.integrations.keras.Loss` in models of Keras, on the backend that KERAS_BACKEND names."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossary

if "KERAS_BACKEND" not in os.environ:
    pytest.skip("KERAS_BACKEND names no backend", allow_module_level=True)

keras = pytest.importorskip("keras")
datasets = pytest.importorskip("sklearn.datasets")

from lossary.integrations.keras import Loss  # noqa: E402

TRACED = keras.backend.backend() != "torch"
"""Whether `fit` compiles, so that nobody can read values in it."""
RNG = np.random.default_rng(0)


def standardized(x: np.ndarray) -> np.ndarray:
    return ((x - x.mean(axis=0)) / (x.std(axis=0) + 1e-9)).astype("float32")


def cancer() -> tuple[np.ndarray, np.ndarray]:
    data = datasets.load_breast_cancer()
    return standardized(data.data), data.target


def digits() -> tuple[np.ndarray, np.ndarray]:
    data = datasets.load_digits()
    return standardized(data.data), data.target


def model(loss: Any, features: int, outputs: int, **options: Any) -> Any:
    keras.utils.set_random_seed(0)
    made = keras.Sequential(
        [keras.Input((features,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(outputs)]
    )
    made.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss, **options)
    return made


def to_numpy(x: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(x)


def exact(loss: str, y_true: np.ndarray, y_pred: np.ndarray, **options: Any) -> np.ndarray:
    return getattr(lossary, loss)(np.asarray(y_pred, "float64"), y_true, **options)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean_with_sample_weight", "sum", "none"])
def test_it_is_what_keras_has(reduction: str) -> None:
    """Where Keras' own loss is right, which is far from 0 and 1, the numbers are the same."""
    losses = keras.losses
    z, y = RNG.normal(size=(8, 3)).astype("float32"), RNG.integers(0, 2, (8, 3)).astype("float32")
    x, ids = RNG.normal(size=(8, 3)).astype("float32"), RNG.integers(0, 3, 8)
    onehot, weights = np.eye(3, dtype="float32")[ids], RNG.uniform(0.5, 2, 8).astype("float32")
    signs, p = 2 * y - 1, 1 / (1 + np.exp(-z))
    q = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    own = {"reduction": reduction}
    pairs = [
        (
            Loss("sigmoid_binary_cross_entropy", **own),
            losses.BinaryCrossentropy(from_logits=True, **own),
            y,
            z,
        ),
        (Loss("binary_cross_entropy", **own), losses.BinaryCrossentropy(**own), y, p),
        (
            Loss("sigmoid_binary_cross_entropy", label_smoothing=0.1, **own),
            losses.BinaryCrossentropy(True, label_smoothing=0.1, **own),
            y,
            z,
        ),
        (
            Loss("sigmoid_focal", alpha=0.25, **own),
            losses.BinaryFocalCrossentropy(True, alpha=0.25, from_logits=True, **own),
            y,
            z,
        ),
        (Loss("softmax_cross_entropy", **own), losses.CategoricalCrossentropy(True, **own), onehot, z),
        (Loss("categorical_cross_entropy", **own), losses.CategoricalCrossentropy(**own), onehot, q),
        (Loss("softmax_cross_entropy", **own), losses.SparseCategoricalCrossentropy(True, **own), ids, z),
        (Loss("categorical_cross_entropy", **own), losses.SparseCategoricalCrossentropy(**own), ids, q),
        (Loss("kl_divergence", **own), losses.KLDivergence(**own), q[::-1].copy(), q),
        (Loss("huber", delta=0.5, **own), losses.Huber(0.5, **own), x, z),
        (Loss("squared_error", **own), losses.MeanSquaredError(**own), x, z),
        (Loss("absolute_error", **own), losses.MeanAbsoluteError(**own), x, z),
        (Loss("log_cosh", **own), losses.LogCosh(**own), x, z),
        (Loss("hinge", labels_in="pm1", **own), losses.Hinge(**own), signs, z),
        (Loss("squared_hinge", labels_in="pm1", **own), losses.SquaredHinge(**own), signs, z),
    ]
    for ours, theirs, y_true, y_pred in pairs:
        for sample_weight in (None, weights):
            got, want = (to_numpy(loss(y_true, y_pred, sample_weight)) for loss in (ours, theirs))
            np.testing.assert_allclose(got, want, rtol=2e-5, atol=2e-6, err_msg=f"{ours.name}")


def test_a_binary_model_learns_and_comes_back_from_a_file(tmp_path: Path) -> None:
    x, y = cancer()
    made = model(Loss(lossary.sigmoid_focal, gamma=2.0), 30, 1, metrics=["accuracy"])
    before = made.evaluate(x, y, verbose=0)[0]
    made.fit(x, y, epochs=5, verbose=0)
    after = made.evaluate(x, y, verbose=0)[0]
    want = exact("sigmoid_focal", y, made.predict(x, verbose=0)[:, 0], gamma=2.0)
    assert after == pytest.approx(want, rel=1e-5)
    assert after < before / 4
    made.save(tmp_path / "focal.keras")
    loaded = keras.saving.load_model(tmp_path / "focal.keras")
    assert loaded.loss.get_config() == made.loss.get_config()
    assert loaded.evaluate(x, y, verbose=0)[0] == pytest.approx(after, rel=1e-6)
    loaded.fit(x, y, epochs=1, verbose=0)
    assert loaded.evaluate(x, y, verbose=0)[0] < after


def test_a_saved_model_loads_in_another_process(tmp_path: Path) -> None:
    """Keras saves a plain function in `compile`, and cannot find it again."""
    x, y = cancer()

    def huber(y_true: Any, y_pred: Any) -> Any:
        return lossary.huber(y_pred, y_true)

    plain = model(huber, 30, 1)
    plain.save(tmp_path / "plain.keras")
    with pytest.raises((TypeError, ValueError)):
        keras.saving.load_model(tmp_path / "plain.keras")
    made = model(Loss("pinball", quantile=0.9, name="p90"), 30, 1)
    want = made.evaluate(x, y.astype("float32"), verbose=0)
    made.save(tmp_path / "ours.keras")
    np.savez(tmp_path / "data.npz", x=x, y=y)
    code = (
        "import keras, numpy, sys, lossary.integrations.keras; d = numpy.load(sys.argv[1] + '/data.npz');"
        "m = keras.saving.load_model(sys.argv[1] + '/ours.keras');"
        "print(m.loss.name, m.evaluate(d['x'], d['y'].astype('float32'), verbose=0))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    name, value = done.stdout.split()[-2:]
    assert (name, float(value)) == ("p90", pytest.approx(want, rel=1e-6))


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)], ids=["(n,)", "(n, 1)"])
def test_class_ids_of_each_shape(shape: tuple[int, ...]) -> None:
    x, y = digits()
    made = model(Loss(lossary.softmax_cross_entropy, label_smoothing=0.1), 64, 10)
    made.fit(x, y.reshape(shape), epochs=3, verbose=0)
    logits = made.predict(x, verbose=0)
    want = exact("softmax_cross_entropy", y, logits, label_smoothing=0.1)
    assert made.evaluate(x, y.reshape(shape), verbose=0) == pytest.approx(want, rel=1e-5)
    assert (logits.argmax(axis=1) == y).mean() > 0.9


def test_sample_weights_and_class_weights() -> None:
    x, y = cancer()
    made = model(Loss("sigmoid_binary_cross_entropy"), 30, 1)
    weights = np.linspace(0, 2, len(y)).astype("float32")
    want = exact("sigmoid_binary_cross_entropy", y, made.predict(x, verbose=0)[:, 0], weights=weights)
    assert made.evaluate(x, y, sample_weight=weights, verbose=0) == pytest.approx(want, rel=1e-5)

    first = made.fit(x, y, class_weight={0: 3.0, 1: 0.5}, batch_size=len(y), epochs=1, verbose=0)
    again = model(Loss("sigmoid_binary_cross_entropy"), 30, 1)
    want = exact(
        "sigmoid_binary_cross_entropy", y, again.predict(x, verbose=0)[:, 0], weights=np.where(y, 0.5, 3.0)
    )
    assert first.history["loss"][0] == pytest.approx(want, rel=1e-5)
    weighty = Loss("softmax_cross_entropy", class_weights=[1.0, 2.0, 3.0])
    z, ids = RNG.normal(size=(5, 3)), np.asarray([0, 1, 2, 1, 0])
    want = exact("softmax_cross_entropy", ids, z, class_weights=np.asarray([1.0, 2.0, 3.0]))
    assert float(weighty(ids, z)) == pytest.approx(want, rel=1e-5)
    assert Loss.from_config(weighty.get_config()).options == weighty.options


def test_what_is_masked_out_may_be_anything() -> None:
    """Keras multiplies by 0 what its mask hides, and 0 times NaN is NaN."""
    steps = RNG.normal(size=(4, 6, 3)).astype("float32")
    lengths = np.asarray([6, 2, 4, 1])
    there = np.arange(6) < lengths[:, None]
    steps[~there] = 0.0
    ids = np.where(there, RNG.integers(0, 5, (4, 6)), -1)
    keras.utils.set_random_seed(0)
    made = keras.Sequential([keras.Input((6, 3)), keras.layers.Masking(), keras.layers.Dense(5)])
    made.compile(optimizer="sgd", loss=Loss("softmax_cross_entropy"))
    logits = made.predict(steps, verbose=0)
    want = exact("softmax_cross_entropy", ids, logits, where=there)
    assert made.evaluate(steps, ids, verbose=0) == pytest.approx(want, rel=1e-5)
    history = made.fit(steps, ids, epochs=2, verbose=0).history["loss"]
    assert np.isfinite(history).all()
    assert history[1] < history[0]


@pytest.mark.parametrize(
    ("loss", "outputs", "wrong"),
    [
        ("sigmoid_binary_cross_entropy", 1, 3),
        ("softmax_cross_entropy", 2, 3),
        ("softmax_cross_entropy", 2, 0.5),
    ],
)
def test_a_label_that_makes_no_sense_is_never_a_number(loss: str, outputs: int, wrong: float) -> None:
    """Keras' own losses return -4.29 for a label of 3 on two backends, and raise on the third."""
    x, y = cancer()
    y = y.astype("float32")
    y[100] = wrong
    with pytest.raises(lossary.LossInputError, match="labels") as caught:
        Loss(loss)(y, np.zeros((len(y), outputs), "float32"))
    assert "[100" in "\n".join(caught.value.__notes__)
    made = model(Loss(loss), 30, outputs)
    if TRACED:
        assert np.isnan(made.fit(x, y, epochs=1, verbose=0).history["loss"]).all()
    else:
        with pytest.raises(lossary.LossInputError, match="labels"):
            made.fit(x, y, epochs=1, verbose=0)
    if keras.backend.backend() == "tensorflow":
        made = model(Loss(loss), 30, outputs, run_eagerly=True)
        with pytest.raises(lossary.LossInputError, match="labels"):
            made.fit(x, y, epochs=1, verbose=0)


@pytest.mark.parametrize(
    ("loss", "y_true", "y_pred"),
    [
        ("squared_error", (8, 1), (8, 3)),
        ("squared_error", (8,), (8, 3)),
        ("sigmoid_focal", (8, 3), (8, 1)),
        ("softmax_cross_entropy", (8, 2), (8, 3)),
        ("softmax_cross_entropy", (7,), (8, 3)),
        ("dice", (8, 3), (8, 4)),
    ],
)
def test_shapes_are_never_repeated(loss: str, y_true: tuple, y_pred: tuple) -> None:
    """Keras' own mean squared error of (8, 1) and (8, 3) compares each target with three predictions."""
    options = {"axis": 1} if loss == "dice" else {}
    with pytest.raises(lossary.LossInputError, match="do not"):
        Loss(loss, **options)(np.zeros(y_true, "float32"), np.zeros(y_pred, "float32"))


def test_logits_for_probabilities_are_no_number() -> None:
    x, y = cancer()
    made = model(Loss("binary_cross_entropy"), 30, 1)  # without a sigmoid
    if TRACED:
        assert np.isnan(made.evaluate(x, y, verbose=0))
    else:
        with pytest.raises(lossary.LossInputError, match="`probs` must lie in"):
            made.evaluate(x, y, verbose=0)


def test_mixed_precision() -> None:
    x, y = digits()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        made = model(Loss("softmax_focal", gamma=1.0), 64, 10)
        history = made.fit(x, y, epochs=3, verbose=0).history["loss"]
        logits = made.predict(x, verbose=0)
    finally:
        keras.config.set_dtype_policy("float32")
    assert history[-1] < history[0] / 2
    assert "bfloat16" in str(made.layers[-1].compute_dtype)
    assert logits.shape == (len(y), 10)
    wide = Loss("softmax_cross_entropy")(np.asarray([300]), np.zeros((1, 301), "float16"))
    assert float(wide) == pytest.approx(np.log(301), rel=1e-6)


def test_images_and_regions() -> None:
    images = RNG.random((6, 8, 8, 1)).astype("float32")
    masks = (images > 0.6).astype("float32")
    keras.utils.set_random_seed(0)
    made = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(1, 3, padding="same")])
    made.compile(optimizer=keras.optimizers.Adam(0.05), loss=Loss("sigmoid_dice", axis=(1, 2, 3)))
    history = made.fit(images, masks, epochs=8, verbose=0).history["loss"]
    assert history[-1] < history[0]
    want = exact("sigmoid_dice", masks, made.predict(images, verbose=0), axis=(1, 2, 3))
    assert made.evaluate(images, masks, verbose=0) == pytest.approx(want, rel=1e-5)
    config = keras.saving.serialize_keras_object(made.loss)
    assert float(keras.saving.deserialize_keras_object(config)(masks, images)) == pytest.approx(
        float(made.loss(masks, images)), rel=1e-6
    )


@pytest.mark.parametrize(
    ("loss", "options", "error", "text"),
    [
        (lambda z, y: z, {}, lossary.LossTypeError, "expected a lossary loss"),
        ("focal", {}, lossary.LossTypeError, "expected a lossary loss"),
        (lossary.value_and_grad(lossary.huber), {}, lossary.LossTypeError, "expected a lossary loss"),
        (lossary.triplet_margin, {}, lossary.LossTypeError, "does not take predictions and targets"),
        (lossary.info_nce, {}, lossary.LossTypeError, "does not take predictions and targets"),
        ("huber", {"weights": [1.0]}, lossary.LossTypeError, "because Keras has its own"),
        ("huber", {"gamma": 2.0}, TypeError, "gamma"),
        ("dice", {}, TypeError, "axis"),
        ("huber", {"reduction": "avg"}, ValueError, "reduction"),
    ],
)
def test_mistakes_show_when_the_loss_is_made(loss: Any, options: dict, error: type, text: str) -> None:
    with pytest.raises(error, match=text):
        Loss(loss, **options)


def test_variables_are_taken_with_their_gradient() -> None:
    x, y = RNG.normal(size=(2, 5)).astype("float32")
    variable, target = keras.Variable(x), keras.ops.convert_to_tensor(y)
    value, gradient = lossary.value_and_grad(lossary.huber)(x, y)
    loss = keras.ops.convert_to_numpy(lossary.huber(variable, target))
    assert loss == pytest.approx(value, rel=1e-6)
    backend = keras.backend.backend()
    if backend == "torch":
        lossary.huber(variable, target).backward()
        found = variable.value.grad.cpu()
    elif backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = lossary.huber(variable, target)
        found = tape.gradient(loss, variable.value)
    else:
        import jax

        def loss_at(values: Any) -> Any:
            with keras.StatelessScope(state_mapping=[(variable, values)]):
                return lossary.huber(variable, target)

        found = jax.grad(loss_at)(variable.value)
    np.testing.assert_allclose(np.asarray(found), gradient, rtol=1e-6)
