"""Nothing costs 0 and has the gradient 0, whatever is nothing: no examples, none that counts, empty rows."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import lossary
from lossary.kernel import Argument, Call, Kernel, loss
from tests.contract.subjects import Subject, subjects
from tests.libraries import Library

OF_GROUPS = ("nt_xent", "supervised_contrastive", "circle", "multi_similarity")
"""Their labels are integers, and name no row's column."""
REDUCED = ("mean", "weighted_mean", "sum")
of_all = pytest.mark.parametrize("subject", subjects(), ids=str)


def _run(library: Library, function: Callable[..., Any], arrays: list[np.ndarray]) -> Any:
    """In one program where that is what costs."""
    given = [library.array(_narrow(a)) for a in arrays]
    if library.needs != "jax":
        return library.call(function, *given)
    import jax

    return jax.jit(function)(*given)


def _narrow(array: np.ndarray) -> np.ndarray:
    return array.astype("float32") if array.dtype.kind == "f" else array


def _derived(subject: Subject, **options: Any) -> Callable[..., Any]:
    """Value and gradients, by each reduction."""
    derive = lossary.value_and_grad(subject.function, wrt=tuple([subject.called[i] for i in subject.wrt]))
    derived = replace(subject, function=derive)
    return lambda *arrays: [derived(*arrays, **options, reduction=reduction) for reduction in REDUCED]


def _is_nothing(library: Library, subject: Subject, arrays: list[np.ndarray], found: Any) -> None:
    for value, slopes in found:
        assert library.to_numpy(value) == 0.0
        assert library.dtype_of(value) == "float32"
        for i, slope in zip(subject.wrt, slopes, strict=True):
            assert library.dtype_of(slope) == "float32"
            np.testing.assert_array_equal(library.to_numpy(slope), np.zeros(arrays[i].shape))


@of_all
def test_no_examples(subject: Subject, library: Library) -> None:
    arrays = subject.resized(0)
    _is_nothing(library, subject, arrays, _run(library, _derived(subject), arrays))
    if subject.options.get("strategy") == "token":
        return
    each, total = _run(
        library,
        lambda *arrays: (
            subject(*arrays, reduction="none"),
            replace(subject, function=lossary.total(subject.function))(*arrays),
        ),
        arrays,
    )
    assert library.to_numpy(each).shape == (0,)
    assert [float(library.to_numpy(part)) for part in total] == [0.0, 0.0, 0.0]


@of_all
def test_no_examples_with_weights_and_a_mask(subject: Subject, library: Library) -> None:
    arrays = [*subject.resized(0), np.zeros(0), np.zeros(0, bool)]

    def derived(*arrays: Any) -> Any:
        *given, weights, where = arrays
        return _derived(subject, weights=weights, where=where)(*given)

    _is_nothing(library, subject, arrays, _run(library, derived, arrays))


def _garbage(subject: Subject) -> list[np.ndarray]:
    """NaN, and ids that name no class, in each example."""
    clean = subject.resized(0)
    found = []
    for array, kept in zip(subject.arrays, clean, strict=True):
        bad = -7 if array.dtype.kind in "iu" else np.nan
        found.append(array if len(np.atleast_1d(kept)) else np.full_like(array, bad))
    return found


@of_all
def test_no_example_that_counts(subject: Subject, library: Library) -> None:
    arrays = [*_garbage(subject), np.zeros(len(subject.arrays[0]), bool)]

    def derived(*arrays: Any) -> Any:
        return _derived(subject, where=arrays[-1])(*arrays[:-1])

    _is_nothing(library, subject, arrays, _run(library, derived, arrays))


@of_all
def test_the_gradient_of_no_examples_by_autodiff(subject: Subject, autodiff: Library) -> None:
    if subject.loss == "linear_arcface" and not autodiff.knows_sizes:
        pytest.skip("the number of classes must be known")
    arrays = subject.resized(0)
    given = [autodiff.array(_narrow(a)) for a in arrays]
    for i, slope in zip(subject.wrt, autodiff.gradients(subject, given, subject.wrt), strict=True):
        np.testing.assert_array_equal(autodiff.to_numpy(slope), np.zeros(arrays[i].shape))


NOT_IN_DASK = "dask reshapes and fills no arrays without elements, and says so"
OF_A_LENGTH = (
    *("complete_iou", "distance_iou", "generalized_iou", "iou"),
    *("interval_score", "softmax_distribution_focal"),
)
"""Whose signature says how long a row is, or whose labels lie on it."""


def _rowless(subject: Subject) -> list[np.ndarray] | None:
    """The arrays with rows of no numbers; None if the loss has no rows, or ids that name one of none."""
    rows = [a.ndim > 1 for a in subject.arrays]
    named = dict(zip(subject.called, subject.arrays, strict=True))
    ids = subject.loss not in OF_GROUPS and named.get("labels", np.zeros(1)).dtype.kind == "i"
    if ids or not rows[0] or subject.loss in OF_A_LENGTH:
        return None
    return [a[:, ..., :0] if row else a for a, row in zip(subject.arrays, rows, strict=True)]


