"""What a transformation takes and returns: losses alone, with their names, defaults and pages of help."""

import copy
import inspect
import pickle
import pydoc
import re
from functools import partial, wraps
from typing import Any

import numpy as np
import pytest

import lossary
from lossary.kernel import call, loss
from tests.catalogue import SHARED, losses
from tests.libraries import Library

X, Y = np.asarray([0.5, 3.0, -1.0], "float32"), np.asarray([0.0, 1.0, -1.5], "float32")
WEIGHTS = np.asarray([1.0, 2.0, 0.5], "float32")
ALL = [getattr(lossary, name) for members in losses().values() for name in members]
TRANSFORMATIONS = [
    *(lossary.value_and_grad, lossary.value_grad_hess, lossary.total, lossary.check, lossary.accelerate)
]
each_loss = pytest.mark.parametrize("function", ALL, ids=lambda function: function.__name__)
each_transformation = pytest.mark.parametrize("transform", TRANSFORMATIONS, ids=lambda t: t.__name__)


@loss
def robust(
    predictions: Any, targets: Any, *, delta: float = 1.0, weights: Any = None, where: Any = None
) -> Any:
    """A sum of losses at the top of a module.

    Parameters
    ----------
    predictions, targets : array
        Real numbers.
    delta : float
        Where it bends."""  # noqa: D209
    how = {"weights": weights, "where": where}
    return call(lossary.huber, predictions, targets, delta=delta, **how) + call(
        lossary.log_cosh, predictions, targets, **how
    )


@wraps(lossary.huber)
def wrapped(*args: Any, **kwargs: Any) -> Any:
    return 2.0 * lossary.huber(*args, **kwargs)


class Model:
    def method(self, x: Any, y: Any) -> Any:
        return lossary.huber(x, y)

    def __call__(self, x: Any, y: Any) -> Any:
        return lossary.huber(x, y)


NO_LOSSES = {
    "<lambda>": lambda x, y: 2.0 * lossary.huber(x, y),
    "huber": wrapped,
    "method": Model().method,
    "Model": Model(),
    "sum": np.sum,
    "NoneType": None,
    "str": "huber",
}


@pytest.mark.parametrize("name", NO_LOSSES)
@each_transformation
def test_what_is_no_loss(transform: Any, name: str) -> None:
    """It does not know its derivatives. What `functools.wraps` made of a loss looks like one."""
    for function in (NO_LOSSES[name], *([partial(NO_LOSSES[name])] if callable(NO_LOSSES[name]) else [])):
        with pytest.raises(lossary.LossTypeError, match=f"`{name}` is not a lossary loss") as caught:
            transform(function)
        assert caught.value.code == "L008"
        assert "lossary.kernel.loss" in caught.value.fix
    with pytest.raises(lossary.LossTypeError, match="is not a lossary loss"):
        call(NO_LOSSES[name], X, Y)


@each_transformation
def test_what_returns_derivatives_is_no_loss(transform: Any) -> None:
    for derive in (lossary.value_and_grad, lossary.value_grad_hess):
        with pytest.raises(lossary.LossTypeError, match="`huber` is not a lossary loss") as caught:
            transform(derive(lossary.huber))
        assert caught.value.code == "L008"


def test_partials(xp: Library) -> None:
    """Also of partials, and of transformed losses."""
    inner = partial(lossary.huber, delta=0.5)
    want = lossary.value_and_grad(lossary.huber)(X, Y, delta=0.5, reduction="sum")
    for function in (partial(inner, reduction="sum"), partial(lossary.check(inner), reduction="sum")):
        found = xp.call(lossary.value_and_grad(function), xp.array(X), xp.array(Y))
        for got, expected in zip(found, want, strict=True):
            np.testing.assert_allclose(xp.to_numpy(got), expected, rtol=1e-6)


