"""Sums of losses of which a derivative would lack a part, and other sums that are none: errors."""

from functools import partial
from typing import Any

import numpy as np
import pytest

import lossary
from lossary.kernel import call, loss
from tests.contract.subjects import Subject, subjects
from tests.libraries import Library
from tests.test_sums import OTHERS, PAIRS, PROBS, TABLE, WEIGHTS, WHERE, X, Y, close, sum_of


def changed(change: Any) -> Any:
    """A sum of which one term is not quite what was given."""

    @loss
    def both(predictions: Any, targets: Any, weights: Any) -> Any:
        how = change(predictions, targets, weights)
        first = call(lossary.squared_error, **{"predictions": predictions, "targets": targets, **how})
        return first + call(lossary.huber, predictions, targets)

    return both


COMPUTED = {
    "predictions": lambda x, y, w: {"predictions": 2.0 * x},
    "targets": lambda x, y, w: {"targets": x + y},
    "weights": lambda x, y, w: {"weights": 2.0 * w},
}


@pytest.mark.parametrize("name", COMPUTED)
def test_an_array_that_was_computed_on_the_way(name: str, xp: Library) -> None:
    arrays = [xp.array(a) for a in (X, Y, WEIGHTS)]
    both = changed(COMPUTED[name])
    assert np.isfinite(xp.to_numpy(xp.call(both, *arrays)))
    for derive in (lossary.value_and_grad(both), lossary.value_grad_hess(both)):
        with pytest.raises(lossary.LossInputError, match=rf"squared_error: `{name}` was computed") as caught:
            xp.call(derive, *arrays)
        assert caught.value.code == "L006"
        assert "as a separate argument" in caught.value.fix


@pytest.mark.parametrize("subject", subjects(), ids=str)
def test_nothing_of_any_loss_may_be_computed_on_the_way(subject: Subject) -> None:
    """Neither an array nor a number that is one: its part of the gradient would be missing."""
    arrays = dict(zip(subject.called, subject.arrays, strict=True))
    numbers = {k: v for k, v in subject.numbers.items() if k not in arrays and k not in NO_ARRAY}
    computed = {k: 1.0 * x for k, x in arrays.items() if x.dtype.kind == "f"}
    computed |= {k: np.asarray(v) for k, v in numbers.items()}
    for name, value in computed.items():

        @loss
        def indirect(name: str = name, value: Any = value, **given: Any) -> Any:
            passed = {**subject.options, **given, name: 1.0 * value}
            return call(subject.function, **passed)

        derive = lossary.value_and_grad(indirect, wrt=subject.called[0])
        with pytest.raises(lossary.LossInputError, match=f"`{name}` was computed inside") as caught:
            derive(**arrays)
        assert caught.value.code == "L006"


NO_ARRAY = ("power", "soft_cap")
"""Numbers that may not be arrays."""
KNOW_NO_STRANGERS = ("array_api_strict", "tensorflow", "mlx.core")
"""Their arrays raise errors of their own where they are multiplied with what is no array."""


@pytest.mark.parametrize("right", [False, True], ids=["left", "right"])
def test_a_factor_that_was_computed_on_the_way(right: bool, xp: Library) -> None:
    """Its derivative would be missing, as that of an array would; one that was given is a constant."""
    if xp.needs in KNOW_NO_STRANGERS and not right:
        pytest.skip("an array there can be a factor from the right alone")

    def multiple(factor: Any, x: Any, y: Any) -> Any:
        one = call(lossary.huber, x, y)
        return one * factor if right else factor * one

    given = loss(lambda x, y, share: multiple(share, x, y))
    computed = loss(lambda x, y, share: multiple(share * share, x, y))
    arrays = [xp.array(a) for a in (X, Y, np.float32(0.5))]
    for derive in (lossary.value_and_grad(computed), lossary.value_grad_hess(computed)):
        with pytest.raises(lossary.LossInputError, match="huber: its factor was computed") as caught:
            xp.call(derive, *arrays)
        assert caught.value.code == "L006"
    with pytest.raises(lossary.LossInputError, match=r"huber: .* with respect to its factor") as caught:
        xp.call(lossary.value_and_grad(given, wrt="share"), *arrays)
    assert caught.value.code == "L006"
    value, grad = lossary.value_and_grad(lossary.huber)(X, Y)
    close(xp.to_numpy(xp.call(computed, *arrays)), 0.25 * value)
    close(xp.to_numpy(xp.call(lossary.value_and_grad(given), *arrays)[1]), 0.5 * grad)


@pytest.mark.parametrize("number", [np.float64(0.25), np.float32(0.25), 0.25, 1])
def test_numbers_as_factors_leave_the_dtype(number: Any, library: Library) -> None:
    for multiple in (
        loss(lambda x, y, share: share * call(lossary.huber, x, y)),
        loss(lambda x, y, share: call(lossary.huber, x, y) * share),
    ):
        value, grad = library.call(
            partial(lossary.value_and_grad(multiple), share=number), library.array(X), library.array(Y)
        )
        want = lossary.value_and_grad(lossary.huber)(X, Y)
        for got, expected in ((value, want[0]), (grad, want[1])):
            assert library.dtype_of(got) == "float32"
            close(library.to_numpy(got), float(number) * expected)


def test_a_factor_is_one_number(library: Library) -> None:
    factors = library.array(WEIGHTS)
    multiples = [loss(lambda x, y: call(lossary.huber, x, y) * factors)]
    if library.needs not in KNOW_NO_STRANGERS:
        multiples.append(loss(lambda x, y: factors * call(lossary.huber, x, y)))
    for multiple in multiples:
        with pytest.raises(lossary.LossInputError, match="multiplied by one number, got an array") as caught:
            multiple(library.array(X), library.array(Y))
        assert caught.value.code == "L001"
        assert caught.value.fix == "weights="


