"""On one CPU device, sums of a few losses run in a loop: their numbers are those of any other call."""

from typing import Any

import numpy as np
import pytest

import lossary
from tests.cases import Case, first_of_each

pytestmark = pytest.mark.of("jax")
jax = pytest.importorskip("jax")

from lossary._backend import _jax  # noqa: E402
from lossary._backend._jax_namespace import is_one_cpu  # noqa: E402

ROUNDED = 1e-6
"""Relative to the sum of the absolute losses: sums in another order."""


@pytest.fixture(autouse=True)
def _one_cpu() -> None:
    if not is_one_cpu():
        pytest.skip("a loop is for the only device, if it is a CPU")


@pytest.fixture
def loops(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What each call that may run in a loop got from it."""
    found: list[Any] = []

    def seen(*args: Any) -> Any:
        found.append(looped(*args))
        return found[-1]

    looped = _jax.looped
    monkeypatch.setattr(_jax, "looped", seen)
    return found


def _repeated(case: Case, count: int) -> list[Any]:
    arrays = [np.clip(a, -1e9, 1e9) for a in case.arrays]  # so that float32 can hold the square
    return [jax.numpy.asarray(np.resize(a, count)) if a.ndim else float(a) for a in arrays]


def _beside(count: int) -> dict[str, Any]:
    rng = np.random.default_rng(count)
    return {"weights": rng.random(count, "float32"), "where": rng.random(count) < 0.7}


ELEMENTWISE = [c for c in first_of_each() if all(np.ndim(a) < 2 for a in c.arrays) and not c.per_class]


@pytest.mark.parametrize("case", ELEMENTWISE, ids=str)
def test_every_loss_in_a_loop(case: Case) -> None:
    """A mean of full steps, and all sums of a length with a rest, with weights and a mask; each twice."""
    loss, options = case.function, case.options
    arrays = _repeated(case, 128)
    each = np.asarray(loss(*arrays, **options, reduction="none"))
    assert each.shape == (128,)
    for found in (loss(*arrays, **options), loss(*arrays, **options)):
        assert (found.shape, found.dtype) == ((), each.dtype)
        assert abs(float(found) - np.mean(each, dtype="float64")) <= ROUNDED * np.mean(np.abs(each))
    arrays, beside = _repeated(case, 33), _beside(33)
    each = np.asarray(loss(*arrays, **options, **beside, reduction="none"), "float64")
    total = lossary.total(loss)
    for found in (total(*arrays, **options, **beside), total(*arrays, **options, **beside)):
        assert abs(float(found.sum) - each.sum()) <= ROUNDED * np.abs(each).sum()
        assert found.count == beside["where"].sum()
        np.testing.assert_allclose(found.weight, beside["weights"][beside["where"]].sum(), rtol=ROUNDED)


def _bce(count: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 3, count), rng.random(count) < 0.5
    return jax.numpy.asarray(x, "float32"), jax.numpy.asarray(y, "float32")


def test_where_a_loop_is_worth_it(loops: list[Any]) -> None:
    bce = lossary.sigmoid_binary_cross_entropy
    bce(*_bce(101))
    assert loops.pop() is not None
    bce(*[a.reshape(21, 5) for a in _bce(105)], weights=np.ones((21, 5), "float32"))
    assert loops.pop() is not None
    bce(*_bce(10))
    assert loops.pop() is None  # so few operations run at once anyway
    bce(*[a.reshape(21, 5) for a in _bce(105)], over=1)
    bce(*_bce(103), reduction="none")
    bce(*_bce(1 << 15))
    jax.jit(bce)(*_bce(104))
    jax.vmap(bce)(*[a.reshape(2, 53) for a in _bce(106)])
    jax.grad(bce)(*_bce(107))
    jax.jit(lambda x: bce(x, _bce(108)[1]))(_bce(108)[0])
    with jax.disable_jit():
        bce(*_bce(109))
    assert not loops


@pytest.mark.parametrize("count", [100, 1000, 16_384])
def test_equal_losses_lose_nothing_in_a_loop(count: int) -> None:
    """Rounded sums of equal numbers are off by thirty units in the last place, or a hundred."""
    x, y = np.zeros(count, "float32"), np.full(count, 0.1, "float32")
    for loss in (lossary.sigmoid_binary_cross_entropy, lossary.half_squared_error, lossary.log_cosh):
        want = float(loss(x[:1].astype("float64"), y[:1].astype("float64")))
        found = loss(*map(jax.numpy.asarray, (x, y)), weights=np.full(count, 0.3, "float32"))
        np.testing.assert_allclose(found, want * np.float32(0.3), rtol=4 * 2.0**-23)


@pytest.mark.parametrize("place", [0, 31, 32, 98, 99])
def test_nan_in_a_loop_stays_nan(place: int) -> None:
    x, y = _bce(100)
    for loss in (lossary.sigmoid_binary_cross_entropy, lossary.huber, lossary.hinge):
        assert np.isnan(loss(x.at[place].set(np.nan), y))
        assert np.isinf(loss(x.at[place].set(np.inf), y.at[place].set(0)))
        hidden = np.arange(100) != place
        np.testing.assert_allclose(
            loss(x.at[place].set(np.nan), y, where=hidden), loss(x[hidden], y[hidden]), rtol=1e-6
        )
