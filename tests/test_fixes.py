"""Every fix works: what an error tells to write is written, and leaves nothing to be said.

Mistakes of every kind are made with every loss. A fix may name several ways, of which one must work; what it
leads to may be the next mistake, if there were two.
"""

from collections.abc import Iterator
from inspect import signature
from typing import Any

import numpy as np
import pytest

import lossary
from tests.cases import Case, first_of_each
from tests.fixes import Given, ways

pytestmark = pytest.mark.filterwarnings("ignore")
ERRORS = (lossary.LossInputError, lossary.LossTypeError)


def arguments(case: Case) -> Given:
    names = signature(case.function).parameters
    options = {k: np.asarray(v) if k in case.per_class else v for k, v in case.options.items()}
    return dict(zip(names, map(np.asarray, case.arrays), strict=False)) | options


def of_kinds(given: Given, count: int) -> Iterator[tuple[str, Given]]:
    """Arrays that are none, or of another kind or shape."""
    for name, x in list(given.items())[:count]:
        text = np.asarray(list(map(str, x.ravel().tolist()))).reshape(x.shape)
        yield f"list as {name}", {name: x.tolist()}
        yield f"objects as {name}", {name: x.astype(object)}
        yield f"text as {name}", {name: text}
        yield f"column as {name}", {name: x[..., None]}
        yield f"complex {name}", {name: x + 0j}


def of_labels(given: Given) -> Iterator[tuple[str, Given]]:
    (a, first), (b, second), *_ = given.items()
    if second.dtype.kind == "i":
        padded = second.copy()
        padded.flat[0] = -100
        yield "ids from 1", {b: second + 1}
        yield "padding", {b: padded}
        yield "floating ids", {b: second.astype(float)}
    yield "signs", {b: 2 * second - 1}
    yield "an 8-bit mask", {b: 255 * second}
    yield "several classes", {b: 4 * second}
    yield "negative", {b: -1 - np.abs(second)}
    yield "logits", {a: 3 * first - 2}
    yield "swapped", {a: second, b: first}


def of_weights(loss: Any, given: Given) -> Iterator[tuple[str, Given]]:
    shape, full = np.shape(loss(**given, reduction="none")), next(iter(given.values())).shape
    yield "negative weights", {"weights": -np.ones(shape)}
    yield "no weights", {"weights": np.zeros(shape), "reduction": "weighted_mean"}
    yield "weights of a column", {"weights": np.ones((*shape, 1))}
    yield "an integer mask", {"where": np.ones(shape, int)}
    yield "a mask of elements", {"where": np.ones(full, bool)}
    yield "weights of elements", {"weights": np.ones(full)}
    if len(shape) > 1:
        yield "weights of the last axis", {"weights": np.ones(shape[-1])}
    for reduction in (None, "batchmean", "means"):
        yield f"reduction {reduction}", {"reduction": reduction}


def of_classes(loss: Any, given: Given) -> Iterator[tuple[str, Given]]:
    first, axis = next(iter(given.values())), given.get("axis", -1)
    options = signature(loss).parameters
    if "class_weights" in options and first.ndim:
        classes = first.shape[axis]
        yield "a list of class weights", {"class_weights": [1.0] * classes}
        yield "a mapping of class weights", {"class_weights": dict.fromkeys(range(classes), 1.0)}
        yield "one class weight", {"class_weights": 2.0}
        yield "a class weight too many", {"class_weights": np.ones(classes + 1)}
        yield "negative class weights", {"class_weights": -np.ones(classes)}
        yield "balanced class weights", {"class_weights": "balanced"}
        yield "class weights as weights", {"weights": np.ones(classes)}
    if "axis" in options and isinstance(axis, int) and first.ndim > 1:
        yield "an axis that is none", {"axis": 9}
        if first.ndim > 2:
            yield "classes in front", {next(iter(given)): np.moveaxis(first, -1, 1)}


def of_numbers(loss: Any) -> Iterator[tuple[str, Given]]:
    for name, parameter in signature(loss).parameters.items():
        is_number = isinstance(parameter.default, float | int) and not isinstance(parameter.default, bool)
        if is_number and "axis" not in name:
            yield f"{name} of -1", {name: -1.0}


def works(fix: str, loss: Any, given: Given, more: int = 1) -> list[str]:
    """What is wrong with each way that the fix names; nothing as soon as one is right."""
    wrong = []
    for fixed, arrays in ways(fix, loss, given):
        try:
            value = fixed(**arrays)
        except ERRORS as error:
            rest = works(error.fix, fixed, arrays, more - 1) if more and error.fix else [str(error)]
            if not rest:
                return []
            wrong += rest
            continue
        if not np.isnan(value).any():
            return []
        wrong.append("NaN")
    return wrong or ["not understood"]


def raised(loss: Any, given: Given) -> Any:
    try:
        loss(**given)
    except ERRORS as error:
        return error
    return None


CASES = first_of_each()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_fix_works(case: Case) -> None:
    loss, given = case.function, arguments(case)
    kinds = [*of_kinds(given, len(case.arrays)), *of_weights(loss, given), *of_classes(loss, given)]
    caught = 0
    for what, wrong in [*kinds, *of_labels(given), *of_numbers(loss)]:
        error = raised(loss, {**given, **wrong})
        if error is not None:
            caught += 1
            assert error.__notes__[-1] == f"  = more: lossary explain {error.code}"
            assert not error.fix or not works(error.fix, loss, {**given, **wrong}), (what, error.fix)
    assert caught > 10


