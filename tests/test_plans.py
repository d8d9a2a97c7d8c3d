"""Calls that are alike share a plan: so calls that mean different things must not be alike."""

import functools
import itertools
from typing import Any

import numpy as np
import pytest

import lossary
from lossary._engine import _run
from lossary._program import _plan
from lossary.kernel import Argument, Call, Kernel
from tests.libraries import Library

X, Y = np.asarray([1.0, -2.0, 4.0], "float32"), np.asarray([0.5, 0.5, 1.0], "float32")


def _scaled(x: Any, y: Any, *, xp: Any, a: Any = 1.0, b: Any = 1.0) -> Any:
    return x * a + 100.0 * b * x + 0.0 * y


KERNEL = Kernel(
    *("scaled", "(),()->()", (Argument("predictions"), Argument("targets")), _scaled),
    lambda x, y, *, xp, a=1.0, b=1.0: (a + 100.0 * b) * xp.ones_like(x),
    lambda x, y, *, xp, a=1.0, b=1.0: xp.zeros_like(x),
)


def evaluate(kernel: Kernel, *arrays: Any, **how: Any) -> Any:
    return Call(kernel, *arrays, **how).run()


def _reciprocal() -> Kernel:
    """Another each time, of which nothing is known yet."""
    return Kernel(
        *("reciprocal", "(),()->()", KERNEL.takes, lambda x, y, *, xp, a=1.0: x / (xp.ones_like(x) * a)),
        lambda x, y, *, xp, a=1.0: 1.0 / (xp.ones_like(x) * a),
        lambda x, y, *, xp, a=1.0: xp.zeros_like(x),
    )


def _sum(kernel: Kernel, library: Library, **how: Any) -> float:
    found = evaluate(kernel, library.array(X), library.array(Y), reduction="sum", **how)
    return float(library.to_numpy(found))


def test_parameters_are_told_apart_by_their_names(library: Library) -> None:
    for names in itertools.permutations((("a", 2.0), ("b", 2.0), ("a", 3.0)), 2):
        for name, value in names:
            want = 3.0 * (value + 100.0 if name == "a" else 1.0 + 100.0 * value)
            assert _sum(KERNEL, library, params={name: value}) == want
    assert _sum(KERNEL, library, params={"a": 2.0, "b": 3.0}) == 3.0 * 302.0
    assert _sum(KERNEL, library, params={"b": 2.0, "a": 3.0}) == 3.0 * 203.0


ALIKE = (0.0, -0.0, 0, False, np.float32(0.0), np.float32(-0.0), np.float64(-0.0), np.int64(0), np.False_)


def test_numbers_that_are_equal_and_not_the_same(library: Library) -> None:
    """1/0 and 1/-0 are not."""
    x, y = library.array(X[:1]), library.array(Y[:1])
    for values in (ALIKE, ALIKE[::-1]):
        kernel = _reciprocal()
        for value in values:
            with np.errstate(all="ignore"):
                found = library.to_numpy(evaluate(kernel, x, y, params={"a": value}, reduction="sum"))
            assert found == (-np.inf if np.signbit(float(value)) else np.inf)


def test_numbers_as_arrays_that_are_equal_and_not_the_same(library: Library) -> None:
    y = library.array(Y)
    kernel = Kernel(
        *("of_first", "(),()->()", KERNEL.takes, lambda x, y, *, xp: y / x),
        lambda x, y, *, xp: -y / (x * x),
        lambda x, y, *, xp: 2.0 * y / (x * x * x),
    )
    for number, sign in ((0.0, 1), (-0.0, -1), (np.float32(0.0), 1), (0.0, 1), (np.float32(-0.0), -1)):
        with np.errstate(all="ignore"):
            assert float(library.to_numpy(evaluate(kernel, number, y, reduction="sum"))) == sign * np.inf


@pytest.mark.parametrize("over", [1.0, "1", True], ids=repr)
def test_axes_of_a_rule_are_integers(over: Any, library: Library) -> None:
    arrays = [np.ones((2, 3), "float32"), np.ones((4, 3), "float32"), np.zeros(2, "int32")]
    given = [library.array(a) for a in arrays]
    with pytest.raises(lossary.LossInputError, match=r"\[L130\] linear_cross_entropy: `over`"):
        lossary.linear_cross_entropy(*given, over=over)
    for right in (np.int64(0), [0], None):
        assert library.to_numpy(lossary.linear_cross_entropy(*given, over=right)) == np.log(np.float32(4))


@pytest.mark.parametrize("wrong", [1.0, "1", None, True, (0, 1.5), [[0]], np.asarray(1.0)], ids=repr)
def test_an_axis_is_an_integer(wrong: Any, library: Library) -> None:
    """Which is noticed whether or not the right call was made before."""
    scores = library.array(np.ones((2, 3, 4), "float32"))
    probs, ids = library.array(np.full((2, 3, 4), 0.5, "float32")), library.array(np.zeros((2, 4), "int32"))
    for _ in range(2):
        with pytest.raises(lossary.LossInputError, match=r"\[L130\] softmax_cross_entropy: `axis`"):
            lossary.softmax_cross_entropy(scores, ids, axis=wrong)
        assert np.isclose(library.to_numpy(lossary.softmax_cross_entropy(scores, ids, axis=1)), np.log(3))
        if wrong is not None:
            with pytest.raises(lossary.LossInputError, match=r"\[L130\] dice: `over`"):
                lossary.dice(probs, probs, axis=1, over=wrong)
        assert library.to_numpy(lossary.dice(probs, probs, axis=1, over=1)).shape == (2,)


