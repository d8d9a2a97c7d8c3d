"""Bad input: an error with facts, why and fix where values can be read, NaN where they cannot."""

from inspect import signature
from typing import Any

import numpy as np
import pytest

import lossary
from tests.libraries import Library

READS = ("numpy", "numpy-readonly", "jax", "torch", "tensorflow", "mlx")
"""Libraries whose values can be read."""

X = np.asarray([0.5, -1.0, 2.0], dtype="float32")
P = np.asarray([0.5, 0.25, 0.875], dtype="float32")
ROWS = np.asarray([[0.5, 1.0, -1.0], [0.0, 2.0, 0.25]], dtype="float32")
PROBS = np.asarray([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]], dtype="float32")
BCE, CE = lossary.sigmoid_binary_cross_entropy, lossary.softmax_cross_entropy

SIGMOID_CE, SOFTMAX_CE = "sigmoid_binary_cross_entropy", "softmax_cross_entropy"

OUTSIDE = [
    (BCE, X, [-1, 1, 1], r"`labels` must lie in \[0, 1\]", "(labels + 1) / 2"),
    (BCE, X, [1, 2, 2], r"`labels` must lie in \[0, 1\]", "labels - 1"),
    (BCE, X, [0, 255, 0], r"`labels` must lie in \[0, 1\]", "labels / 255"),
    (BCE, X, [0, 3, 7], r"`labels` must lie in \[0, 1\]", SOFTMAX_CE),
    (BCE, X, [0.5, 1.5, 0.0], r"`labels` must lie in \[0, 1\]", "bring labels into [0, 1]"),
    (lossary.hinge, X, [-1, 1, 1], r"hinge: `labels` must lie in \[0, 1\]", "(labels + 1) / 2"),
    (lossary.sigmoid_focal, X, [1, 2, 2], "sigmoid_focal: `labels`", "labels - 1"),
    (lossary.binary_cross_entropy, X, [1, 0, 1], r"`probs` must lie in \[0, 1\]", SIGMOID_CE),
    (lossary.binary_focal, X, [1, 0, 1], r"`probs` must lie in \[0, 1\]", "sigmoid_focal"),
    (lossary.binary_cross_entropy, P, [1, 0, 2], r"`labels` must lie in \[0, 1\]", SOFTMAX_CE),
    (lossary.categorical_cross_entropy, ROWS, [1, 0], r"`probs` must lie in \[0, 1\]", SOFTMAX_CE),
    (lossary.categorical_cross_entropy, PROBS / 2, [1, 0], "each row of `probs` must sum to 1", "unnormal"),
    (lossary.negative_log_likelihood, ROWS, [1, 0], "`log_probs` must not be positive", "log_softmax"),
    (CE, ROWS, [0, 3], "class ids from 0 to 2", "4 classes need a class axis of length 4"),
    (CE, ROWS, [3, 1], "class ids from 0 to 2", "if they count from 1"),
    (CE, ROWS, [-100, 1], "class ids from 0 to 2", "where=labels != -100"),
    (CE, ROWS, [[1, 0, 1], [0, 1, 0]], "each row of `labels` must sum to 1", "a sigmoid loss"),
    (lossary.softmax_focal, ROWS, [0, 3], "class ids from 0 to 2", "4 classes"),
    (lossary.poisson, X, [1, 0, 3], "`rates` must not be negative", "log_poisson(log_rates, counts)"),
    (lossary.log_poisson, X, [1, -1, 3], "`counts` must not be negative", "where=counts >= 0"),
    (lossary.squared_log_error, 2 * X, [1, 0, 3], "`predictions` must be at least -1", "softplus"),
    (lossary.squared_log_error, P, [1, -2, 3], "`targets` must be at least -1", "where=targets >= 0"),
    (lossary.multiclass_hinge, ROWS, [0, 3], "class ids from 0 to 2", "4 classes"),
    (CE, ROWS, [[1, 0, 0], [0, 0, 0]], "each row of `labels` must sum to 1", "where=labels.any(1)"),
    (lossary.multiclass_sparsemax, ROWS, [[1, 0, 1], [0, 1, 0]], "must sum to 1", "a sigmoid loss"),
    (lossary.multilabel_margin, ROWS, [[1, 0, 2], [0, 1, 0]], r"`labels` must lie in \[0, 1\]", ""),
]  # fmt: skip