def test_masks_and_class_ids_may_be_computed_as_they_have_no_derivative(library: Library) -> None:
    @loss
    def both(x: Any, y: Any) -> Any:
        return call(lossary.huber, x, y, where=y > 0.0) + call(lossary.squared_error, x, y)

    _, grad = library.call(lossary.value_and_grad(both), library.array(X), library.array(Y))
    want = lossary.value_and_grad(lossary.huber)(X, Y, where=Y > 0)[1]
    close(library.to_numpy(grad), want + lossary.value_and_grad(lossary.squared_error)(X, Y)[1])


NO_GRADIENT = {
    "targets": lambda x, y, w: {"predictions": y, "targets": x},
    "weights": lambda x, y, w: {"weights": x},
}


@pytest.mark.parametrize("name", NO_GRADIENT)
def test_an_array_where_there_is_no_gradient(name: str, xp: Library) -> None:
    arrays = [xp.array(a) for a in (PROBS, OTHERS, WEIGHTS)]
    with pytest.raises(
        lossary.LossInputError, match=rf"squared_error: .* with respect to `{name}`"
    ) as caught:
        xp.call(lossary.value_and_grad(changed(NO_GRADIENT[name])), *arrays)
    assert caught.value.code == "L006"


@pytest.mark.parametrize(
    ("wrt", "text"),
    [
        ("logits", "there is no argument 'logits' to differentiate with respect to"),
        (("x", "logits"), "there is no argument 'logits'"),
        ("y", "huber: there is no gradient with respect to `targets`"),
        ("weights", "huber: there is no gradient with respect to `weights`"),
    ],
)
def test_names_of_no_array_with_a_gradient(wrt: Any, text: str) -> None:
    with pytest.raises(lossary.LossInputError, match=text) as caught:
        lossary.value_and_grad(sum_of(PAIRS[0]), wrt=wrt)(X, Y, weights=WEIGHTS[:, None])
    assert caught.value.code == "L006"


@pytest.mark.parametrize("name", ["predictions", "targets"])
def test_one_other_loss_of_what_was_computed(name: str, library: Library) -> None:
    """No sum, and yet a part of the gradient would be missing."""

    @loss
    def scaled(x: Any, y: Any) -> Any:
        return call(lossary.huber, **{"predictions": x, "targets": y, name: 2.0 * x})

    for derive in (lossary.value_and_grad(scaled), lossary.value_grad_hess(scaled)):
        with pytest.raises(lossary.LossInputError, match=f"huber: `{name}` was computed") as caught:
            library.call(derive, library.array(X), library.array(Y))
        assert caught.value.code == "L006"


def test_one_other_loss_by_names_of_ones_own(library: Library) -> None:
    @loss
    def distance(teacher: Any, student: Any) -> Any:
        return call(lossary.huber, student, teacher)

    arrays = library.array(Y), library.array(X)
    _, grad = library.call(lossary.value_and_grad(distance, wrt="student"), *arrays)
    close(library.to_numpy(grad), lossary.value_and_grad(lossary.huber)(X, Y)[1])
    with pytest.raises(lossary.LossInputError, match="no gradient with respect to `targets`"):
        library.call(lossary.value_and_grad(distance), *arrays)


def test_an_argument_that_no_term_takes() -> None:
    @loss
    def both(x: Any, y: Any, unused: Any) -> Any:
        return call(lossary.huber, x, y) + call(lossary.log_cosh, x, y)

    with pytest.raises(lossary.LossInputError, match="no term of the sum takes `unused`") as caught:
        lossary.value_and_grad(both, wrt="unused")(X, Y, TABLE)
    assert caught.value.code == "L006"


def test_terms_of_different_shapes(xp: Library) -> None:
    """Broadcasting would add the loss of each row to all numbers of a row."""

    @loss
    def both(x: Any, y: Any, reduction: str = "none") -> Any:
        how = {"reduction": reduction}
        return call(lossary.squared_error, x, y, **how) + call(lossary.cosine_distance, x, y, **how)

    arrays = xp.array(X), xp.array(Y)
    for function in (both, lossary.value_and_grad(both), lossary.value_grad_hess(both)):
        with pytest.raises(
            lossary.LossInputError, match="terms of a sum of losses have the shapes"
        ) as caught:
            xp.call(function, *arrays)
        assert caught.value.code == "L001"
    assert np.isfinite(xp.to_numpy(xp.call(partial(both, reduction="mean"), *arrays)))


def test_a_sum_has_no_total() -> None:
    for function in (sum_of(PAIRS[0]), partial(sum_of(PAIRS[0]), where=WHERE)):
        with pytest.raises(lossary.LossInputError, match="a sum of losses has no total") as caught:
            lossary.total(function)(X, Y)
        assert caught.value.code == "L130"
        assert "of each term" in caught.value.fix


def test_totals_of_different_shapes(xp: Library) -> None:
    of_columns = lossary.total(partial(lossary.squared_error, over=0))

    def both(x: Any, y: Any) -> Any:
        return of_columns(x, y) + of_columns(x[:, :1], y[:, :1])

    with pytest.raises(lossary.LossInputError, match="totals to be added have the shapes") as caught:
        xp.call(both, xp.array(TABLE), xp.array(TABLE))
    assert caught.value.code == "L001"
