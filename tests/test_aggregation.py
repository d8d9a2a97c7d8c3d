"""Weights, masks and reductions mean the same for every loss: stated as properties of each first row."""

from collections.abc import Callable
from dataclasses import replace
from inspect import signature
from typing import Any

import numpy as np
import pytest

import lossary
from tests.cases import Case, first_of_each, first_of_each_kind
from tests.contract.subjects import Subject, subjects
from tests.libraries import Library
from tests.test_values import options_of

CASES = first_of_each()
FIRST_OF_EACH_KIND = first_of_each_kind()

CLOSE = 1e-5


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


class Calls:
    """A row on a library: the same arrays, any options."""

    def __init__(self, case: Case, xp: Library):
        self.case = case
        self.xp = xp
        # Finite in float32 and moderate, so that sums have digits to compare.
        first, *others = map(np.asarray, case.arrays)
        self.arrays = [np.clip(first, -50.0, 50.0), *others]
        self.losses = np.asarray(self("none"))
        self.n = self.losses.shape[0]
        self.first = self.arrays[0]
        self.rng = np.random.default_rng(7)
        self.weights = self.rng.uniform(0.5, 2.0, self.n)
        self.mask = np.arange(self.n) % 3 != 1

    def __call__(
        self, reduction: str, arrays: list[np.ndarray] | None = None, derive: bool = False, **options: Any
    ) -> Any:
        xp = self.xp
        arrays = [self._array(a) for a in arrays or self.arrays]
        given = options_of(self.case, xp, "float32")
        given |= {k: self._array(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        loss = self.case.function
        if reduction == "total":
            loss = lossary.total(loss)
        else:
            given["reduction"] = reduction
        result = xp.call(lossary.value_and_grad(loss) if derive else loss, *arrays, **given)
        if isinstance(result, lossary.Total):
            return lossary.Total(*(xp.to_numpy(part) for part in result))
        return tuple(xp.to_numpy(r) for r in result) if derive else xp.to_numpy(result)

    def each(self, change: Callable[[np.ndarray], np.ndarray]) -> list[np.ndarray]:
        return [change(a) for a in self.arrays]

    def _array(self, values: np.ndarray) -> Any:
        return self.xp.array(values, "float32" if values.dtype.kind == "f" else None)


@pytest.fixture
def calls(case: Case, library: Library) -> Calls:
    if library.is_brief and case not in FIRST_OF_EACH_KIND:
        pytest.skip("the engine does the same for all of a kind")
    return Calls(case, library)


def test_reductions_agree(calls: Calls) -> None:
    losses, w, mask = calls.losses.astype("float64"), calls.weights, calls.mask
    if losses.ndim > 1:
        w, mask = w[:, None] * np.ones_like(losses), np.broadcast_to(mask[:, None], losses.shape)
    options = {"weights": calls.weights, "where": calls.mask}
    weighted = (losses * w)[mask]
    total = calls("total", **options)
    assert calls("sum", **options) == pytest.approx(weighted.sum(), rel=CLOSE)
    assert calls("mean", **options) == pytest.approx(weighted.sum() / mask.sum(), rel=CLOSE)
    assert total.sum == pytest.approx(weighted.sum(), rel=CLOSE)
    assert total.count == mask.sum()
    if "class_weights" not in calls.case.options:
        assert calls("weighted_mean", **options) == pytest.approx(weighted.sum() / w[mask].sum(), rel=CLOSE)
        assert total.weight == pytest.approx(w[mask].sum(), rel=CLOSE)
    np.testing.assert_allclose(
        calls("none", **options), np.where(mask, losses * w, 0), rtol=CLOSE, atol=1e-30
    )


def test_a_mask_may_be_one_boolean(calls: Calls) -> None:
    plain = calls("mean", derive=True)
    for got, want in zip(calls("mean", where=True, derive=True), plain, strict=True):
        np.testing.assert_allclose(got, want, rtol=CLOSE, atol=1e-30)
    value, gradient = calls("mean", where=False, derive=True)
    assert value == 0.0
    assert not gradient.any()
    assert list(calls("total", where=False)) == [0.0, 0.0, 0.0]


OF_CLASSES = [s for s in subjects() if "class_weights" in signature(s.function).parameters]


@pytest.mark.parametrize("subject", OF_CLASSES, ids=str)
def test_weights_beside_those_of_classes(subject: Subject, library: Library) -> None:
    """Both count, in the sum and in the denominator: which is so if both are linear in the weights."""
    rng = np.random.default_rng(1)
    arrays = [library.array(a, "float32" if a.dtype.kind == "f" else None) for a in subject.arrays]
    scores = subject.arrays[1 if subject.loss.startswith("linear") else 0]
    classes = scores.shape[0 if subject.loss.startswith("linear") else -1]
    loss = replace(subject, function=lossary.total(subject.function))
    how = {"class_weights": library.array(rng.uniform(0.5, 2.0, classes), "float32")}

    def total(weights: np.ndarray, where: np.ndarray | None = None) -> np.ndarray:
        given = {**how, "weights": library.array(weights, "float32")}
        if where is not None:
            given["where"] = library.array(where)
        return np.asarray([library.to_numpy(part) for part in library.call(loss, *arrays, **given)[:2]])

    count = len(subject.arrays[0])
    weights, mask = rng.uniform(0.5, 2.0, count), np.arange(count) != 1
    alone = np.asarray([total(one) for one in np.eye(count)])
    np.testing.assert_allclose(total(weights), weights @ alone, rtol=CLOSE)
    np.testing.assert_allclose(total(weights, mask), (weights * mask) @ alone, rtol=CLOSE)


def test_totals_of_parts_add_up(calls: Calls) -> None:
    half = calls.n // 2
    parts = [
        calls("total", [a[s] for a in calls.arrays], weights=calls.weights[s])
        for s in (slice(None, half), slice(half, None))
    ]
    total = sum(parts)
    assert total.mean() == pytest.approx(calls("mean", weights=calls.weights), rel=CLOSE)
    assert total.weighted_mean() == pytest.approx(calls("weighted_mean", weights=calls.weights), rel=CLOSE)


def test_one_example_needs_no_axis(calls: Calls) -> None:
    if not calls.xp.knows_sizes:
        pytest.skip("the first axis is of unknown size there")
    derived = calls("none", calls.each(lambda a: a[0]), derive=True)
    for one, many in zip(derived, calls("none", derive=True), strict=True):
        assert one.shape == many.shape[1:]
        np.testing.assert_allclose(one, many[0], rtol=CLOSE, atol=1e-30)


def test_masked_out_is_as_if_it_were_not_there(calls: Calls) -> None:
    """Whatever hides behind the mask, NaN and impossible labels included, is seen by nothing."""
    mask = calls.mask
    arrays = calls.each(np.copy)
    for array in arrays:
        array[~mask] = -100 if array.dtype.kind == "i" else np.nan
    weights = calls.weights.copy()
    weights[~mask] = np.nan
    for reduction in ("mean", "weighted_mean", "sum"):
        value, grad = calls(reduction, arrays, derive=True, where=mask, weights=weights)
        kept, kept_grad = calls(
            reduction, calls.each(lambda a: a[mask]), derive=True, weights=calls.weights[mask]
        )
        assert value == pytest.approx(kept, rel=CLOSE)
        np.testing.assert_allclose(grad[mask], kept_grad, rtol=CLOSE, atol=1e-30)
        assert not grad[~mask].any()


def test_weights_are_linear_and_scale_the_gradient(calls: Calls) -> None:
    value, grad = calls("sum", derive=True)
    double, double_grad = calls("sum", derive=True, weights=np.full(calls.n, 2.0))
    assert double == pytest.approx(2 * value, rel=CLOSE)
    np.testing.assert_allclose(double_grad, 2 * grad, rtol=CLOSE)
    assert calls("weighted_mean", weights=np.full(calls.n, 2.0)) == pytest.approx(
        calls("weighted_mean"), rel=CLOSE
    )


def test_the_gradient_of_a_reduction_is_the_share_of_the_slope(calls: Calls) -> None:
    _, slope = calls("none", derive=True)
    shape = (-1,) + (1,) * (slope.ndim - 1)
    size = calls.losses.size // calls.n
    expected = {
        "sum": calls.weights,
        "mean": calls.weights / (calls.n * size),
        "weighted_mean": calls.weights / (calls.weights.sum() * size),
    }
    for reduction, share in expected.items():
        if reduction == "weighted_mean" and "class_weights" in calls.case.options:
            continue
        _, grad = calls(reduction, derive=True, weights=calls.weights)
        np.testing.assert_allclose(grad, share.reshape(shape) * slope, rtol=CLOSE, atol=1e-30)


@pytest.mark.parametrize("reduction", ["mean", "weighted_mean", "sum"])
def test_nothing_is_worth_nothing(calls: Calls, reduction: str) -> None:
    """An empty selection has the mean 0 and the gradient 0: not NaN."""
    value, grad = calls(reduction, derive=True, where=np.zeros(calls.n, dtype=bool))
    assert value == 0
    assert not grad.any()
    if calls.xp.needs != "dask.array":  # which has no empty chunks
        value, grad = calls(reduction, calls.each(lambda a: a[:0]), derive=True)
        assert value == 0
        assert grad.shape == calls.first[:0].shape


def test_over_reduces_the_axes_that_it_names(calls: Calls) -> None:
    arrays = calls.each(lambda a: np.stack([a, a[::-1]]))
    two = np.stack([calls.losses, calls.losses[::-1]])
    for over in (0, 1, -1, (0, 1)):
        np.testing.assert_allclose(
            calls("mean", arrays, over=over), two.mean(axis=over), rtol=CLOSE, atol=1e-30
        )
    weights = calls.rng.uniform(0.5, 2.0, two.shape)
    if "class_weights" not in calls.case.options:
        value, grad = calls("weighted_mean", arrays, derive=True, over=1, weights=weights)
        expected = (two * weights).sum(1) / weights.sum(1)
        np.testing.assert_allclose(value, expected, rtol=CLOSE)
        assert grad.shape == arrays[0].shape


def test_weights_align_with_leading_axes_or_ones_only(calls: Calls) -> None:
    arrays = calls.each(lambda a: np.stack([a] * 2))
    per_example = calls("none", arrays, weights=np.asarray([1.0, 3.0]))
    np.testing.assert_allclose(per_example[1], 3 * per_example[0], rtol=CLOSE)
    ones = (1,) * (per_example.ndim - 2)
    along = calls("none", arrays, weights=calls.weights.reshape(1, calls.n, *ones))
    np.testing.assert_allclose(
        along[0], per_example[0] * calls.weights.reshape(calls.n, *ones), rtol=CLOSE, atol=1e-30
    )
    with pytest.raises(lossary.LossInputError, match="`weights` of shape"):
        calls("none", arrays, weights=np.ones(calls.n + 5))


def test_the_class_axis_may_be_anywhere(calls: Calls) -> None:
    if np.ndim(calls.case.arrays[0]) < 2 or {"pos_weight", "class_axis"} & set(calls.case.options):
        pytest.skip("no class axis, or more than one")
    moved = calls.each(lambda a: np.moveaxis(a, -1, 0) if a.ndim == calls.first.ndim else a)
    value, grad = calls("none", moved, derive=True, axis=0)
    expected, expected_grad = calls("none", derive=True)
    np.testing.assert_allclose(value, expected, rtol=CLOSE)
    np.testing.assert_allclose(grad, np.moveaxis(expected_grad, -1, 0), rtol=CLOSE, atol=1e-30)


def test_class_weights_belong_to_the_weighted_mean(xp: Library) -> None:
    """What torch calls the mean with class weights, whether labels are ids or one-hot."""
    logits = np.asarray([[2.0, 0.0, -1.0], [0.5, 0.25, 0.0], [0.0, 3.0, 1.0]], dtype="float32")
    ids, class_weights = np.asarray([0, 2, 1]), np.asarray([1.0, 2.0, 5.0], dtype="float32")
    nll = np.log(np.exp(logits.astype("float64")).sum(1)) - logits[np.arange(3), ids]
    w = class_weights[ids]
    for labels in (ids, np.eye(3, dtype="float32")[ids]):
        options = {"class_weights": xp.array(class_weights)}
        for reduction, expected in (("weighted_mean", (nll * w).sum() / w.sum()), ("mean", (nll * w).mean())):
            result = xp.call(
                lossary.softmax_cross_entropy,
                xp.array(logits),
                xp.array(labels),
                reduction=reduction,
                **options,
            )
            assert float(xp.to_numpy(result)) == pytest.approx(expected, rel=CLOSE)


BINARY = [
    *("binary_cross_entropy", "binary_focal", "sigmoid_binary_cross_entropy", "sigmoid_focal"),
    *("hinge", "logistic", "perceptron", "sparsemax", "squared_hinge"),
]


@pytest.mark.parametrize("loss", BINARY)
def test_class_weights_of_a_binary_loss_go_along_the_axis(loss: str, xp: Library) -> None:
    function = getattr(lossary, loss)
    scores = np.asarray([[0.25, 0.5], [0.75, 0.125], [0.5, 0.875]], dtype="float32")
    labels, class_weights = np.asarray([[1, 0], [0, 0], [1, 1]]), np.asarray([1.0, 3.0], dtype="float32")
    for axis in (1, 0):
        arrays = [xp.array(a if axis else np.ascontiguousarray(a.T)) for a in (scores, labels)]
        plain = xp.to_numpy(xp.call(function, *arrays, reduction="none"))
        weighted = xp.call(
            function,
            *arrays,
            reduction="weighted_mean",
            axis=axis,
            class_weights=xp.array(class_weights),
        )
        w = np.broadcast_to(class_weights if axis else class_weights[:, None], plain.shape)
        assert float(xp.to_numpy(weighted)) == pytest.approx((plain * w).sum() / w.sum(), rel=CLOSE)


def test_a_row_of_labels_weighs_as_much_as_the_mean_of_its_classes(xp: Library) -> None:
    logits = np.asarray([[1.0, -2.0], [0.5, 3.0], [0.0, 0.0]], dtype="float32")
    labels, class_weights = np.asarray([[1, 0], [0, 0], [1, 1]]), np.asarray([1.0, 3.0], dtype="float32")
    for reduction in ("mean", "weighted_mean"):
        rows, elements = (
            xp.call(
                loss,
                xp.array(logits),
                xp.array(labels),
                reduction=reduction,
                class_weights=xp.array(class_weights),
            )
            for loss in (lossary.multilabel_soft_margin, lossary.sigmoid_binary_cross_entropy)
        )
        assert float(xp.to_numpy(rows)) == pytest.approx(float(xp.to_numpy(elements)), rel=CLOSE)