def test_transformations_of_transformed_losses(library: Library) -> None:
    value, grad = lossary.value_and_grad(lossary.huber)(X, Y, weights=WEIGHTS, reduction="sum")
    for function in (
        lossary.total(lossary.check(lossary.huber)),
        lossary.check(lossary.total(lossary.huber)),
        lossary.total(partial(lossary.huber, delta=1.0)),
        lossary.check(lossary.check(lossary.total(partial(lossary.huber)))),
    ):
        arrays, weights = (library.array(X), library.array(Y)), library.array(WEIGHTS)
        found, slope = library.call(lossary.value_and_grad(function), *arrays, weights=weights)
        plain = library.call(function, *arrays, weights=weights)
        for total in (found, plain):
            assert isinstance(total, lossary.Total)
            want = value, WEIGHTS.sum(), len(X)
            np.testing.assert_allclose([library.to_numpy(part) for part in total], want, rtol=1e-6)
        np.testing.assert_allclose(library.to_numpy(slope), grad, rtol=1e-6)
        _, again, hess = library.call(lossary.value_grad_hess(function), *arrays, weights=weights)
        np.testing.assert_allclose(library.to_numpy(again), grad, rtol=1e-6)
        np.testing.assert_allclose(library.to_numpy(hess), WEIGHTS * (np.abs(X - Y) < 1), rtol=1e-6)


@pytest.mark.of("jax")
@pytest.mark.parametrize("function", [lossary.huber, robust], ids=["huber", "robust"])
def test_accelerated_losses(function: Any) -> None:
    accelerate, check = lossary.accelerate, lossary.check
    for fast in (accelerate(function), accelerate(check(function)), check(accelerate(partial(function)))):
        found = lossary.value_and_grad(fast)(X, Y, weights=WEIGHTS)
        for got, want in zip(found, lossary.value_and_grad(function)(X, Y, weights=WEIGHTS), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-6)
            assert isinstance(got, np.ndarray | np.generic)
    assert isinstance(lossary.total(accelerate(lossary.huber))(X, Y), lossary.Total)


def test_checked_sums_read_the_values_of_every_term(xp: Library) -> None:
    bce = lossary.sigmoid_binary_cross_entropy

    @loss
    def both(logits: Any, labels: Any) -> Any:
        return call(lossary.squared_error, logits, labels) + call(bce, logits, labels)

    if xp.needs not in ("numpy", "array_api_strict"):
        pytest.skip("values are not read everywhere: tests/test_reading.py")
    with pytest.raises(lossary.LossInputError, match="labels"):
        lossary.value_and_grad(lossary.check(both))(xp.array(X), xp.array(np.asarray([1, 2, 7])))


def test_a_total_has_no_reduction() -> None:
    for function in (lossary.huber, lossary.info_nce, partial(lossary.huber, reduction="sum")):
        arrays = (X, Y) if function is not lossary.info_nce else (X[:, None], Y[:, None])
        how = {} if isinstance(function, partial) else {"reduction": "none"}
        for derived in (lossary.total(function), lossary.value_and_grad(lossary.total(function))):
            with pytest.raises(lossary.LossInputError, match="a total has no `reduction`") as caught:
                derived(*arrays, **how)
            assert caught.value.code == "L130"


def test_total_is_no_reduction() -> None:
    for function in (lossary.huber, lossary.value_and_grad(lossary.huber)):
        with pytest.raises(lossary.LossInputError, match="'none', got 'total'") as caught:
            function(X, Y, reduction="total")
        assert caught.value.code == "L130"


@pytest.mark.parametrize("returned", [lossary.huber, lambda x, y: None], ids=["number", "nothing"])
def test_a_decorated_function_that_returns_no_call(returned: Any) -> None:
    made = loss(lambda predictions, targets: returned(predictions, targets))
    for function in (made, lossary.value_and_grad(made), lossary.check(made)):
        with pytest.raises(lossary.LossTypeError, match=r"(?s)returned .*call\(") as caught:
            function(X, Y)
        assert caught.value.code == "L008"


