"""Losses on the features of a batch in two views: against the textbook formulas, by every way to
differentiate.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import lossary
from tests.libraries import Library

_RNG = np.random.default_rng(0)
_SIZES = [1, 30, 1e-3, 1]
ONE = (_RNG.normal(size=(6, 4)) * _SIZES + [0, 100, 0, 3]).astype("float32")
OTHER = (ONE + _RNG.normal(size=(6, 4)) * _SIZES).astype("float32")
PAPER_ONE = np.asarray([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]])
PAPER_OTHER = np.asarray([[1.0, 1.0], [0.0, 1.0], [2.0, 0.0]])
Rows = list[list[Any]]


def columns(x: Rows) -> Rows:
    """Each feature minus its mean."""
    found = [list(column) for column in zip(*x, strict=True)]
    return [[v - mp.fsum(column) / len(column) for v in column] for column in found]


def dot(a: list[Any], b: list[Any]) -> Any:
    return mp.fsum(p * q for p, q in zip(a, b, strict=True))


def barlow_twins(one: Rows, other: Rows, *, redundancy_weight: Any = 0.005) -> Any:
    z, y = columns(one), columns(other)

    def correlation(a: list[Any], b: list[Any]) -> Any:
        size = mp.sqrt(dot(a, a) * dot(b, b))
        return dot(a, b) / size if size else mp.mpf(0)

    c = [[correlation(a, b) for b in y] for a in z]
    d = range(len(c))
    off = mp.fsum(c[i][j] ** 2 for i in d for j in d if i != j)
    return mp.fsum((1 - c[i][i]) ** 2 for i in d) + redundancy_weight * off


def vicreg(one: Rows, other: Rows, **options: Any) -> Any:
    of = {name: mp.mpf(25) for name in ("invariance_weight", "variance_weight")}
    of |= {
        "covariance_weight": mp.mpf(1),
        "target_std": mp.mpf(1),
        "variance_epsilon": mp.mpf(1e-4),
    } | options
    n, d = len(one), len(one[0])
    error = mp.fsum((a - b) ** 2 for p, q in zip(one, other, strict=True) for a, b in zip(p, q, strict=True))
    loss = of["invariance_weight"] * error / (n * d)
    for x in (columns(one), columns(other)):
        c = [[dot(a, b) / (n - 1) for b in x] for a in x]
        lacks = [
            max(mp.mpf(0), of["target_std"] - mp.sqrt(c[i][i] + of["variance_epsilon"])) for i in range(d)
        ]
        off = mp.fsum(c[i][j] ** 2 for i in range(d) for j in range(d) if i != j)
        loss += (of["variance_weight"] * mp.fsum(lacks) + of["covariance_weight"] * off) / d
    return loss


CASES: dict[str, tuple[Callable[..., Any], dict[str, float]]] = {
    "barlow_twins": (barlow_twins, {}),
    "barlow_twins-redundant": (barlow_twins, {"redundancy_weight": 0.5}),
    "vicreg": (vicreg, {}),
    "vicreg-variance": (
        vicreg,
        {"invariance_weight": 0.0, "covariance_weight": 0.0, "target_std": 3.0, "variance_epsilon": 0.5},
    ),
}
VIEWS = ("embeddings", "other_embeddings")
each_loss = pytest.mark.parametrize("name", CASES)


def loss_of(name: str) -> tuple[Any, dict[str, float]]:
    formula, options = CASES[name]
    return getattr(lossary, formula.__name__), options


def _exact(x: np.ndarray) -> Rows:
    return [[mp.mpf(float(v)) for v in row] for row in x]


@lru_cache
def exact(name: str) -> tuple[float, list[np.ndarray]]:
    """The loss, and its gradients in both views, at 50 digits."""
    formula, options = CASES[name]
    numbers = {k: mp.mpf(float(np.float32(v))) for k, v in options.items()}
    with mp.workdps(50):
        given = [_exact(ONE), _exact(OTHER)]
        grads = []
        for view in (0, 1):
            grad = np.zeros(ONE.shape)
            for i, j in np.ndindex(grad.shape):
                sides, at = [], given[view][i][j]
                h = mp.mpf(10) ** -20 * _SIZES[j]
                for step in (h, -h):
                    given[view][i][j] = at + step
                    sides.append(formula(*given, **numbers))
                given[view][i][j] = at
                grad[i, j] = float((sides[0] - sides[1]) / (2 * h))
            grads.append(grad)
        return float(formula(*given, **numbers)), grads


def close(got: Any, want: np.ndarray) -> None:
    """To float32's precision, of the largest in each column, whose units differ."""
    errors = np.abs(np.asarray(got, "float64") - want)
    assert (errors <= 5e-5 * np.abs(want).max(axis=0)).all(), errors / np.abs(want).max(axis=0)


