"""Losses of all pairs of a batch: against the textbook formulas, by every way to differentiate."""

from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import lossary
from tests.libraries import Library

LABELS = np.asarray([0, 0, 1, 1, 0, 2, 1])
"""The sixth is alone: it has no positive."""
EMBEDDINGS = np.random.default_rng(0).normal(size=(7, 3)) * [[1], [100], [1e-3], [1], [2], [1], [5]]
Rows = list[list[Any]]


def cosines(x: Rows) -> Rows:
    lengths = [mp.sqrt(mp.fsum(v * v for v in row)) for row in x]
    return [
        [mp.fsum(a * b for a, b in zip(p, q, strict=True)) / (m * n) for q, n in zip(x, lengths, strict=True)]
        for p, m in zip(x, lengths, strict=True)
    ]


def members(labels: list[int], i: int) -> tuple[list[int], list[int]]:
    others = [j for j in range(len(labels)) if j != i]
    return [j for j in others if labels[j] == labels[i]], [j for j in others if labels[j] != labels[i]]


def nt_xent(x: Rows, labels: list[int], *, temperature: float) -> list[Any]:
    c = cosines(x)
    losses = []
    for i in range(len(x)):
        near, far = members(labels, i)
        e = [mp.exp(v / mp.mpf(temperature)) for v in c[i]]
        rest = mp.fsum(e[j] for j in far)
        terms = [-mp.log(e[j] / (e[j] + rest)) for j in near]
        losses.append(mp.fsum(terms) / max(1, len(terms)))
    return losses


def circle(x: Rows, labels: list[int], *, gamma: float, margin: float = 0.4) -> list[Any]:
    c, g, m = cosines(x), mp.mpf(gamma), mp.mpf(margin)
    losses = []
    for i in range(len(x)):
        near, far = members(labels, i)
        p = mp.fsum(mp.exp(-g * max(0, 1 + m - c[i][j]) * (c[i][j] - 1 + m)) for j in near)
        n = mp.fsum(mp.exp(g * max(0, c[i][j] + m) * (c[i][j] - m)) for j in far)
        losses.append(mp.log(1 + p * n))
    return losses


EXACT: dict[str, tuple[Callable[..., list[Any]], dict[str, float]]] = {
    "nt_xent": (nt_xent, {"temperature": 0.3}),
    "circle": (circle, {"gamma": 6.0}),
}
each_loss = pytest.mark.parametrize("name", EXACT)