@pytest.mark.parametrize("function", [robust, lossary.huber, partial(robust, delta=2.0)])
def test_a_pickle_and_a_copy_do_the_same(function: Any) -> None:
    want = lossary.value_and_grad(function)(X, Y)
    for other in (pickle.loads(pickle.dumps(function)), copy.deepcopy(function), copy.copy(function)):
        for got, expected in zip(lossary.value_and_grad(other)(X, Y), want, strict=True):
            np.testing.assert_array_equal(got, expected)
        assert other(X, Y) == want[0]


@each_loss
def test_names_and_defaults_are_shown(function: Any) -> None:
    """By `help`, by editors, and before the call of what a transformation returns."""
    own = inspect.signature(function)
    assert own.parameters["reduction"].default == "mean"
    assert {own.parameters[name].kind for name in SHARED} == {inspect.Parameter.KEYWORD_ONLY}
    for shown in (function, *[transform(function) for transform in TRANSFORMATIONS]):
        assert inspect.signature(shown).parameters == own.parameters
        assert inspect.signature(shown).return_annotation is inspect.Signature.empty
        assert shown.__name__ == function.__name__
        assert shown.__doc__ == function.__doc__
        text = pydoc.render_doc(shown, renderer=pydoc.plaintext).split("\n", 2)[2]
        head = " ".join(text.split()).replace("( ", "(")  # from Python 3.13 on with a line for each parameter
        assert head.startswith(f"{function.__name__}({next(iter(own.parameters))}")
        assert "reduction: Literal['mean', 'weighted_mean', 'sum', 'none'] = 'mean'" in head


def test_a_loss_of_ones_own_is_shown_as_it_was_written() -> None:
    for shown in (robust, lossary.value_and_grad(robust), lossary.check(robust)):
        names = ["predictions", "targets", "delta", "weights", "where"]
        assert list(inspect.signature(shown).parameters) == names
        assert inspect.signature(shown).parameters["delta"].default == 1.0
    with pytest.raises(TypeError, match="robust: there is no keyword `margin`"):
        robust(X, Y, margin=1.0)


def parameters_of(doc: str) -> list[str]:
    """The names in the section of parameters."""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=\n\n\S.*\n-{3}|\Z)", doc, re.DOTALL | re.MULTILINE)
    lines = re.findall(r"^(\w+(?:, \w+)*) : ", section[1], re.MULTILINE) if section else []
    return [name for line in lines for name in line.split(", ")]


@each_loss
def test_every_parameter_is_documented_once(function: Any) -> None:
    """The shared ones too, in the section of parameters and nowhere else."""
    found = parameters_of(function.__doc__)
    assert sorted(found) == sorted(inspect.signature(function).parameters)
    assert found[-len(SHARED) :] == list(SHARED)
    for name in SHARED:
        assert len(re.findall(rf"^ *{name} : ", function.__doc__, re.MULTILINE)) == 1


def test_shared_parameters_of_a_loss_of_ones_own() -> None:
    """Those that it has, wherever the section ends."""
    assert parameters_of(robust.__doc__) == ["predictions", "targets", "delta", "weights", "where"]
    assert robust.__doc__.index("Where it bends.") < robust.__doc__.index("weights :")

    @loss
    def short(x: Any, y: Any, *, where: Any = None) -> Any:
        """In one line."""
        return call(lossary.huber, x, y, where=where)

    @loss
    def long(x: Any, y: Any, *, where: Any = None) -> Any:
        """With more sections.

        Parameters
        ----------
        x, y : array
            Real numbers.

        See Also
        --------
        robust
        """
        return call(lossary.huber, x, y, where=where)

    assert short.__doc__ == "In one line."
    assert parameters_of(long.__doc__) == ["x", "y", "where"]
    assert long.__doc__.endswith("\n\nSee Also\n--------\nrobust")