@each_loss
def test_values_and_gradients(name: str, library: Library) -> None:
    loss, options = loss_of(name)
    want, grads = exact(name)
    arrays = library.array(ONE, "float32"), library.array(OTHER, "float32")
    assert float(library.to_numpy(library.call(loss, *arrays, **options))) == pytest.approx(want, rel=1e-5)
    value, found = library.call(lossary.value_and_grad(loss, wrt=VIEWS), *arrays, **options)
    assert float(library.to_numpy(value)) == pytest.approx(want, rel=1e-5)
    for got, grad in zip(found, grads, strict=True):
        assert library.dtype_of(got) == "float32"
        close(library.to_numpy(got), grad)


@each_loss
def test_float64_has_its_digits(name: str) -> None:
    loss, options = loss_of(name)
    want, grads = exact(name)
    options = {k: float(np.float32(v)) for k, v in options.items()}
    arrays = ONE.astype("float64"), OTHER.astype("float64")
    value, found = lossary.value_and_grad(loss, wrt=VIEWS)(*arrays, **options)
    assert value == pytest.approx(want, rel=1e-14)
    for got, grad in zip(found, grads, strict=True):
        assert (np.abs(got - grad) <= 1e-13 * np.abs(grad).max(axis=0)).all()


@each_loss
def test_automatic_differentiation(name: str, autodiff: Library) -> None:
    loss, options = loss_of(name)
    arrays = autodiff.array(ONE), autodiff.array(OTHER)
    found = autodiff.gradients(lambda x, y: loss(x, y, **options), arrays, [0, 1])
    for got, grad in zip(found, exact(name)[1], strict=True):
        close(autodiff.to_numpy(got), grad)


@each_loss
def test_masked_examples_are_in_no_batch(name: str, library: Library) -> None:
    loss, options = loss_of(name)
    derived = lossary.value_and_grad(loss, wrt=VIEWS)
    mask = np.asarray([True, False, True, True, True, True])
    hidden = np.where(mask[:, None], ONE, np.nan), np.where(mask[:, None], OTHER, -np.inf)
    where = library.array(mask)
    value, grads = library.call(
        derived, *[library.array(x, "float32") for x in hidden], where=where, **options
    )
    kept, kept_grads = library.call(
        derived, *[library.array(x[mask], "float32") for x in (ONE, OTHER)], **options
    )
    assert float(library.to_numpy(value)) == pytest.approx(float(library.to_numpy(kept)), rel=1e-5)
    for grad, kept_grad in zip(grads, kept_grads, strict=True):
        grad = library.to_numpy(grad)
        close(grad[mask], library.to_numpy(kept_grad))
        assert not grad[~mask].any()
    nothing = library.array(np.zeros(6, bool))
    value, grads = library.call(
        derived, *[library.array(x, "float32") for x in hidden], where=nothing, **options
    )
    assert float(library.to_numpy(value)) == 0
    assert not any(library.to_numpy(grad).any() for grad in grads)


@each_loss
def test_batches_in_front(name: str, library: Library) -> None:
    """Each by itself; masks of examples, and of whole batches, which then do not count."""
    loss, options = loss_of(name)
    x, y = np.stack([ONE, ONE[::-1], OTHER]), np.stack([OTHER, ONE, ONE])
    where = np.ones((3, 6), bool)
    where[0, 2] = False
    arrays = library.array(x), library.array(y)
    each = library.to_numpy(
        library.call(loss, *arrays, where=library.array(where), reduction="none", **options)
    )
    alone = [
        library.to_numpy(library.call(loss, *[library.array(a[i][where[i]]) for a in (x, y)], **options))
        for i in range(3)
    ]
    np.testing.assert_allclose(each, alone, rtol=2e-5)
    weights = np.asarray([2.0, 1.0, 0.5], "float32")
    some = np.asarray([True, False, True])
    mean = library.call(loss, *arrays, weights=library.array(weights), where=library.array(some), **options)
    all_of_each = library.to_numpy(library.call(loss, *arrays, reduction="none", **options))
    want = (weights * all_of_each)[some].sum() / 2
    np.testing.assert_allclose(library.to_numpy(mean), want, rtol=2e-5)


def test_published_numbers() -> None:
    arrays = PAPER_ONE, PAPER_OTHER
    assert lossary.barlow_twins(*arrays) == pytest.approx(1.0060389878760687, rel=1e-15)
    weights = ("invariance_weight", "variance_weight", "covariance_weight")
    for weight, want in zip(weights, (2 / 3, 0.21128156738210613, 0.5), strict=True):
        alone = {**dict.fromkeys(weights, 0.0), weight: 1.0}
        assert lossary.vicreg(*arrays, **alone) == pytest.approx(want, rel=1e-15)


def test_equal_views_of_uncorrelated_features_cost_nothing(library: Library) -> None:
    """The unbiased deviation of others leaves (1/n)² for each feature."""
    one = library.array([[0.0], [2.0], [1.0]], "float32")
    value, grad = library.call(lossary.value_and_grad(lossary.barlow_twins), one, one)
    assert float(library.to_numpy(value)) == 0.0
    assert not library.to_numpy(grad).any()