SEQUENCES = np.random.default_rng(0).normal(size=(2, 10, 5))
LATTICES = np.random.default_rng(0).normal(size=(2, 10, 4, 5))
WORDS = np.asarray([[1, 2, 3], [4, 1, 1]])
PADDED = np.where(WORDS > 1, WORDS, -100)[:, ::-1]
PIXELS = np.random.default_rng(1).dirichlet(np.ones(3), size=(2, 4, 5))
MASKS = np.eye(3)[np.random.default_rng(2).integers(3, size=(2, 4, 5))]
HALF = np.arange(40).reshape(2, 4, 5) % 2 == 0
LOGITS = np.log(PIXELS)
IMAGES = {"probs": np.moveaxis(PIXELS, -1, 1), "labels": np.moveaxis(MASKS, -1, 1), "axis": (2, 3)}
REGIONS = {"logits": LOGITS, "labels": MASKS, "axis": (1, 2)}
GROUPS = {"embeddings": SEQUENCES[0], "labels": np.arange(10.0) % 3}

SPECIAL = [
    (lossary.ctc, {"logits": SEQUENCES.swapaxes(0, 1), "labels": WORDS}, "swapaxes"),
    (lossary.ctc, {"logits": SEQUENCES, "labels": PADDED}, "label_lengths="),
    (lossary.rnnt, {"logits": LATTICES, "labels": PADDED}, "label_lengths="),
    (lossary.rnnt, {"logits": LATTICES, "labels": np.insert(WORDS, 0, 0, axis=1)}, "[..., 1:]"),
    (lossary.rnnt, {"logits": LATTICES, "labels": WORDS, "blank": 5}, "blank=4"),
    (lossary.dice, {"probs": PIXELS, "labels": MASKS, "axis": (1, 2), "weights": np.ones(3)}, "None, "),
    (lossary.dice, {"probs": PIXELS[..., 0], "labels": MASKS[..., 0], "axis": (1, 2), "where": HALF}, "*"),
    (lossary.sigmoid_dice, {**REGIONS, "where": np.stack([HALF] * 3, axis=-1)}, "-np.inf"),
    (lossary.sigmoid_dice, {**REGIONS, "labels": np.where(HALF[..., None], MASKS, -1)}, "-np.inf"),
    (lossary.generalized_dice, IMAGES, "class_axis=1"),
    (lossary.generalized_dice, {"probs": PIXELS, "labels": MASKS, "axis": (1, 2, 3)}, "axis=(1, 2)"),
    (lossary.supervised_contrastive, GROUPS, "astype(int)"),
]


@pytest.mark.parametrize(("loss", "given", "text"), SPECIAL, ids=lambda x: getattr(x, "__name__", ""))
def test_fixes_of_their_own(loss: Any, given: Given, text: str) -> None:
    with pytest.raises(ERRORS) as caught:
        loss(**given)
    assert text in caught.value.fix
    assert not works(caught.value.fix, loss, given), caught.value.fix


@pytest.mark.parametrize(("loss", "logits"), [(lossary.ctc, SEQUENCES), (lossary.rnnt, LATTICES)])
@pytest.mark.parametrize(("name", "most"), [("logit_lengths", 10), ("label_lengths", 3)])
def test_lengths_beyond_their_axis(name: str, most: int, loss: Any, logits: np.ndarray) -> None:
    """Of frames before a stride of 2; where they cannot be read, such a sequence is NaN."""
    right = {"logit_lengths": np.asarray([10, 8]), "label_lengths": np.asarray([3, 2])}
    wrong = {**right, name: 2 * right[name]}
    with pytest.raises(lossary.LossInputError, match=rf"`{name}` must lie in \[0, {most}\]") as caught:
        loss(logits, WORDS, **wrong)
    assert caught.value.code == "L120"
    fixed = eval(caught.value.fix.partition(",")[0], {"s": 2, **wrong})
    assert loss(logits, WORDS, **{**wrong, name: fixed}) == loss(logits, WORDS, **right)
    with lossary.config(check="never"):
        assert np.isnan(loss(logits, WORDS, **wrong))


def test_a_region_without_elements_is_that_of_the_others() -> None:
    """What the fix for a mask of pixels says is right: the loss, and no gradient where nothing counts."""
    derive = lossary.value_and_grad(lossary.sigmoid_dice)
    logits, labels = LOGITS[..., 0], MASKS[..., 0]
    value, grad = derive(np.where(HALF, logits, -np.inf), labels * HALF, axis=(1, 2), reduction="none")
    for i in range(2):
        want, slope = derive(logits[i][HALF[i]], labels[i][HALF[i]], axis=0)
        assert value[i] == pytest.approx(want, rel=1e-14)
        np.testing.assert_allclose(grad[i][HALF[i]], slope, rtol=1e-12)
        assert (grad[i][~HALF[i]] == 0).all()


def test_what_estimators_and_data_sets_are_told() -> None:
    """A loss for `scoring=` itself is called with an estimator, features and targets."""

    class Estimator:
        def predict(self, x: Any) -> Any:
            return x

    with pytest.raises(lossary.LossTypeError) as caught:
        lossary.pinball(Estimator(), SEQUENCES, WORDS)
    assert caught.value.fix == 'lossary.integrations.sklearn.scorer("pinball")'