def test_axes_of_every_kind_are_the_same_axes(library: Library) -> None:
    x = library.array(np.arange(6, dtype="float32").reshape(2, 3))
    first = [library.to_numpy(lossary.squared_error(x, 0.0 * x, over=o)) for o in (0, np.int64(0), [0], -2)]
    for found in first:
        np.testing.assert_allclose(found, [4.5, 8.5, 14.5])
    both = [
        lossary.squared_error(x, 0.0 * x, over=o) for o in ((0, 1), [0, -1], range(2), np.arange(2), None)
    ]
    assert {float(library.to_numpy(found)) for found in both} == {np.float32(55 / 6)}
    for axis in (np.int64(1), (1,), [-1], np.asarray([1])):
        found = lossary.cosine_distance(x, x, axis=axis)
        assert library.to_numpy(found) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.of("numpy")
def test_defaults_of_the_device_of_what_is_no_number() -> None:
    strict = pytest.importorskip("array_api_strict")
    for name, dtype in (("CPU_DEVICE", strict.float64), ("no_float64", strict.float32)) * 2:
        x = strict.asarray([1, 2], device=strict.Device(name))
        assert lossary.squared_error(1, x).dtype == dtype


@pytest.mark.of("numpy")
def test_what_is_used_outlives_what_was_used_once(monkeypatch: pytest.MonkeyPatch) -> None:
    planned = []
    make = _plan.make_plan
    monkeypatch.setattr(
        _run, "make_plan", lambda *args: planned.append(args[1].kernels[0].name) or make(*args)
    )
    monkeypatch.setattr(_run, "_program", functools.lru_cache(64)(_run._lower))
    for _ in range(3):
        lossary.squared_error(X, Y)
    for i in range(1, 200):
        lossary.huber(np.zeros(i, "float32"), np.zeros(i, "float32"))
        lossary.squared_error(X, Y)
        if i % 40 == 0:
            lossary.log_cosh(X, Y)
    assert planned.count("huber") == 199
    assert planned.count("squared_error") == planned.count("log_cosh") == 1
    for i in range(200, 264):
        lossary.huber(np.zeros(i, "float32"), np.zeros(i, "float32"))
    lossary.squared_error(X, Y)
    assert planned.count("squared_error") == 2


@pytest.mark.of("jax")
def test_what_was_compiled_and_dropped_is_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory has a bound: programs of all shapes and numbers share one cache."""
    jax = pytest.importorskip("jax")
    from lossary._backend import _jax

    kept = functools.lru_cache(2)(_jax._compiled.__wrapped__)
    monkeypatch.setattr(_jax, "_compiled", kept)
    for count, gamma in [(40, 0.5), (40, 2.0), (41, 2.0), (41, 3.0)] * 2:
        x, y = np.linspace(-3, 3, count, dtype="float32"), np.linspace(0, 1, count, dtype="float32")
        found = lossary.sigmoid_focal(*map(jax.numpy.asarray, (x, y)), gamma=gamma)
        np.testing.assert_allclose(found, lossary.sigmoid_focal(x, y, gamma=gamma), rtol=1e-6)
    assert kept.cache_info().misses == 8


@pytest.mark.of("numpy")
def test_a_number_that_changes_is_no_other_call(monkeypatch: pytest.MonkeyPatch) -> None:
    planned = []
    make = _plan.make_plan
    monkeypatch.setattr(_run, "make_plan", lambda *args: planned.append(args[1].names) or make(*args))
    for i in range(1, 50):
        lossary.huber(X, Y, delta=1.5 + i)
        lossary.sigmoid_focal(X, Y / 2, gamma=i / 50)
    assert len(planned) <= 2


def test_a_number_that_changes_elsewhere_compiles_nothing_again(library: Library) -> None:
    traced = []

    def value(x: Any, y: Any, *, xp: Any, a: Any = 1.0, b: Any = 1.0) -> Any:
        traced.append(type(x))
        return _scaled(x, y, xp=xp, a=a, b=b)

    kernel = Kernel("counted", KERNEL.signature, KERNEL.takes, value, KERNEL.grad, KERNEL.hess)
    for _ in range(2):
        _sum(kernel, library)
    before = len(traced)
    _sum(kernel, library)
    again = len(traced) - before  # 0 where the formula is compiled
    for i in range(2100):
        lossary.huber(X, Y, delta=1.0 + i)
    before = len(traced)
    _sum(kernel, library)
    assert len(traced) - before == again == (0 if library.name == "jax" else 1)
