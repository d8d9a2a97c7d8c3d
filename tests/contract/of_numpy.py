"""What may be expected where lossary differentiates by itself: on NumPy, and on dask's lazy arrays."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import lossary
from lossary._engine import _run
from tests.contract.demands import demand
from tests.contract.subjects import SIZES, Subject, close, slope

NEAR = 1e-5

Give = Callable[[np.ndarray], Any]


def gradients(subject: Subject, arrays: Sequence[Any], wrt: tuple[int, ...]) -> tuple[Any, ...]:
    """Those of the sum of the losses, in arrays at some positions."""
    names = tuple([subject.called[i] for i in wrt])
    derive = lossary.value_and_grad(subject.function, wrt=names)
    found: tuple[Any, ...] = replace(subject, function=derive)(*arrays, reduction="sum")[1]
    return found


def in_turn(give: Give, subject: Subject) -> None:
    """Gradients in each array alone, in all, and in each again."""
    alone = [(i,) for i in subject.wrt]
    for wrt in (*alone, subject.wrt, *reversed(alone)):
        found = gradients(subject, [give(a) for a in subject.arrays], wrt)
        for i, got in zip(wrt, found, strict=True):
            close(got, slope(subject, i), NEAR, f"in {i} of {wrt}")


def after_an_error(give: Give, subject: Subject) -> None:
    """The same after calls that fail: with an array of another shape, and with one of another kind."""
    arrays = [give(a) for a in subject.arrays]
    first = subject.wrt[0]
    want = np.asarray(gradients(subject, arrays, (first,))[0])
    for wrong in (give(np.ones((2, 3, 5, 7))), "no array"):
        with pytest.raises((lossary.LossInputError, lossary.LossTypeError)):
            gradients(subject, [wrong, *arrays[1:]], (first,))
        np.testing.assert_array_equal(np.asarray(gradients(subject, arrays, (first,))[0]), want)


def of_any_size(give: Give, subject: Subject) -> None:
    """Ten numbers of examples, there and back: as with nothing kept from a call before."""
    kept = [_results(subject, list(map(give, subject.resized(n)))) for n in SIZES]
    again = [_results(subject, list(map(give, subject.resized(n)))) for n in reversed(SIZES)]
    for size, found, repeated in zip(SIZES, kept, reversed(again), strict=True):
        _run._program.cache_clear()
        _same(found, repeated, f"{size} again")
        _same(found, _results(subject, list(map(give, subject.resized(size)))), f"{size} alone")


def ten_values_of_numbers(give: Give, subject: Subject) -> None:
    """Ten values of each number, there and back: as with nothing kept from a call before."""
    arrays = [give(a) for a in subject.arrays]
    for name, values in subject.ten_values.items():
        kept = [_results(subject, arrays, **{name: v}) for v in (*values, *reversed(values))]
        for i, value in enumerate(values):
            _run._program.cache_clear()
            _same(kept[i], kept[-1 - i], f"{name}={value} again")
            _same(kept[i], _results(subject, arrays, **{name: value}), f"{name}={value} alone")


def _results(subject: Subject, arrays: list[Any], **options: Any) -> list[np.ndarray]:
    derive = lossary.value_and_grad(subject.function)
    value, grad = replace(subject, function=derive)(*arrays, reduction="sum", **options)
    return [np.asarray(value), np.asarray(grad)]


def _same(found: list[np.ndarray], want: list[np.ndarray], what: str) -> None:
    for got, expected in zip(found, want, strict=True):
        np.testing.assert_array_equal(got, expected, err_msg=what)


DEMANDED = (in_turn, after_an_error, of_any_size, ten_values_of_numbers)


def named(function: Callable[[Give, Subject], None], give: Give) -> Callable[[Subject], None]:
    """The demand of a library with such arrays."""
    check = partial(function, give)
    check.__name__, check.__doc__ = function.__name__, function.__doc__  # type: ignore[attr-defined]
    return check


for _demanded in DEMANDED:
    demand("numpy")(named(_demanded, np.asarray))


@demand("numpy")
def views(subject: Subject) -> None:
    """Arrays that may not be written, have gaps, or run backward."""

    def read_only(a: np.ndarray) -> np.ndarray:
        a = a.copy()
        a.flags.writeable = False
        return a

    def with_gaps(a: np.ndarray) -> np.ndarray:
        return np.repeat(a, 2, axis=0)[::2] if a.ndim else a

    def backward(a: np.ndarray) -> np.ndarray:
        return np.flip(np.flip(a).copy())

    want = gradients(subject, subject.arrays, subject.wrt)
    for view in (read_only, with_gaps, backward):
        found = gradients(subject, [view(a) for a in subject.arrays], subject.wrt)
        for got, expected in zip(found, want, strict=True):
            close(got, expected, 1e-12, view.__name__)


@demand("numpy")
def small_floats(subject: Subject) -> None:
    """Arrays of 16 and 8 bits are computed in float32, and have gradients of their own dtype."""
    for dtype in (np.dtype("float16"), *[np.dtype(getattr(ml_dtypes, name)) for name in SMALL]):
        small = [a.astype(dtype) if a.dtype.kind == "f" else a for a in subject.arrays]
        with lossary.config(check="never"):  # rows of them add up to 1 in so many digits
            found = subject(*small, reduction="none"), *gradients(subject, small, subject.wrt)
            wide = [a.astype("float32") if a.dtype == dtype else a for a in small]
            want = subject(*wide, reduction="none"), *gradients(subject, wide, subject.wrt)
        for i, (got, expected) in enumerate(zip(found, want, strict=True)):
            assert got.dtype == (dtype if i else np.float32)
            np.testing.assert_array_equal(got, expected.astype(got.dtype), err_msg=f"{dtype}, {i}")


SMALL = ("bfloat16", "float8_e4m3fn", "float8_e5m2")


@demand("numpy")
def long_doubles(subject: Subject) -> None:
    """An array of more than 64 bits is refused, by name: nothing is exact to its last bits."""
    for i, array in enumerate(subject.arrays):
        if array.dtype.kind != "f":
            continue
        with pytest.raises(lossary.LossTypeError, match=f"`{subject.called[i]}` must have at most 64 bits"):
            subject(*subject.replaced(i, array.astype(np.longdouble)))