def row_id(value: Any) -> str:
    return getattr(value, "__name__", None) or str(value)[:20].replace("\n", " ")


@pytest.mark.parametrize(("loss", "first", "labels", "text", "fix"), OUTSIDE, ids=row_id)
def test_values_outside_their_domain(
    loss: Any, first: np.ndarray, labels: list, text: str, fix: str, xp: Library
) -> None:
    second = np.asarray(labels)
    arrays = xp.array(first), xp.array(second.astype("float32") if second.dtype.kind == "f" else second)
    if xp.name in READS:
        with pytest.raises(lossary.LossInputError, match=text) as caught:
            xp.call(loss, *arrays)
        assert fix in "\n".join(caught.value.__notes__)
        assert loss.__name__ in str(caught.value)
        return
    losses = xp.to_numpy(xp.call(loss, *arrays, reduction="none"))
    assert np.isnan(losses).any(), "a plausible number came out of impossible input"
    value, grad = xp.call(lossary.value_and_grad(loss), *arrays)
    assert np.isnan(xp.to_numpy(value))
    assert np.isnan(xp.to_numpy(grad)).any()


def test_only_the_bad_example_is_nan_where_values_cannot_be_read(autodiff: Library) -> None:
    if autodiff.needs != "jax":
        pytest.skip("tracing is JAX's")
    import jax

    grads = jax.jit(jax.grad(lambda x, y: BCE(x, y, reduction="sum")))(X, np.asarray([1.0, 2.0, 0.0]))
    assert np.isnan(grads).tolist() == [False, True, False]
    grads = jax.jit(jax.grad(lambda x, y: CE(x, y, reduction="sum")))(ROWS, np.asarray([1, 3]))
    assert np.isnan(grads).all(axis=1).tolist() == [False, True]


def test_the_text_names_values_positions_and_kinds(xp: Library) -> None:
    if xp.name not in READS:
        pytest.skip("values cannot be read there")
    labels = np.asarray([[1, -1, 1], [-1, 1, 1]])
    with pytest.raises(lossary.LossInputError) as caught:
        BCE(xp.array(np.zeros((2, 3))), xp.array(labels))
    notes = "\n".join(caught.value.__notes__)
    assert "2 of 6 outside: [0, 1]=-1, [1, 0]=-1" in notes
    assert "distinct: {-1, 1}" in notes
    assert "no minimum" in notes


def test_what_is_masked_out_is_not_looked_at(xp: Library) -> None:
    result = xp.call(
        CE, xp.array(ROWS), xp.array(np.asarray([-100, 1])), where=xp.array(np.asarray([False, True]))
    )
    assert np.isfinite(xp.to_numpy(result))


def test_nan_is_no_error_but_stays(xp: Library) -> None:
    nan = np.asarray([np.nan, 0.5, 0.25], dtype="float32")
    for loss in (BCE, lossary.binary_cross_entropy, lossary.sigmoid_focal, lossary.binary_focal):
        for arrays in ((nan, P), (P, nan)):
            losses = xp.call(loss, *map(xp.array, arrays), reduction="none")
            assert np.isnan(xp.to_numpy(losses)).tolist() == [True, False, False], loss.__name__
    for loss in (lossary.huber, lossary.absolute_error, lossary.squared_error):
        results = xp.call(lossary.value_grad_hess(loss), xp.array(nan), xp.array(P), reduction="none")
        for result in results[:2]:
            assert np.isnan(xp.to_numpy(result)).tolist() == [True, False, False], loss.__name__


SHAPES = [
    (BCE, (64, 1), (64,), "do not have the same shape", "[..., 0]"),
    (BCE, (64,), (64, 1), "do not have the same shape", "[..., 0]"),
    (lossary.huber, (4,), (3,), "do not have the same shape", ""),
    (lossary.squared_error, (2, 3), (3,), "do not have the same shape", ""),
    (CE, (8, 3, 5), (8, 5), "do not fit", "axis=1"),
    (CE, (8, 3), (8, 1), "do not fit", "[..., 0]"),
    (CE, (8, 3), (7,), "do not fit", ""),
]