@pytest.mark.parametrize("subject", [s for s in subjects() if _rowless(s) is not None], ids=str)
def test_examples_of_no_numbers(subject: Subject, library: Library) -> None:
    if library.needs == "dask.array" and subject.loss in ("generalized_dice", "lovasz_softmax"):
        pytest.skip(NOT_IN_DASK)
    arrays = _rowless(subject)
    assert arrays is not None
    _is_nothing(library, subject, arrays, _run(library, _derived(subject), arrays))


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 2)])
def test_a_formula_that_cannot_take_nothing(shape: tuple[int, ...], library: Library) -> None:
    """The largest of no numbers is an error in every library; a formula need not think of that."""
    takes = (Argument("predictions"), Argument("targets"))
    is_row = len(shape) > 1

    def value(x: Any, y: Any, *, xp: Any) -> Any:
        return xp.max(x - y, axis=-1) if is_row else x - y - xp.max(x - y)

    def slope(x: Any, y: Any, *, xp: Any) -> Any:
        return x * xp.max(x - y)

    signature = "(c),(c)->()" if is_row else "(),()->()"
    kernel = Kernel("largest", signature, takes, value, slope, slope)

    @loss
    def largest(predictions: Any, targets: Any, *, reduction: str = "mean") -> Call:
        return Call(kernel, predictions, targets, reduction=reduction)

    x = library.array(np.zeros(shape, "float32"))
    derive = lossary.value_grad_hess(largest)
    found, grad, hess = map(library.to_numpy, library.call(derive, x, x))
    assert found == 0.0
    assert grad.shape == hess.shape == shape


def test_no_classes_to_name(library: Library) -> None:
    width, no_rows = np.zeros((0, 0), "float32"), np.zeros(0, "int32")
    for function, weight in ((lossary.softmax_cross_entropy, ()), (lossary.linear_cross_entropy, (width,))):
        given = [library.array(a) for a in (np.zeros((2, 0), "float32"), *weight, np.zeros(2, "int32"))]
        with pytest.raises(lossary.LossInputError, match=r"\[L001\] .*no classes") as caught:
            library.call(function, *given)
        assert function.__name__ in str(caught.value)
        given = [library.array(a) for a in (width, *weight, no_rows)]
        assert library.to_numpy(library.call(function, *given)) == 0.0


def test_states_of_no_numbers(library: Library) -> None:
    """A linear layer has its bias left."""
    if library.needs == "dask.array":
        pytest.skip(NOT_IN_DASK)
    bias = np.asarray([0.5, -1.0, 2.0], "float32")
    arrays = np.zeros((2, 0), "float32"), np.zeros((3, 0), "float32"), np.asarray([0, 2], "int32")
    for strategy in ("vocab", "token"):
        derive = lossary.value_and_grad(lossary.linear_cross_entropy, wrt=("hidden", "weight", "bias"))
        options = {"bias": library.array(bias), "strategy": strategy}
        value, slopes = library.call(derive, *map(library.array, arrays), **options)
        want, slope = lossary.value_and_grad(lossary.softmax_cross_entropy)(np.stack([bias] * 2), arrays[2])
        np.testing.assert_allclose(library.to_numpy(value), want, rtol=1e-6)
        assert [library.to_numpy(s).shape for s in slopes] == [(2, 0), (3, 0), (3,)]
        np.testing.assert_allclose(library.to_numpy(slopes[2]), slope.sum(axis=0), rtol=1e-6)


@pytest.mark.parametrize("loss", [lossary.ctc, lossary.rnnt], ids=["ctc", "rnnt"])
def test_sequences_of_no_frames(loss: Any, library: Library) -> None:
    """Their only alignment is that with no labels."""
    if library.needs == "dask.array":
        pytest.skip(NOT_IN_DASK)
    labels, none = (library.array(np.ones((2, n), "int32")) for n in (2, 0))
    derive = lossary.value_and_grad(loss)
    lengths = [library.array(np.asarray(n, "int32")) for n in ([0, 0], [0, 2])]
    by_length = {"logit_lengths": lengths[0], "label_lengths": lengths[1]}
    for ids, how, want in (
        (none, {}, [0, 0]),
        (labels, {}, [np.inf, np.inf]),
        (labels, by_length, [0, np.inf]),
    ):
        shape = (2, 0, ids.shape[1] + 1, 3) if loss is lossary.rnnt else (2, 0, 3)
        z = library.array(np.zeros(shape, "float32"))
        value, grad = library.call(derive, z, ids, reduction="none", **how)
        np.testing.assert_array_equal(library.to_numpy(value), want)
        assert library.to_numpy(grad).shape == shape
        assert library.to_numpy(loss(z, ids, infeasible="zero", **how)) == 0.0


@pytest.mark.parametrize("loss", [lossary.ctc, lossary.rnnt], ids=["ctc", "rnnt"])
def test_sequences_of_no_labels_behind_a_mask(loss: Any, library: Library) -> None:
    if library.needs == "dask.array":
        pytest.skip(NOT_IN_DASK)
    z = library.array(np.zeros((2, 3, 1, 4) if loss is lossary.rnnt else (2, 3, 4), "float32"))
    counts = {"logit_lengths": np.asarray([3, 2]), "label_lengths": np.asarray([0, 0])}
    value, grad = library.call(
        lossary.value_and_grad(loss),
        z,
        library.array(np.zeros((2, 0), int)),
        where=library.array(np.asarray([True, False])),
        **{name: library.array(count) for name, count in counts.items()},
    )
    assert float(library.to_numpy(value)) == pytest.approx(3 * np.log(4), rel=1e-6)
    assert library.to_numpy(grad).any(axis=tuple(range(1, grad.ndim))).tolist() == [True, False]


@of_all
def test_one_example(subject: Subject, library: Library) -> None:
    """The same as on NumPy, in float64."""
    arrays = subject.resized(1)
    want = _derived(subject)(*arrays)
    for (value, slopes), (exact, exact_slopes) in zip(
        _run(library, _derived(subject), arrays), want, strict=True
    ):
        np.testing.assert_allclose(library.to_numpy(value), exact, rtol=1e-5, atol=1e-6)
        for slope, exact_slope in zip(slopes, exact_slopes, strict=True):
            np.testing.assert_allclose(library.to_numpy(slope), exact_slope, rtol=1e-5, atol=1e-6)