def test_features_without_variance_correlate_with_nothing(library: Library) -> None:
    """Also where their mean is rounded: a third of three times 1.1e8 is not 1.1e8 in float32."""
    one = np.full((7, 2), 1.1e8, "float32")
    one[:, 1] = ONE[:, 0].mean() + np.arange(7)
    arrays = library.array(one), library.array(one)
    value, grads = library.call(lossary.value_and_grad(lossary.barlow_twins, wrt=VIEWS), *arrays)
    assert float(library.to_numpy(value)) == pytest.approx(1.0, abs=1e-6)
    for grad in grads:
        assert not library.to_numpy(grad)[:, 0].any()
    alone = [library.array(x[:1]) for x in (ONE, OTHER)]
    value, grad = library.call(lossary.value_and_grad(lossary.barlow_twins), *alone)
    assert float(library.to_numpy(value)) == 4.0
    assert not library.to_numpy(grad).any()


def test_vicreg_of_features_without_variance(library: Library) -> None:
    """They lack all but √ε of their deviation, with no slope, also at ε = 0."""
    x = np.full((5, 2), 1.1e8, "float32")
    for epsilon, lack in ((1e-4, 0.99), (0.0, 1.0)):
        loss = lossary.value_and_grad(lossary.vicreg, wrt=VIEWS)
        value, grads = library.call(loss, library.array(x), library.array(x), variance_epsilon=epsilon)
        assert float(library.to_numpy(value)) == pytest.approx(2 * 25 * lack, rel=1e-6)
        assert not any(library.to_numpy(grad).any() for grad in grads)


def test_one_example_has_no_variance(library: Library) -> None:
    """An error if that is known, and NaN if not; the gradient is NaN, too."""
    one, other = library.array(ONE), library.array(OTHER)
    loss = lossary.value_and_grad(lossary.vicreg, wrt=VIEWS)
    value, grads = library.call(loss, one, other, where=library.array(np.arange(6) == 2))
    assert np.isnan(library.to_numpy(value))
    assert all(np.isnan(library.to_numpy(grad)[2]).all() for grad in grads)
    with pytest.raises(lossary.LossInputError, match=r"\(1, 4\) must have at least 2 examples"):
        lossary.vicreg(library.array(ONE[:1]), library.array(OTHER[:1]))


def test_squares_that_overflow_are_infinite(library: Library) -> None:
    big = library.array(ONE * np.float32(1e25))
    assert library.to_numpy(library.call(lossary.vicreg, big, library.array(OTHER))) == np.inf
    only = {"invariance_weight": 0.0, "covariance_weight": 0.0}
    assert library.to_numpy(library.call(lossary.vicreg, big, big, **only)) == 0.0


@pytest.mark.parametrize("scale", [1e-30, 1e-12, 1e12, 1e30])
def test_barlow_twins_knows_no_units(scale: float, library: Library) -> None:
    arrays = library.array(ONE * np.float32(scale)), library.array(OTHER)
    value, grad = library.call(lossary.value_and_grad(lossary.barlow_twins), *arrays)
    want, grads = exact("barlow_twins")
    assert float(library.to_numpy(value)) == pytest.approx(want, rel=1e-5)
    close(library.to_numpy(grad).astype("float64") * scale, grads[0])


@each_loss
def test_a_nan_is_not_lost(name: str, library: Library) -> None:
    loss, options = loss_of(name)
    for bad in (np.nan, np.inf):
        x = ONE.copy()
        x[2, 1] = bad
        for arrays in ((x, OTHER), (OTHER, x)):
            assert np.isnan(library.to_numpy(library.call(loss, *map(library.array, arrays), **options)))


@each_loss
def test_bad_input(name: str) -> None:
    loss, options = loss_of(name)
    with pytest.raises(lossary.LossInputError, match=r"\(6, 4\) and `other_embeddings` \(5, 4\) do not fit"):
        loss(ONE, OTHER[:5])
    with pytest.raises(lossary.LossInputError, match="do not fit"):
        loss(ONE[0], OTHER[0])
    with pytest.raises(lossary.LossInputError, match=r"`where` must have shape \(6,\)"):
        loss(ONE, OTHER, where=np.ones(4, bool))
    with pytest.raises(lossary.LossTypeError, match="`where` must be boolean"):
        loss(ONE, OTHER, where=np.ones(6))
    with pytest.raises(lossary.LossInputError, match="`weights` of shape"):
        loss(ONE, OTHER, weights=np.ones(6))
    with pytest.raises(lossary.LossInputError, match="no diagonal Hessian"):
        lossary.value_grad_hess(loss)(ONE, OTHER)
    for option in options:
        with pytest.raises(lossary.LossInputError, match=f"`{option}` must be >= 0"):
            loss(ONE, OTHER, **{option: -1.0})
        with pytest.raises(lossary.LossInputError, match="must be one number"):
            loss(ONE, OTHER, **{option: np.ones(4)})
