"""A loss made outside of the library: that of the guide, as it is printed there."""

import re
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import lossary
from lossary.kernel import Argument, Call, Domain, Kernel, loss
from tests.libraries import Library

PAGE = Path("docs/guides/writing-a-loss.md").read_text(encoding="utf-8")
PUBLISHED: dict[str, Any] = {}
exec(re.search(r"```python\n(import lossary\n.*?)```", PAGE, re.DOTALL)[1], PUBLISHED)
cauchy = PUBLISHED["cauchy"]

X = np.asarray([0.0, 1e-6, 0.25, -0.5, 0.75, 3.0, -40.0, 1e6, 1e18, -1e25], dtype="float32")
Y = np.zeros_like(X)
DELTA = 0.5


def exact(order: int) -> list[float]:
    """The textbook formula and its derivatives at 60 digits."""

    def formula(e: Any) -> Any:
        return DELTA**2 / 2 * mp.log(1 + (e / DELTA) ** 2)

    def slope(e: Any) -> Any:
        return e / (1 + (e / DELTA) ** 2)

    def curvature(e: Any) -> Any:
        return (1 - (e / DELTA) ** 2) / (1 + (e / DELTA) ** 2) ** 2

    return [float((formula, slope, curvature)[order](mp.mpf(float(e)))) for e in X]


