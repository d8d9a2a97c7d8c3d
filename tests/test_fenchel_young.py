"""A Fenchel-Young loss made of log-sum-exp and softmax is the softmax cross-entropy."""

from typing import Any

import numpy as np
import pytest

import lossary
from tests.libraries import Library

Z = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
Y = np.eye(4, dtype="float32")[[0, 3, 1, 1, 2]]


def logsumexp(z: Any, xp: Any) -> Any:
    return xp.log(xp.sum(xp.exp(z), axis=-1))


def softmax(z: Any, xp: Any) -> Any:
    e = xp.exp(z)
    return e / xp.sum(e, axis=-1, keepdims=True)


LOSS = lossary.fenchel_young(logsumexp, softmax, name="log_sum_exp")


@pytest.mark.parametrize("reduction", ["none", "mean"])
def test_value_and_gradient(reduction: str, library: Library) -> None:
    arrays = library.array(Z), library.array(Y)
    got = library.call(lossary.value_and_grad(LOSS), *arrays, reduction=reduction)
    want = library.call(lossary.value_and_grad(lossary.softmax_cross_entropy), *arrays, reduction=reduction)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(library.to_numpy(a), library.to_numpy(b), rtol=1e-5, atol=1e-6)


def test_masks_and_axes(library: Library) -> None:
    mask = np.asarray([True, False, True, True, False])
    z = np.where(mask[:, None], Z, np.nan)
    got = library.call(LOSS, library.array(z.T), library.array(Y.T), axis=0, where=library.array(mask))
    want = lossary.softmax_cross_entropy(Z[mask], Y[mask])
    assert float(library.to_numpy(got)) == pytest.approx(float(want), rel=1e-5)


def test_automatic_differentiation(autodiff: Library) -> None:
    z, y = autodiff.array(Z), autodiff.array(Y)
    (grad,) = autodiff.gradients(LOSS, (z, y))
    want = lossary.value_and_grad(lossary.softmax_cross_entropy)(Z, Y)[1]
    np.testing.assert_allclose(autodiff.to_numpy(grad), want, rtol=1e-5, atol=1e-6)


def test_there_is_no_second_derivative() -> None:
    with pytest.raises(lossary.LossInputError, match="log_sum_exp: no second derivative"):
        lossary.value_grad_hess(LOSS)(Z, Y)