@pytest.mark.parametrize(("loss", "first", "second", "text", "fix"), SHAPES, ids=row_id)
def test_shapes_that_differ(loss: Any, first: tuple, second: tuple, text: str, fix: str, xp: Library) -> None:
    arrays = xp.array(np.zeros(first, dtype="float32")), xp.array(np.zeros(second, dtype="int64"))
    if not xp.knows_sizes:
        with pytest.raises(Exception, match=f"{text}|arrays of different sizes|cannot be less than -1"):
            xp.call(loss, *arrays)
        return
    with pytest.raises(lossary.LossInputError, match=text) as caught:
        xp.call(loss, *arrays)
    assert fix in "\n".join(caught.value.__notes__)


def test_signs_are_between_minus_one_and_one() -> None:
    with pytest.raises(lossary.LossInputError, match=r"must lie in \[-1, 1\]") as caught:
        lossary.hinge(X, np.asarray([1, -1, 3]), labels_in="pm1")
    assert "the sign of a label" in "\n".join(caught.value.__notes__)


PARAMETERS = [
    (lossary.hinge, {"labels_in": "-1,1"}, "labels_in"),
    (BCE, {"label_smoothing": 1.0}, "label_smoothing"),
    (BCE, {"label_smoothing": -0.1}, "label_smoothing"),
    (CE, {"label_smoothing": 10}, "label_smoothing"),
    (BCE, {"pos_weight": -1.0}, "pos_weight"),
    (lossary.sigmoid_focal, {"gamma": -0.5}, "gamma"),
    (lossary.softmax_focal, {"gamma": -2}, "gamma"),
    (lossary.sigmoid_focal, {"alpha": 1.5}, "alpha"),
    (lossary.huber, {"delta": 0.0}, "delta"),
    (lossary.huber, {"delta": float("nan")}, "delta"),
    (lossary.binary_cross_entropy, {"min_prob": 0.5}, "min_prob"),
    (lossary.binary_cross_entropy, {"min_prob": 0}, "min_prob"),
    (lossary.multi_margin, {"power": 1.5}, "power"),
    (BCE, {"reduction": "avg"}, "reduction"),
    (BCE, {"over": 3}, "over"),
    (CE, {"axis": 2}, "axis"),
]


@pytest.mark.parametrize(("loss", "options", "name"), PARAMETERS, ids=row_id)
def test_parameters_out_of_their_range(loss: Any, options: dict, name: str, xp: Library) -> None:
    rows = loss in (CE, lossary.softmax_focal, lossary.multi_margin)
    arrays = (ROWS, np.asarray([1, 0])) if rows else (P, np.asarray([1, 0, 1]))
    with pytest.raises(lossary.LossInputError, match=name) as caught:
        xp.call(loss, *map(xp.array, arrays), **options)
    assert str(caught.value).startswith(f"[{caught.value.code}] {loss.__name__}: ")


def test_weights_and_masks(xp: Library) -> None:
    arrays = xp.array(X), xp.array(np.asarray([1, 0, 1]))
    negative = xp.array(np.asarray([1.0, -2.0, 1.0], dtype="float32"))
    if xp.name in READS:
        with pytest.raises(lossary.LossInputError, match="`weights` must not be negative"):
            xp.call(BCE, *arrays, weights=negative)
    else:
        assert np.isnan(xp.to_numpy(xp.call(BCE, *arrays, weights=negative)))
    with pytest.raises(lossary.LossTypeError, match="`where` must be boolean"):
        xp.call(BCE, *arrays, where=xp.array(np.asarray([1, 0, 1])))
    if not xp.knows_sizes:
        return
    with pytest.raises(lossary.LossInputError, match="`where` of shape"):
        xp.call(BCE, *arrays, where=xp.array(np.asarray([True, False])))
    with pytest.raises(lossary.LossInputError, match="`class_weights` must be one number per class"):
        xp.call(CE, xp.array(ROWS), xp.array(np.asarray([1, 0])), class_weights=xp.array(P[:2]))
    with pytest.raises(lossary.LossInputError, match="`pos_weight` must be one number per class"):
        xp.call(BCE, *arrays, pos_weight=xp.array(P[:2]))