def test_value_gradient_and_curvature(xp: Library) -> None:
    derive = lossary.value_grad_hess(cauchy)
    for order, got in enumerate(xp.call(derive, xp.array(X), xp.array(Y), delta=DELTA, reduction="none")):
        got, want = xp.to_numpy(got), np.asarray(exact(order))
        fits = (np.abs(X) < 1e18) | (order > 0)  # beyond, the square is infinite in float32
        np.testing.assert_allclose(got[fits], want[fits], rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("delta", [0.3, DELTA, 7.0])
def test_the_formulas_are_exact_to_four_units(delta: float) -> None:
    """And derivatives of each other: mpmath differentiates the first."""
    errors = np.asarray([0.0, 0.25, 0.3, -0.5, 0.999 * delta, -1.001 * delta, 4.0, 1e6])
    found = lossary.value_grad_hess(cauchy)(errors, np.zeros(8), delta=delta, reduction="none")
    with mp.workdps(60):
        d = mp.mpf(delta)

        def f(e: Any) -> Any:
            return d**2 / 2 * mp.log1p((e / d) ** 2)

        for order, got in enumerate(found):
            want = np.asarray([float(mp.diff(f, mp.mpf(float(e)), order)) for e in errors])
            want[np.abs(want) < 1e-30] = 0.0  # what differences leave of nothing
            assert np.all(np.abs(got - want) <= 4.0 * np.spacing(np.abs(want))), (order, got, want)


def test_masks_weights_and_totals(xp: Library) -> None:
    mask, weights = X != 0.75, np.linspace(1, 2, len(X), dtype="float32")
    dirty = np.where(mask, np.clip(X, -100, 100), np.nan).astype("float32")
    total = xp.call(
        lossary.total(cauchy),
        *(xp.array(dirty), xp.array(Y)),
        weights=xp.array(weights),
        where=xp.array(mask),
    )
    want = np.sum(weights[mask] * cauchy(np.clip(X, -100, 100)[mask], Y[mask], reduction="none"))
    assert float(xp.to_numpy(total.sum)) == pytest.approx(float(want), rel=1e-6)
    assert float(xp.to_numpy(total.count)) == mask.sum()


def test_automatic_differentiation(autodiff: Library) -> None:
    x = np.clip(X, -1e6, 1e6)

    def of_gradient(x: Any, y: Any) -> Any:
        return lossary.value_and_grad(cauchy)(x, y, reduction="sum")[1].sum()

    arrays = autodiff.array(x), autodiff.array(Y)
    _, grad, hess = lossary.value_grad_hess(cauchy)(x, Y, reduction="sum")
    (first,) = autodiff.gradients(lambda x, y: cauchy(x, y, reduction="sum"), arrays)
    np.testing.assert_allclose(autodiff.to_numpy(first), grad, rtol=1e-6)
    if autodiff.needs == "jax":
        (second,) = autodiff.gradients(of_gradient, arrays)
        np.testing.assert_allclose(autodiff.to_numpy(second), hess, rtol=1e-6)


def test_an_array_as_a_parameter_of_any_name(xp: Library) -> None:
    def value(x: Any, y: Any, *, xp: Any, steepness: Any = 1.0) -> Any:
        return steepness * (x - y) * (x - y)

    kernel = Kernel(
        *("steep", "(),()->()", (Argument("predictions"), Argument("targets")), value),
        lambda x, y, *, xp, steepness=1.0: 2.0 * steepness * (x - y),
        lambda x, y, *, xp, steepness=1.0: 2.0 * steepness * xp.ones_like(x),
    )

    @loss
    def steep(predictions: Any, targets: Any, *, steepness: Any = 1.0) -> Any:
        return Call(kernel, predictions, targets, params={"steepness": steepness}, reduction="sum")

    x, y = np.asarray([1.0, 3.0], "float32"), np.zeros(2, "float32")
    got = xp.call(steep, xp.array(x), xp.array(y), steepness=xp.array(np.float32(-2.0)))
    assert float(xp.to_numpy(got)) == -20.0
    assert steep(x, y, steepness=-2.0) == -20.0
    with pytest.raises(lossary.LossInputError, match="`steepness` must be a number, got nan"):
        steep(x, y, steepness=float("nan"))


def test_a_domain_of_its_own() -> None:
    kernel = Kernel(
        *("angle", "(),()->()", (Argument("angles", Domain(-90, 90)), Argument("targets"))),
        lambda x, y, *, xp: (x - y) * (x - y),
        lambda x, y, *, xp: 2.0 * (x - y),
        lambda x, y, *, xp: 2.0 * xp.ones_like(x),
    )
    angle = loss(lambda angles, targets, *, where=None: Call(kernel, angles, targets, where=where))
    angles = np.asarray([10.0, 100.0])
    with pytest.raises(lossary.LossInputError, match=r"^\[L120\] angle: `angles` must lie in \[-90, 90\]\n"):
        angle(angles, 0.0)
    assert angle(angles, 0.0, where=angles <= 90) == 100.0


def test_rows_on_any_axis(xp: Library) -> None:
    """Brier's score of several classes: the sum of squares, whose Hessian is twice the identity."""
    probs, labels = (Argument(name, Domain(0, 1, sums_to_one=True)) for name in ("probs", "labels"))
    kernel = Kernel(
        *("brier", "(c),(c)->()", (probs, labels)),
        lambda p, y, *, xp: xp.sum((p - y) * (p - y), axis=-1),
        lambda p, y, *, xp: 2.0 * (p - y),
        lambda p, y, *, xp: 2.0 * xp.ones_like(p),
    )

    @loss
    def brier(probs: Any, labels: Any, **how: Any) -> Any:
        return Call(kernel, probs, labels, **how)

    p = np.asarray([[[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]]], "float32")
    y = np.asarray([[[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]], "float32")
    for axis in (-1, 1):
        turned = [np.ascontiguousarray(np.moveaxis(a, -1, axis)) for a in (p, y)]
        arrays = map(xp.array, turned)
        value, grad = xp.call(lossary.value_and_grad(brier), *arrays, axis=axis, reduction="none")
        np.testing.assert_array_equal(xp.to_numpy(value), [[0.375, 2.0]])
        np.testing.assert_array_equal(xp.to_numpy(grad), 2 * (turned[0] - turned[1]))
    with pytest.raises(lossary.LossInputError, match="each row of `labels` must sum to 1"):
        brier(p, y / 2)
