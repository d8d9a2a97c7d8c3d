"""CTC against the sum over all alignments, written out, and over thousands of frames."""

from functools import cache
from itertools import groupby, product
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import lossary
from tests.libraries import Library

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(4, 5, 3)).astype("float32") * 2
LOGITS[3, 1, 2] = -np.inf
LABELS = np.asarray([[1, 2], [1, 1], [2, 1], [2, 2]])
LENGTHS = np.asarray([5, 4, 5, 3]), np.asarray([2, 2, 1, 2])
FULL = np.asarray([5] * 4), np.asarray([2] * 4)


def softmax(row: Any) -> list[Any]:
    e = [mp.exp(v) for v in row]
    return [v / mp.fsum(e) for v in e]


def loss(z: list[list[Any]], labels: list[int], blank: int) -> Any:
    """-log of the sum over all sequences of classes that come down to these labels."""
    p = [softmax(row) for row in z]
    found = [
        mp.fprod(p[t][k] for t, k in enumerate(path))
        for path in product(range(len(z[0])), repeat=len(z))
        if [k for k, _ in groupby(path) if k != blank] == labels
    ]
    return -mp.log(mp.fsum(found)) if found else mp.inf


@cache
def exact(full: bool, blank: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values; and by differences the gradient and second derivative of each in each logit."""
    frames, counts = FULL if full else LENGTHS
    labels = with_blank(blank)
    values, grad, hess = np.zeros(len(LOGITS)), np.zeros(LOGITS.shape), np.zeros(LOGITS.shape)
    for i, (rows, ids) in enumerate(zip(LOGITS, labels, strict=True)):
        z = [[mp.mpf(float(v)) for v in row] for row in rows[: frames[i]]]
        wanted = ids[: counts[i]].tolist()
        values[i] = float(loss(z, wanted, blank))
        if not np.isfinite(values[i]):
            continue
        for t, k in np.ndindex(frames[i], LOGITS.shape[2]):
            if z[t][k] == mp.ninf:
                continue
            h, sides = mp.mpf(10) ** -10, []
            for step in (-h, 0, h):
                moved = [list(row) for row in z]
                moved[t][k] += step
                sides.append(loss(moved, wanted, blank))
            grad[i, t, k] = float((sides[2] - sides[0]) / (2 * h))
            hess[i, t, k] = float((sides[2] - 2 * sides[1] + sides[0]) / h**2)
    return values, grad, hess


def with_blank(blank: int) -> np.ndarray:
    """The labels with 0 in the place of what is the blank."""
    return np.where(blank == LABELS, 0, LABELS) if blank else LABELS


def arrays(library: Library) -> list[Any]:
    return [library.array(LOGITS), library.array(LABELS)]


def lengths(library: Library, full: bool) -> dict[str, Any]:
    return (
        {}
        if full
        else dict(zip(("logit_lengths", "label_lengths"), map(library.array, LENGTHS), strict=True))
    )


@pytest.mark.parametrize("full", [True, False], ids=["full", "lengths"])
def test_value_gradient_and_curvature(full: bool, library: Library) -> None:
    derive = lossary.value_grad_hess(lossary.ctc)
    got = library.call(derive, *arrays(library), **lengths(library, full), reduction="none")
    for result, want in zip(got, exact(full), strict=True):
        np.testing.assert_allclose(library.to_numpy(result), want, rtol=2e-5, atol=2e-6)


def test_any_blank(library: Library) -> None:
    z, labels = library.array(LOGITS), library.array(with_blank(2))
    got = library.call(lossary.ctc, z, labels, blank=2, reduction="none")
    np.testing.assert_allclose(library.to_numpy(got), exact(True, 2)[0], rtol=2e-5)


def test_automatic_differentiation(autodiff: Library) -> None:
    z, labels = arrays(autodiff)
    _, want, _ = exact(False)
    options = lengths(autodiff, False)
    (grad,) = autodiff.gradients(
        lambda z, y: lossary.ctc(z, y, **options, reduction="sum", infeasible="zero"), (z, labels)
    )
    if autodiff.needs == "jax":
        import jax

        one = jax.vmap(jax.grad(lossary.ctc))(z, labels)
        np.testing.assert_allclose(one, exact(True)[1], rtol=2e-5, atol=2e-6)
    np.testing.assert_allclose(autodiff.to_numpy(grad), want, rtol=2e-5, atol=2e-6)


def test_too_few_frames(library: Library) -> None:
    """Two labels alike need a blank between: three frames."""
    z = library.array(LOGITS[:1, :2])
    labels = library.array(np.asarray([[1, 1]]))
    derive = lossary.value_and_grad(lossary.ctc)
    for infeasible, want in (("inf", np.inf), ("zero", 0.0)):
        value, grad = library.call(derive, z, labels, infeasible=infeasible)
        assert float(library.to_numpy(value)) == want
        assert not library.to_numpy(grad).any()


def test_sequences_that_do_not_count(library: Library) -> None:
    z, labels = LOGITS.copy(), LABELS.copy()
    mask = np.asarray([True, False, True, True])
    z[1], labels[1] = np.nan, -100
    given = [library.array(z), library.array(labels)]
    value, grad = library.call(lossary.value_and_grad(lossary.ctc), *given, where=library.array(mask))
    values, slope, _ = exact(True)
    assert float(library.to_numpy(value)) == pytest.approx(values[mask].mean(), rel=1e-5)
    np.testing.assert_allclose(library.to_numpy(grad), slope * mask[:, None, None] / 3, rtol=2e-5, atol=2e-6)


def test_a_thousand_frames() -> None:
    """float32, against the recursion over probabilities in 60 digits."""
    rng = np.random.default_rng(1)
    z = rng.normal(size=(1000, 6)).astype("float32") * 3
    labels = rng.integers(1, 6, 100)
    states = [0, *(s for k in labels.tolist() for s in (k, 0))]
    a = [mp.mpf(1)] + [mp.mpf(0)] * (len(states) - 1)
    skips = [s > 1 and s % 2 == 1 and states[s] != states[s - 2] for s in range(len(states))]
    for row in z:
        p = softmax([mp.mpf(float(v)) for v in row])
        a = [
            (a[s] + (a[s - 1] if s else 0) + (a[s - 2] if skips[s] else 0)) * p[states[s]]
            for s in range(len(states))
        ]
    want = float(-mp.log(a[-1] + a[-2]))
    value, grad = lossary.value_and_grad(lossary.ctc)(z, labels)
    assert float(value) == pytest.approx(want, rel=16 * 2.0**-23)
    np.testing.assert_allclose(grad.sum(axis=1), 0, atol=1e-5)


def test_bad_input() -> None:
    with pytest.raises(lossary.LossInputError, match="class ids from 0 to 2"):
        lossary.ctc(LOGITS, np.full((4, 2), 3))
    with pytest.raises(lossary.LossInputError, match="do not fit"):
        lossary.ctc(LOGITS, LABELS[:3])
    with pytest.raises(lossary.LossInputError, match="must be passed together"):
        lossary.ctc(LOGITS, LABELS, label_lengths=LENGTHS[1])
    with pytest.raises(lossary.LossInputError, match="`infeasible` must be one of"):
        lossary.ctc(LOGITS, LABELS, infeasible="nan")  # type: ignore[arg-type]
    with pytest.raises(lossary.LossInputError, match="`blank` is 3, but there are 3 classes"):
        lossary.ctc(LOGITS, LABELS, blank=3)


@pytest.mark.parametrize(
    ("name", "wrong"), [("logit_lengths", 9), ("label_lengths", 9), ("label_lengths", -1)]
)
@pytest.mark.parametrize("loss", [lossary.ctc, lossary.rnnt], ids=["ctc", "rnnt"])
def test_lengths_that_cannot_be_read(loss: Any, name: str, wrong: int, xp: Library) -> None:
    """An error where values are read, NaN for that sequence elsewhere."""
    z = xp.array(np.stack([LOGITS] * 3, axis=-2) if loss is lossary.rnnt else LOGITS)
    counts = {"logit_lengths": LENGTHS[0].copy(), "label_lengths": LENGTHS[1].copy()}
    counts[name][2] = wrong
    derive = lossary.value_and_grad(loss)
    try:
        value, grad = xp.call(
            derive, z, xp.array(LABELS), **{k: xp.array(v) for k, v in counts.items()}, reduction="none"
        )
    except lossary.LossInputError as error:
        if error.code != "L120":
            raise
        return
    for found in (value, grad):
        bad = np.isnan(xp.to_numpy(found)).reshape(len(LOGITS), -1)
        assert bad.any(axis=1).tolist() == [False, False, True, False]
