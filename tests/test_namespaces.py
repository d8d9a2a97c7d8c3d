"""Any namespace that the array API standard allows, by the one way for all: see `namespaces`."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import lossary
from tests.contract.subjects import Subject, close, subjects
from tests.namespaces import Namespace

NAMESPACES = {
    "an object": Namespace(),
    "of 2023": Namespace(version="2023.12"),
    "two devices": Namespace(devices=("here", "there")),
    "lazy": Namespace(is_lazy=True),
    "no float64": Namespace(has_float64=False),
    "lazy, of 2023, on the second device": Namespace("2023.12", ("here", "there"), is_lazy=True),
}
X, Y = np.asarray([0.5, -1.0, 2.0]), np.asarray([0.0, 1.0, 1.0])


def arrays_of(xp: Any, arrays: Any) -> list[Any]:
    """On the last of its devices."""
    wide = [np.asarray(a) for a in arrays]
    fitting = [a if xp.has_float64 or a.dtype != np.float64 else a.astype("float32") for a in wide]
    return [xp.asarray(a, device=xp.all_devices[-1]) for a in fitting]


def value_and_gradients(subject: Subject, arrays: Any) -> list[Any]:
    plain = arrays[: len(arrays) - len(subject.names)]
    named = dict(zip(subject.names, arrays[len(plain) :], strict=True))
    derive = lossary.value_and_grad(subject.function, subject.called[0:1])
    value, gradients = derive(*plain, **subject.options, **named)
    return [value, *gradients]


@pytest.mark.parametrize("subject", subjects(), ids=str)
def test_every_loss_on_every_namespace(subject: Subject) -> None:
    wanted = value_and_gradients(subject, list(subject.arrays))
    for name, xp in NAMESPACES.items():
        found = value_and_gradients(subject, arrays_of(xp, subject.arrays))
        for got, want in zip(found, wanted, strict=True):
            assert isinstance(got, xp.array_class)
            assert got.device == xp.all_devices[-1]
            close(got.values, want, 1e-12 if xp.has_float64 else 2e-5, name)


def named(name: str, **more: Any) -> Any:
    xp = Namespace()
    xp.__name__ = name
    vars(xp).update(more)
    return xp


def test_two_of_one_name_do_not_get_each_others_functions() -> None:
    one, other = named("mine"), named("mine")
    for xp in (one, other, one):
        assert isinstance(lossary.huber(*arrays_of(xp, (X, Y))), xp.array_class)
    (x,), (y,) = arrays_of(one, (X,)), arrays_of(other, (Y,))
    with pytest.raises(lossary.LossTypeError, match="arrays of one library") as caught:
        lossary.huber(x, y)
    assert caught.value.code == "L004"
    place = {"predictions": x, "targets": y}
    exec(caught.value.fix, place)
    assert float(lossary.huber(x, place["targets"])) == lossary.huber(X, Y)


def test_a_fix_for_what_is_mixed_works() -> None:
    (x,) = arrays_of(Namespace(), (X,))
    for arrays in ((x, Y), (X, x)):
        place = dict(zip(("predictions", "targets"), arrays, strict=True))
        with pytest.raises(lossary.LossTypeError, match="arrays of one library") as caught:
            lossary.huber(**place)
        exec(caught.value.fix, place)
        lossary.huber(place["predictions"], place["targets"])


def test_a_namespace_may_be_a_class() -> None:
    xp = Namespace()
    functions = {name: staticmethod(getattr(xp, name)) for name in ("where", "sum", "abs", "astype")}
    functions["__array_namespace_info__"] = staticmethod(xp.__array_namespace_info__)
    for name in ("finfo", "result_type", "isdtype", "zeros_like", "asarray", "full_like"):
        functions[name] = staticmethod(getattr(xp, name))
    dtypes = {name: getattr(xp, name) for name in ("float32", "float64", "int64", "bool")}
    mine = type("Mine", (), {**functions, **dtypes, "__array_api_version__": "2024.12"})
    xp.array_class.__array_namespace__ = lambda self, **options: mine
    assert float(lossary.absolute_error(*arrays_of(xp, (X, Y)))) == lossary.absolute_error(X, Y)


def test_a_namespace_may_be_made_anew_each_time() -> None:
    xp = Namespace()
    xp.array_class.__array_namespace__ = lambda self, **options: SimpleNamespace(
        **{
            name: getattr(xp, name)
            for name in ("where", "sum", "abs", "astype", "finfo", "isdtype", "asarray")
        },
        **{name: getattr(xp, name) for name in ("result_type", "float64", "__array_namespace_info__")},
    )
    x, y = arrays_of(xp, (X, Y))
    assert float(lossary.absolute_error(x, y)) == lossary.absolute_error(X, Y)
    assert float(lossary.absolute_error(x, y, weights=y)) == lossary.absolute_error(X, Y, weights=Y)


def test_a_standard_that_is_too_old_is_named() -> None:
    x, y = arrays_of(named("ancient", version="2022.12"), (X, Y))
    with pytest.raises(
        lossary.LossTypeError, match=r"`predictions` is an array of ancient, .* 2022\.12"
    ) as caught:
        lossary.huber(x, y)
    assert caught.value.code == "L013"


def test_a_function_that_is_missing_is_named() -> None:
    xp = named("partial")
    xp.array_class.__array_namespace__ = lambda self, **options: partial
    names = ("where", "asarray", "astype", "finfo", "isdtype", "result_type", "float64", "sum")
    partial = SimpleNamespace(**{n: getattr(xp, n) for n in names}, __name__="partial")
    with pytest.raises(lossary.LossTypeError, match="partial has no function `abs`") as caught:
        lossary.absolute_error(*arrays_of(xp, (X, Y)))
    assert caught.value.code == "L013"


def test_unknown_sizes_are_named() -> None:
    xp = Namespace(is_lazy=True)
    x, y = arrays_of(xp, (X, Y))
    type(x).shape = property(lambda self: (None,))
    with pytest.raises(
        lossary.LossInputError, match=r"`predictions`: the shape \(None,\) must be known"
    ) as caught:
        lossary.huber(x, y)
    assert caught.value.code == "L001"


def test_values_are_read_where_they_are_and_asked_for() -> None:
    probs, labels = np.asarray([0.5, 0.25]), np.asarray([1.0, 2.0])
    careful = lossary.check(lossary.binary_cross_entropy)
    for xp in (NAMESPACES["an object"], NAMESPACES["two devices"]):
        arrays = arrays_of(xp, (probs, labels))
        assert np.isnan(float(lossary.binary_cross_entropy(*arrays)))
        with pytest.raises(lossary.LossInputError, match="L101"):
            careful(*arrays)
    lazy = arrays_of(NAMESPACES["lazy"], (probs, labels))
    assert np.isnan(careful(*lazy, weights=lazy[0]).values)
