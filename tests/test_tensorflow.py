"""TensorFlow's own: sizes that show when a function runs, XLA, variables, and errors inside `tf.function`."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import lossary
import lossary.kernel
from tests.libraries import selected

if not any(library.needs == "tensorflow" for library in selected()):
    pytest.skip("TensorFlow is not selected", allow_module_level=True)

import tensorflow as tf

pytestmark = pytest.mark.of("tensorflow")

BCE, CE = lossary.sigmoid_binary_cross_entropy, lossary.softmax_cross_entropy
RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(6, 4)).astype("float32")
IDS = RNG.integers(0, 4, 6)
WAYS = pytest.mark.parametrize("jit", [False, True], ids=["graph", "XLA"])


def traced(function: Callable[..., Any], *specs: tf.TensorSpec, jit: bool) -> Callable[..., Any]:
    return tf.function(function, input_signature=specs, jit_compile=jit)


def floats(*shape: int | None) -> tf.TensorSpec:
    return tf.TensorSpec(shape)


def ints(*shape: int | None) -> tf.TensorSpec:
    return tf.TensorSpec(shape, tf.int64)


@WAYS
@pytest.mark.parametrize("reduction", ["mean", "weighted_mean", "sum", "none"])
def test_one_trace_serves_all_batch_sizes(reduction: str, jit: bool) -> None:
    def loss(x: Any, y: Any, w: Any, m: Any) -> Any:
        derive = lossary.value_and_grad(CE)
        return derive(
            x, y, weights=w, where=m, reduction=reduction, class_weights=tf.constant([1.0, 2, 3, 4])
        )

    mask = tf.TensorSpec([None], tf.bool)
    compiled = traced(loss, floats(None, 4), ints(None), floats(None), mask, jit=jit)
    w, m = np.linspace(0, 1, 6, dtype="float32"), np.arange(6) % 3 > 0
    for n in (6, 1, 3, 0):
        given = ROWS[:n], IDS[:n], w[:n], m[:n]
        options = {"weights": w[:n], "where": m[:n], "class_weights": np.asarray([1.0, 2, 3, 4])}
        want = lossary.value_and_grad(CE)(*given[:2], reduction=reduction, **options)
        for got, exact in zip(compiled(*map(tf.constant, given)), want, strict=True):
            np.testing.assert_allclose(got, exact, rtol=1e-5, atol=1e-7)


@WAYS
def test_images_of_any_size(jit: bool) -> None:
    """Pixels of one example along axes of unknown length."""
    shape = (None, None, None, 1)
    loss = traced(
        lossary.value_and_grad(partial(lossary.sigmoid_dice, axis=(1, 2))),
        floats(*shape),
        floats(*shape),
        jit=jit,
    )
    for size in ((2, 5, 3, 1), (1, 2, 7, 1)):
        x, y = RNG.normal(size=size).astype("float32"), RNG.integers(0, 2, size).astype("float32")
        want = lossary.value_and_grad(lossary.sigmoid_dice)(x, y, axis=(1, 2))
        for got, exact in zip(loss(tf.constant(x), tf.constant(y)), want, strict=True):
            np.testing.assert_allclose(got, exact, rtol=1e-5, atol=1e-7)


@WAYS
@pytest.mark.parametrize("sizes", [(6, 1, 6), (1, 6, 1), (1, 1, 6), (6, 6, 5), (6, 5, 6)], ids=str)
def test_a_batch_of_one_is_never_repeated(sizes: tuple[int, int, int], jit: bool) -> None:
    """TensorFlow would repeat one example for each of the others, and no error would say so."""
    n, labels, weights = sizes
    pointwise = traced(
        lambda x, y, w: BCE(x, y, weights=w), floats(None, 4), floats(None, 4), floats(None), jit=jit
    )
    of_rows = traced(lambda x, y, w: CE(x, y, weights=w), floats(None, 4), ints(None), floats(None), jit=jit)
    w = tf.ones(weights)
    for loss, y in ((pointwise, tf.zeros((labels, 4))), (of_rows, tf.zeros(labels, tf.int64))):
        with pytest.raises(tf.errors.InvalidArgumentError):
            loss(tf.constant(ROWS[:n]), y, w)


@WAYS
@pytest.mark.parametrize("name", ["weights", "where", "class_weights"])
@pytest.mark.parametrize(("rows", "length"), [(6, 1), (1, 6)])
def test_what_is_beside_a_batch_is_never_repeated(rows: int, length: int, name: str, jit: bool) -> None:
    """One weight for each row, or each class, of a table that has another number of them."""
    x = RNG.normal(size=(rows, 3)).astype("float32")
    given = tf.ones(length, tf.bool if name == "where" else tf.float32)
    for spec in (tf.TensorSpec([None], given.dtype), tf.TensorSpec([length], given.dtype)):
        how = {"axis": 0} if name == "class_weights" else {}
        loss = traced(
            lambda x, y, w, how=how: BCE(x, y, reduction="none", **how, **{name: w}),
            floats(None, 3),
            floats(None, 3),
            spec,
            jit=jit,
        )
        with pytest.raises(tf.errors.InvalidArgumentError):
            loss(tf.constant(x), tf.zeros_like(x), given)
        rows_of_it = tf.zeros((length, 3))
        assert loss(rows_of_it, rows_of_it, given).shape == (length, 3)


@WAYS
@pytest.mark.parametrize("rows", [(6, 1), (1, 6)], ids=str)
def test_terms_of_a_sum_are_never_repeated(rows: tuple[int, int], jit: bool) -> None:
    @lossary.kernel.loss
    def both(x: Any, y: Any) -> Any:
        terms = [lossary.kernel.call(lossary.squared_error, a, 0.0, reduction="none") for a in (x, y)]
        return terms[0] + terms[1]

    for function in (both, lossary.value_and_grad(both)):
        of_both = traced(function, floats(None), floats(None), jit=jit)
        tf.nest.map_structure(np.asarray, of_both(tf.ones(6), tf.ones(6)))
        with pytest.raises(tf.errors.InvalidArgumentError):
            of_both(*map(tf.ones, rows))


def test_the_number_of_axes_and_of_classes_must_be_known() -> None:
    with pytest.raises(lossary.LossInputError, match="number of axes"):
        traced(BCE, tf.TensorSpec(None), tf.TensorSpec(None), jit=False)(ROWS, ROWS)
    with pytest.raises(lossary.LossInputError, match="size of axis 1 of `logits`") as caught:
        traced(CE, floats(None, None), ints(None), jit=False)(ROWS, IDS)
    assert "ensure_shape" in caught.value.fix


def test_errors_in_a_traced_function_keep_their_notes() -> None:
    @tf.function
    def loss(x: Any, y: Any) -> Any:
        if tf.reduce_sum(x) > 0:  # what makes AutoGraph rewrite the function
            return BCE(x, y)
        return 2 * BCE(x, y)

    with pytest.raises(lossary.LossInputError, match="do not have the same shape") as caught:
        loss(tf.zeros((4, 1)), tf.zeros(4))
    assert "[..., 0]" in "\n".join(caught.value.__notes__)


@WAYS
def test_only_the_bad_example_is_nan_where_values_cannot_be_read(jit: bool) -> None:
    derive = lossary.value_and_grad(CE)
    losses, slopes = traced(
        lambda x, y: derive(x, y, reduction="none"), floats(None, 4), ints(None), jit=jit
    )(tf.constant(ROWS[:3]), tf.constant([0, 4, -1], tf.int64))
    assert np.isnan(losses).tolist() == [False, True, True]
    assert np.isnan(slopes).all(axis=1).tolist() == [False, True, True]


def test_variables_are_arrays() -> None:
    x, w = tf.Variable(ROWS), tf.Variable(np.ones(6, "float32"))
    with tf.GradientTape() as tape:
        loss = CE(x, tf.constant(IDS), weights=w, label_smoothing=tf.Variable(0.1))
    dx, dw = tape.gradient(loss, (x, w))
    want, slope = lossary.value_and_grad(CE)(ROWS, IDS, label_smoothing=0.1)
    np.testing.assert_allclose(loss, want, rtol=1e-6)
    np.testing.assert_allclose(dx, slope, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(tf.reduce_sum(dw), want, rtol=1e-5)


@pytest.mark.parametrize("eager", [True, False], ids=["eager", "graph"])
@pytest.mark.parametrize("over", [None, 0, 1])
def test_forward_mode(over: int | None, eager: bool) -> None:
    """Alone and over a tape."""
    labels = (ROWS > 0).astype("float32")
    y, v = tf.constant(labels), tf.constant(RNG.normal(size=ROWS.shape).astype("float32"))

    def forward(x: Any) -> Any:
        with tf.autodiff.ForwardAccumulator(x, v) as accumulator:
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = lossary.sigmoid_focal(x, y, over=over)
            slope = tape.gradient(loss, x)
        return accumulator.jvp(loss), accumulator.jvp(slope)

    of_loss, of_slope = (forward if eager else tf.function(forward))(tf.constant(ROWS))
    _, slope, bend = lossary.value_grad_hess(lossary.sigmoid_focal)(ROWS, labels, over=over)
    np.testing.assert_allclose(of_loss, (slope * v.numpy()).sum(axis=over), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(of_slope, bend * v.numpy(), rtol=1e-4, atol=1e-6)


@WAYS
def test_parameters_have_derivatives(jit: bool) -> None:
    y = tf.constant((ROWS > 0.3).astype("float32"))

    def slope(gamma: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(gamma)
            loss = lossary.sigmoid_focal(tf.constant(ROWS), y, gamma=gamma)
        return tape.gradient(loss, gamma)

    values = [lossary.sigmoid_focal(ROWS.astype("float64"), y.numpy(), gamma=g) for g in (1.99, 2.01)]
    got = traced(slope, floats(), jit=jit)(tf.constant(2.0))
    np.testing.assert_allclose(got, (values[1] - values[0]) / 0.02, rtol=1e-4)


def test_half_precision_trains_in_float32() -> None:
    x = tf.Variable(tf.cast(ROWS * 1e4, tf.float16))
    with tf.GradientTape() as tape:
        loss = CE(x, tf.constant(IDS), reduction="sum")
    assert (loss.dtype, tape.gradient(loss, x).dtype) == (tf.float32, tf.float16)
    assert np.isfinite(loss)


def test_losses_on_two_replicas() -> None:
    command = [sys.executable, "-m", "tests.tensorflow_replicas"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["", *sys.path])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr


NO_TENSORS = {
    "x.to_tensor()": lambda: tf.RaggedTensor.from_row_lengths([0.5, 1.0, 2.0], [2, 1]),
    "tf.sparse.to_dense(x)": lambda: tf.sparse.from_dense(ROWS),
    "x.stack()": lambda: tf.TensorArray(tf.float32, 6).unstack(tf.constant(ROWS)),
    "tf.convert_to_tensor(x)": lambda: tf.IndexedSlices(ROWS, tf.range(6), tf.constant([6, 4])),
}


@pytest.mark.parametrize("line", NO_TENSORS)
def test_what_is_no_tensor_is_refused_by_name(line: str) -> None:
    x = NO_TENSORS[line]()
    with pytest.raises(lossary.LossTypeError, match=type(x).__name__) as caught:
        lossary.huber(x, x)
    assert caught.value.code == "L005"
    fix, _, option = caught.value.fix.removeprefix("pass ").partition(" with where=")
    assert fix == line
    options = {"where": eval(option)} if option else {}
    assert lossary.absolute_error(eval(fix), 0.0, reduction="sum", **options) > 0
