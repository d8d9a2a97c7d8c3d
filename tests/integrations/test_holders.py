"""What holds an array or looks like one: taken with its gradient, or refused with a line that works."""

import array
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lossary
from tests.integrations.needs import needs

X, Y = np.asarray([0.5, -1.5, 2.0]), np.asarray([0.0, 1.0, 1.0])
TABLE = np.asarray([[0.5, -1.5], [2.0, 0.25]])


def pandas(module: Any) -> dict[str, Any]:
    return {
        "Series": module.Series(X),
        "Index": module.Index(X),
        "DataFrame": module.DataFrame(TABLE),
        "an array that may lack values": module.array([0.5, None, 2.0]),
    }


def polars(module: Any) -> dict[str, Any]:
    return {"Series": module.Series(X), "DataFrame": module.DataFrame(TABLE)}


def pyarrow(module: Any) -> dict[str, Any]:
    return {
        "Array": module.array(X),
        "Array with nulls": module.array([0.5, None, 2.0]),
        "ChunkedArray": module.chunked_array([X[:1], X[1:]]),
        "Tensor": module.Tensor.from_numpy(TABLE),
    }


def xarray(module: Any) -> dict[str, Any]:
    return {"DataArray": module.DataArray(X), "Variable": module.Variable("x", X)}


def astropy(module: Any) -> dict[str, Any]:
    units = needs("astropy.units")
    return {"Quantity": X * units.m, "one Quantity": 2.0 * units.m}


def unyt(module: Any) -> dict[str, Any]:
    return {"unyt_array": module.unyt_array(X, "m"), "unyt_quantity": module.unyt_quantity(2.0, "m")}


def pint(module: Any) -> dict[str, Any]:
    return {"Quantity": module.UnitRegistry().Quantity(X, "m")}


def sparse(module: Any) -> dict[str, Any]:
    return {"COO": module.COO.from_numpy(X), "GCXS": module.GCXS.from_numpy(TABLE), "DOK": module.DOK((2, 2))}


def scipy(module: Any) -> dict[str, Any]:
    own = needs("scipy.sparse")
    return {
        "csr_array": own.csr_array(TABLE),
        "csr_matrix": own.csr_matrix(TABLE),
        "coo": own.coo_array(TABLE),
    }


def ragged(module: Any) -> dict[str, Any]:
    return {"array": module.array([[0.5, 1.0], [2.0]])}


def awkward(module: Any) -> dict[str, Any]:
    return {"Array": module.Array(X)}


def blosc2(module: Any) -> dict[str, Any]:
    stored = module.asarray(X)
    return {"NDArray": stored, "LazyExpr": stored + 1.0}


def jax(module: Any) -> dict[str, Any]:
    own = needs("jax.experimental.sparse")
    return {
        "BCOO": own.BCOO.fromdense(module.numpy.asarray(TABLE)),
        "Ref": module.new_ref(module.numpy.ones(3)),
    }


def numpy(module: Any) -> dict[str, Any]:
    return {
        "masked array": np.ma.masked_greater(X, 1.0),
        "matrix": np.matrix(TABLE),
        "memoryview": memoryview(X),
        "array.array": array.array("d", X),
    }


REFUSED: tuple[Callable[[Any], dict[str, Any]], ...] = (
    *(pandas, polars, pyarrow, xarray, astropy, unyt, pint),
    *(sparse, scipy, ragged, awkward, blosc2, jax, numpy),
)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("made_by", REFUSED, ids=lambda made_by: made_by.__name__)
def test_what_is_no_array_is_refused_by_name(made_by: Any) -> None:
    module = needs(made_by.__name__)
    for what, x in made_by(module).items():
        kind = type(x).__name__
        for _ in range(2):  # also where the type was seen before
            with pytest.raises(
                lossary.LossTypeError, match=rf"log_cosh: `predictions` must be .*{kind}"
            ) as caught:
                lossary.log_cosh(x, x)
            assert caught.value.code == "L005", what
        with pytest.raises(lossary.LossTypeError, match="`weights` must be"):
            lossary.log_cosh(X, Y, weights=x)
        if made_by is not ragged:  # whose rows may be of any length
            place = {"x": x, "predictions": x, "np": np, "ak": module, made_by.__name__: module}
            plain, options = plain_by(caught.value.fix, place)
            assert np.shape(lossary.log_cosh(plain, plain, **options)) == ()


def plain_by(fix: str, place: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """What the line says to pass, of the first if there are several, and with which options."""
    line, _, option = fix.removeprefix("pass ").partition(" with where=")
    first = line.partition(",")[0].partition(" if ")[0]
    return eval(first, place), {"where": eval(option, place)} if option else {}


def test_autograd_is_told_the_gradient() -> None:
    autograd, _ = needs("autograd"), needs("autograd.extend")
    with pytest.raises(lossary.LossTypeError, match=r"autograd\.ArrayBox") as caught:
        autograd.grad(lossary.huber)(X, Y)
    place = {"autograd": autograd, "loss": lossary.huber, "lossary": lossary}
    exec(caught.value.fix, place)
    found = autograd.grad(lambda x: 3.0 * place["f"](x * x, Y))(X)
    np.testing.assert_allclose(found, 6.0 * X * lossary.value_and_grad(lossary.huber)(X * X, Y)[1])


def test_parameters_of_flax() -> None:
    jax, nnx = needs("jax"), needs("flax.nnx")
    x, y, mask = jax.numpy.asarray(X), jax.numpy.asarray(Y), jax.numpy.asarray(X < 1.0)
    value, gradient = lossary.value_and_grad(lossary.huber)(x, y, weights=y, where=mask)
    options = {"weights": nnx.Param(y), "where": nnx.Param(mask)}
    assert lossary.huber(nnx.Param(x), nnx.Param(y), **options) == value

    def loss(param: Any) -> Any:
        return lossary.huber(param, y, **options)

    derive = lossary.value_and_grad(lossary.huber)
    found = [derive(nnx.Param(x), y, **options)[1]]
    found += [of(nnx.Param(x))[...] for of in (jax.grad(loss), jax.jit(jax.grad(loss)))]
    for got in found:
        np.testing.assert_array_equal(got, gradient)


def test_rules_take_parameters_of_flax() -> None:
    jax, nnx = needs("jax"), needs("flax.nnx")
    hidden, weight = jax.numpy.asarray(np.stack([X, Y], axis=1)), jax.numpy.asarray(TABLE)
    ids = jax.numpy.asarray([0, 1, 1])

    def linear(weight: Any) -> Any:
        return lossary.linear_cross_entropy(hidden, weight, ids)

    def pairs(temperature: Any) -> Any:
        return lossary.info_nce(hidden, hidden, temperature=temperature)

    for loss, x in ((linear, weight), (pairs, hidden[0, 0])):
        wanted = jax.value_and_grad(loss)(x)
        value, gradient = jax.value_and_grad(loss)(nnx.Param(x))
        assert value == wanted[0]
        np.testing.assert_array_equal(gradient[...], wanted[1])