def exact(name: str, x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The losses, and the gradient of their mean."""
    formula, options = EXACT[name]
    rows = [[mp.mpf(float(v)) for v in row] for row in x]
    values = formula(rows, labels.tolist(), **options)
    grad = np.zeros(x.shape)
    for i, j in np.ndindex(x.shape):
        h = mp.mpf(10) ** -15 * abs(rows[i][j])
        sides = []
        for step in (h, -h):
            moved = [list(row) for row in rows]
            moved[i][j] += step
            sides.append(mp.fsum(formula(moved, labels.tolist(), **options)))
        grad[i, j] = float((sides[0] - sides[1]) / (2 * h * len(x)))
    return np.asarray([float(v) for v in values]), grad


def close(got: Any, want: np.ndarray) -> None:
    """To float32's precision, of the largest in each row."""
    scale = np.abs(want).max(axis=-1, keepdims=True)
    errors = np.abs(np.asarray(got, "float64") - want)
    assert (errors <= 2e-5 * scale).all(), errors


@each_loss
def test_values_and_gradients(name: str, library: Library) -> None:
    x = library.array(EMBEDDINGS, "float32")
    labels = library.array(LABELS)
    values, grad = exact(name, EMBEDDINGS.astype("float32"), LABELS)
    loss, options = getattr(lossary, name), EXACT[name][1]
    close(library.to_numpy(library.call(loss, x, labels, reduction="none", **options)), values)
    mean, slope = library.call(lossary.value_and_grad(loss), x, labels, **options)
    assert library.dtype_of(slope) == "float32"
    assert float(library.to_numpy(mean)) == pytest.approx(values.mean(), rel=1e-5)
    close(library.to_numpy(slope), grad)


@each_loss
def test_automatic_differentiation(name: str, autodiff: Library) -> None:
    loss, options = getattr(lossary, name), EXACT[name][1]
    x, labels = autodiff.array(EMBEDDINGS, "float32"), autodiff.array(LABELS)
    if not autodiff.knows_sizes:
        with pytest.raises(lossary.LossInputError, match="of known size"):
            autodiff.gradients(lambda x, y: loss(x, y, **options), (x, labels))
        return
    (got,) = autodiff.gradients(lambda x, y: loss(x, y, **options), (x, labels))
    close(autodiff.to_numpy(got), exact(name, EMBEDDINGS.astype("float32"), LABELS)[1])


@each_loss
def test_masked_embeddings_are_in_no_pair(name: str, library: Library) -> None:
    loss, options = lossary.value_and_grad(getattr(lossary, name)), EXACT[name][1]
    mask = np.asarray([True, True, False, True, True, True, True])
    hidden = np.where(mask[:, None], EMBEDDINGS, np.nan)
    value, grad = library.call(
        loss,
        library.array(hidden, "float32"),
        library.array(LABELS),
        where=library.array(mask),
        **options,
    )
    kept, kept_grad = library.call(
        loss, library.array(EMBEDDINGS[mask], "float32"), library.array(LABELS[mask]), **options
    )
    assert float(library.to_numpy(value)) == pytest.approx(float(library.to_numpy(kept)), rel=1e-5)
    close(library.to_numpy(grad)[mask], library.to_numpy(kept_grad))
    assert not library.to_numpy(grad)[~mask].any()


@each_loss
def test_vectors_of_zeros_and_anchors_without_pairs(name: str, library: Library) -> None:
    loss = lossary.value_and_grad(getattr(lossary, name))
    x, labels = np.asarray([[0.0, 0.0], [1.0, 0.0], [0.6, 0.8]]), np.asarray([0, 0, 1])
    value, grad = library.call(loss, library.array(x, "float32"), library.array(labels))
    assert np.isfinite(library.to_numpy(value))
    assert np.isfinite(library.to_numpy(grad)).all()
    assert not library.to_numpy(grad)[0].any()
    for alone in (np.arange(3), np.zeros(3, int)):
        value, grad = library.call(loss, library.array(x, "float32"), library.array(alone))
        assert float(library.to_numpy(value)) == 0
        assert not library.to_numpy(grad).any()


@each_loss
def test_batches_in_front(name: str, library: Library) -> None:
    loss, options = getattr(lossary, name), {**EXACT[name][1], "reduction": "none"}
    x, labels = np.stack([EMBEDDINGS, EMBEDDINGS[::-1]]), np.stack([LABELS, LABELS[::-1]])
    both = library.call(loss, library.array(x, "float32"), library.array(labels), **options)
    one = library.call(loss, library.array(EMBEDDINGS, "float32"), library.array(LABELS), **options)
    one = library.to_numpy(one)
    np.testing.assert_allclose(library.to_numpy(both), np.stack([one, one[::-1]]), rtol=1e-5, atol=1e-7)


@each_loss
def test_bad_input(name: str) -> None:
    loss = getattr(lossary, name)
    with pytest.raises(lossary.LossInputError, match=r"\(7, 3\) and `labels` \(6,\) do not fit"):
        loss(EMBEDDINGS, LABELS[:6])
    with pytest.raises(lossary.LossTypeError, match="must be integers"):
        loss(EMBEDDINGS, LABELS * 1.0)
    with pytest.raises(lossary.LossTypeError, match="`where` must be boolean"):
        loss(EMBEDDINGS, LABELS, where=LABELS)
    with pytest.raises(lossary.LossInputError, match="no diagonal Hessian"):
        lossary.value_grad_hess(loss)(EMBEDDINGS, LABELS)