ARRAY_PARAMETERS = [
    (lossary.huber, "delta", -1.0),
    (lossary.sigmoid_focal, "gamma", -2.0),
    (lossary.sigmoid_focal, "alpha", 1.5),
    (BCE, "label_smoothing", 1.1),
    (BCE, "pos_weight", -1.0),
    (BCE, "pos_weight", [1.0, 2.0, -3.0]),
    (BCE, "class_weights", [1.0, 2.0, -3.0]),
]


@pytest.mark.parametrize(("loss", "name", "value"), ARRAY_PARAMETERS, ids=row_id)
def test_arrays_as_parameters_have_the_same_range(loss: Any, name: str, value: Any, xp: Library) -> None:
    arrays = xp.array(X), xp.array(np.asarray([1, 0, 1]))
    options = {name: xp.array(np.asarray(value, dtype="float32"))}
    if xp.name in READS:
        with pytest.raises(lossary.LossInputError, match=f"`{name}` must be"):
            xp.call(loss, *arrays, **options)
    else:
        assert np.isnan(xp.to_numpy(xp.call(loss, *arrays, **options)))


def test_none_is_no_array() -> None:
    with pytest.raises(lossary.LossTypeError, match="`logits` is None"):
        BCE(None, X)


def test_totals_do_not_scale() -> None:
    total = lossary.total(lossary.huber)(X, X)
    for scale in (lambda: total * 2, lambda: 2 * total):
        with pytest.raises(TypeError, match="does not scale"):
            scale()


def test_class_ids_must_be_integers(xp: Library) -> None:
    with pytest.raises(lossary.LossTypeError, match="class ids") as caught:
        xp.call(CE, xp.array(ROWS), xp.array(np.asarray([1.0, 0.0], dtype="float32")))
    assert "astype(int)" in "\n".join(caught.value.__notes__)


def test_complex_numbers_are_refused(xp: Library) -> None:
    if xp.name == "strict-no-float64" or xp.needs == "ndonnx":
        pytest.skip("no complex128 there")
    for arrays in ((X + 1j, X), (X, X + 1j)):
        with pytest.raises(lossary.LossTypeError, match=r"must be real numbers, got dtype .*complex"):
            xp.call(lossary.squared_error, *[xp.array(a, str(a.dtype)) for a in arrays])
    with pytest.raises(lossary.LossTypeError, match="`weights` must be real"):
        xp.call(lossary.squared_error, xp.array(X), xp.array(X), weights=xp.array(X + 1j, "complex64"))


@pytest.mark.parametrize("loss", [lossary.huber, CE])
def test_what_is_no_array_is_refused(loss: Any) -> None:
    first, second = tuple(signature(loss).parameters)[:2]
    with pytest.raises(
        lossary.LossTypeError, match=f"{loss.__name__}: `{first}` must be an array, got a list"
    ):
        loss([1.0, 2.0], [0.0, 1.0])
    with pytest.raises(lossary.LossTypeError, match=f"`{second}` must be an array, got a str"):
        loss(X, "labels")
    with pytest.raises(lossary.LossTypeError, match="`weights` must be an array, got a list"):
        loss(X, X, weights=[1.0, 2.0, 3.0])
    with pytest.raises(lossary.LossTypeError, match=f"`{first}` must be real numbers"):
        loss(np.asarray([None, 1.0], dtype=object), X[:2])
    masked = np.ma.masked_array(X, mask=[True, False, False])
    with pytest.raises(lossary.LossTypeError, match="MaskedArray") as caught:
        loss(masked, X)
    assert "where=~x.mask" in "\n".join(caught.value.__notes__)


@pytest.mark.of("jax")
def test_what_is_chosen_is_no_array() -> None:
    """A program is made for one of the choices."""
    import jax

    with pytest.raises(lossary.LossInputError, match="`power` must be one of 1, 2, got a") as caught:
        jax.jit(lambda power: lossary.multi_margin(ROWS, np.asarray([1, 0]), power=power))(2.0)
    assert caught.value.code == "L130"


def test_one_number_for_all_examples_may_be_outside(library: Library) -> None:
    if library.name not in READS:
        pytest.skip("values are not read")
    with pytest.raises(lossary.LossInputError, match=r"`labels` must lie in \[0, 1\]") as caught:
        library.call(lossary.sigmoid_binary_cross_entropy, library.array([0.5, 1.0, -1.0]), 2.0)
    assert "3 of 3 outside" in caught.value.__notes__[0]
