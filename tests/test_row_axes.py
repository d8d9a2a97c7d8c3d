"""An example along several axes is the row that they make when brought together, in the order given."""

from typing import Any

import numpy as np
import pytest

import lossary
from tests.contract.subjects import Subject, subjects
from tests.libraries import Library
from tests.test_errors import READS

RNG = np.random.default_rng(3)
PROBS = RNG.random((3, 4, 5, 2)).astype("float32")
LABELS = (RNG.random(PROBS.shape) < 0.4).astype("int64")
WEIGHTS = RNG.random((3, 2)).astype("float32")
MASK = np.asarray([[True, False], [True, True], [False, True]])
AXES = [(1, 2), (2, 1), (-2, 1), (0, 3), (3, 0), (0, 1, 2), (0, 1, 2, 3), (2,), [1, 2]]


def flattened(array: np.ndarray, axis: Any) -> np.ndarray:
    axes = [i % array.ndim for i in axis]
    others = [i for i in range(array.ndim) if i not in axes]
    moved = np.transpose(array, others + axes)
    return moved.reshape(*[array.shape[i] for i in others], -1)


def results(library: Library, *arrays: np.ndarray, **options: Any) -> list[np.ndarray]:
    options = {k: library.array(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    derive = lossary.value_grad_hess(lossary.dice)
    return [library.to_numpy(r) for r in library.call(derive, *map(library.array, arrays), **options)]


def _is_row(subject: Subject) -> bool:
    """Whether an example is a row: else `axis` only says which weights are of which class."""
    return np.ndim(subject(*subject.arrays, reduction="none")) < subject.arrays[0].ndim


@pytest.mark.parametrize("axis", AXES, ids=str)
def test_several_axes_are_one_row(axis: Any, xp: Library) -> None:
    arrays = PROBS, LABELS
    value, *derivatives = results(xp, *arrays, axis=axis, reduction="none")
    want, *wanted = results(Library(), *[flattened(a, axis) for a in arrays], axis=-1, reduction="none")
    np.testing.assert_allclose(value, want, rtol=1e-6)
    for derivative, row in zip(derivatives, wanted, strict=True):
        assert derivative.shape == PROBS.shape
        np.testing.assert_allclose(flattened(derivative, axis), row, rtol=1e-5)


@pytest.mark.parametrize("reduction", ["mean", "weighted_mean", "sum"])
@pytest.mark.parametrize("over", [None, 0, 1])
def test_what_is_left_is_reduced(over: Any, reduction: str, library: Library) -> None:
    options = {"weights": WEIGHTS, "where": MASK, "over": over, "reduction": reduction}
    value, grad, _ = results(library, PROBS, LABELS, axis=(1, 2), **options)
    rows = [flattened(a, (1, 2)) for a in (PROBS, LABELS)]
    want, slope, _ = results(Library(), *rows, axis=-1, **options)
    np.testing.assert_allclose(value, want, rtol=1e-6)
    np.testing.assert_allclose(flattened(grad, (1, 2)), slope, rtol=1e-5)


def test_autodiff_sees_the_shape_of_the_input(autodiff: Library) -> None:
    want = results(Library(), PROBS, LABELS, axis=(1, 2))[1]
    x, y = autodiff.array(PROBS), autodiff.array(LABELS)
    (grad,) = autodiff.gradients(lambda x, y: lossary.dice(x, y, axis=(1, 2)), (x, y))
    np.testing.assert_allclose(autodiff.to_numpy(grad), want, rtol=1e-5)


@pytest.mark.parametrize("axis", [(1, 2), (0, 2)])
def test_large_images_in_blocks(axis: tuple[int, ...], library: Library) -> None:
    if library.needs in ("array_api_strict", "dask.array"):
        pytest.skip("nothing is computed in blocks there")
    probs = RNG.random((70, 64, 128)).astype("float32")
    labels = (RNG.random(probs.shape) < 0.4).astype("float32")
    value, grad, _ = results(library, probs, labels, axis=axis)
    rows = [flattened(a, axis).astype("float64") for a in (probs, labels)]
    parts = [
        results(Library(), *[r[i : i + 5] for r in rows], axis=1, reduction="none")
        for i in range(0, len(rows[0]), 5)
    ]
    values, slopes = (np.concatenate(part) for part in list(zip(*parts, strict=True))[:2])
    assert value == pytest.approx(values.mean(), rel=1e-6)
    np.testing.assert_allclose(flattened(grad, axis), slopes / len(values), rtol=1e-5)


def test_a_table_has_its_classes_first(xp: Library) -> None:
    """Wherever the axis of the classes is, it is not one of pixels."""
    derive = lossary.value_and_grad(lossary.generalized_dice)
    moved = [np.moveaxis(a, -1, 1) for a in (PROBS, LABELS)]
    value, grad = xp.call(derive, *map(xp.array, (PROBS, LABELS)), axis=(1, 2), reduction="none")
    other, slope = xp.call(derive, *map(xp.array, moved), axis=(3, 2), class_axis=1, reduction="none")
    np.testing.assert_allclose(xp.to_numpy(value), xp.to_numpy(other), rtol=1e-6)
    np.testing.assert_allclose(np.moveaxis(xp.to_numpy(grad), -1, 1), xp.to_numpy(slope), rtol=1e-5)


ROWS = [s for s in subjects() if "axis" in s.keywords and s.batches and _is_row(s) and s.arrays[0].ndim == 2]


@pytest.mark.parametrize("subject", ROWS, ids=str)
def test_classes_along_several_axes(subject: Subject, library: Library) -> None:
    """Of every loss of rows: ids are counted through them, and class weights as well."""
    classes = subject.arrays[0].shape[1]
    options: dict[str, Any] = {"reduction": "none"}
    if "class_weights" in subject.keywords:
        options["class_weights"] = library.array(np.linspace(0.5, 2.0, classes))
    derive = lossary.value_and_grad(subject.function)
    options |= {k: v for k, v in subject.options.items() if k != "axis"}
    found = []
    for axis, shape in ((-1, (classes,)), ((1, 2), (2, classes // 2))):
        arrays = [a.reshape(len(a), *shape) if a.ndim == 2 else a for a in subject.arrays]
        results = library.call(derive, *map(library.array, arrays), axis=axis, **options)
        found.append([library.to_numpy(r) for r in results])
    (want, slope), (value, grad) = found
    assert grad.shape == (len(value), 2, classes // 2)
    np.testing.assert_allclose(value, want, rtol=1e-6)
    np.testing.assert_allclose(grad.reshape(slope.shape), slope, rtol=1e-5, atol=1e-7)


def test_class_weights_need_one_axis_where_each_element_has_a_loss() -> None:
    with pytest.raises(lossary.LossInputError, match="needs a class axis"):
        lossary.sigmoid_binary_cross_entropy(
            PROBS, LABELS, axis=(1, 2), class_weights=np.ones(4, dtype="float32")
        )


WRONG = [
    (4, "no axis 4"),
    ((0, -5), "no axis -5"),
    ((1, 1), "distinct axes"),
    ((3, -1), "distinct axes"),
    ((), "along"),
]


@pytest.mark.parametrize(("axis", "text"), WRONG, ids=str)
def test_axes_that_are_none(axis: Any, text: str) -> None:
    with pytest.raises(lossary.LossInputError, match=text):
        lossary.dice(PROBS, LABELS, axis=axis)


def test_axes_must_be_named() -> None:
    with pytest.raises(TypeError, match="'axis'"):
        lossary.dice(PROBS, LABELS)  # type: ignore[call-arg]


def test_values_are_checked_along_several_axes(xp: Library) -> None:
    outside = PROBS.copy()
    outside[1, 2, 3, 0] = 1.5
    where = np.ones((3, 2), bool)
    where[1, 0] = False
    arrays = xp.array(outside), xp.array(LABELS)
    options = {"axis": (1, 2), "reduction": "none"}
    kept = xp.to_numpy(xp.call(lossary.dice, *arrays, where=xp.array(where), **options))
    assert np.isfinite(kept).all()
    if xp.name in READS:
        with pytest.raises(lossary.LossInputError, match=r"`probs` must lie in \[0, 1\]") as caught:
            xp.call(lossary.dice, *arrays, **options)
        assert "sigmoid_dice(logits, labels)" in "\n".join(caught.value.__notes__)
    else:
        losses = xp.to_numpy(xp.call(lossary.dice, *arrays, **options))
        assert np.isnan(losses).tolist() == (~where).tolist()


@pytest.mark.of("jax")
@pytest.mark.parametrize("axis", [(1, 2), [1, 2]])
def test_parts_of_rows_lie_along_one_axis(axis: Any) -> None:
    """Devices would count ids through their parts in another order."""
    jnp = pytest.importorskip("jax.numpy")
    with pytest.raises(lossary.LossInputError, match="classes must lie along one axis"):
        lossary.softmax_cross_entropy(jnp.zeros((3, 2, 4)), jnp.zeros(3, int), axis=axis, axis_name="model")
