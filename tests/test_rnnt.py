"""RNN transducers against the sum over all paths, written out; numbers of others; and long lattices."""

import tracemalloc
from functools import cache
from itertools import combinations
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import lossary
from tests.libraries import Library

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(4, 3, 3, 3)).astype("float32") * 2
LOGITS[3, 1, 0, 2] = -np.inf
LABELS = np.asarray([[1, 2], [1, 1], [2, 1], [2, 2]])
LENGTHS = np.asarray([3, 2, 3, 1]), np.asarray([2, 2, 0, 1])
FULL = np.asarray([3] * 4), np.asarray([2] * 4)


def log_softmax(row: Any) -> list[Any]:
    total = mp.log(mp.fsum(mp.exp(v) for v in row))
    return [v - total for v in row]


def loss(z: Any, labels: list[int], blank: int) -> Any:
    """-log of the sum over the orders in which the labels and all blanks but the last may come."""
    log_p = [[log_softmax(row) for row in states] for states in z]
    count, found = len(z) + len(labels) - 1, []
    for places in combinations(range(count), len(labels)):
        t = u = 0
        steps = []
        for i in range(count):
            steps.append(log_p[t][u][labels[u] if i in places else blank])
            t, u = (t, u + 1) if i in places else (t + 1, u)
        found.append(mp.exp(mp.fsum([*steps, log_p[t][u][blank]])))
    return -mp.log(mp.fsum(found)) if any(found) else mp.inf


@cache
def exact(full: bool, blank: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values; and by differences the gradient and second derivative of each in each logit."""
    frames, counts = FULL if full else LENGTHS
    values, grad, hess = np.zeros(len(LOGITS)), np.zeros(LOGITS.shape), np.zeros(LOGITS.shape)
    for i, ids in enumerate(with_blank(blank)):
        z = [[[mp.mpf(float(v)) for v in row] for row in states] for states in LOGITS[i, : frames[i]]]
        wanted = ids[: counts[i]].tolist()
        values[i] = float(loss(z, wanted, blank))
        for t, u, k in np.ndindex(frames[i], counts[i] + 1, LOGITS.shape[3]):
            if z[t][u][k] == mp.ninf:
                continue
            h, sides = mp.mpf(10) ** -10, []
            for step in (-h, 0, h):
                moved = [[list(row) for row in states] for states in z]
                moved[t][u][k] += step
                sides.append(loss(moved, wanted, blank))
            grad[i, t, u, k] = float((sides[2] - sides[0]) / (2 * h))
            hess[i, t, u, k] = float((sides[2] - 2 * sides[1] + sides[0]) / h**2)
    return values, grad, hess


def with_blank(blank: int) -> np.ndarray:
    """The labels with 0 in the place of what is the blank."""
    return np.where(blank == LABELS, 0, LABELS) if blank else LABELS


def arrays(library: Library) -> list[Any]:
    return [library.array(LOGITS), library.array(LABELS)]


def lengths(library: Library, full: bool) -> dict[str, Any]:
    names = ("logit_lengths", "label_lengths")
    return {} if full else dict(zip(names, map(library.array, LENGTHS), strict=True))


@pytest.mark.parametrize("full", [True, False], ids=["full", "lengths"])
def test_value_gradient_and_curvature(full: bool, library: Library) -> None:
    derive = lossary.value_grad_hess(lossary.rnnt)
    got = library.call(derive, *arrays(library), **lengths(library, full), reduction="none")
    for result, want in zip(got, exact(full), strict=True):
        np.testing.assert_allclose(library.to_numpy(result), want, rtol=4e-6, atol=1e-6)


def test_any_blank(library: Library) -> None:
    z, labels = library.array(LOGITS), library.array(with_blank(2))
    derive = lossary.value_and_grad(lossary.rnnt)
    value, grad = library.call(derive, z, labels, blank=2, reduction="none")
    np.testing.assert_allclose(library.to_numpy(value), exact(True, 2)[0], rtol=1e-6)
    np.testing.assert_allclose(library.to_numpy(grad), exact(True, 2)[1], rtol=4e-6, atol=1e-6)


def test_automatic_differentiation(autodiff: Library) -> None:
    z, labels = arrays(autodiff)
    options = lengths(autodiff, False)
    (grad,) = autodiff.gradients(lambda z, y: lossary.rnnt(z, y, **options, reduction="sum"), (z, labels))
    np.testing.assert_allclose(autodiff.to_numpy(grad), exact(False)[1], rtol=4e-6, atol=1e-6)
    if autodiff.needs == "jax":
        import jax

        one = jax.jit(jax.vmap(jax.grad(lossary.rnnt)))(z, labels)
        np.testing.assert_allclose(one, exact(True)[1], rtol=4e-6, atol=1e-6)


def test_numbers_of_others() -> None:
    """The example of warp-transducer, a cost in torchaudio's tests, and what its release 2.11.1 computes."""
    z = np.full((1, 2, 3, 5), 0.1)
    z[0, [0, 0, 1], [0, 1, 0], [1, 2, 1]] = 0.6
    z[0, [0, 0, 1, 1, 1], [2, 2, 1, 2, 2], [2, 3, 2, 0, 2]] = 0.2, 0.8, 0.2, 0.7, 0.2
    assert lossary.rnnt(z, np.asarray([[1, 2]]), blank=0) == pytest.approx(4.495666, rel=1e-6)
    assert lossary.rnnt(z, np.asarray([[1, 2]]), blank=4) == pytest.approx(5.09566688538, rel=1e-7)
    z = 3.0 * np.sin(np.arange(120.0)).reshape(2, 4, 3, 5)
    options = {"logit_lengths": np.asarray([4, 3]), "label_lengths": np.asarray([2, 1]), "reduction": "none"}
    derive = lossary.value_and_grad(lossary.rnnt)
    for blank, want, slopes in (
        (0, [15.0003023, 10.2247143], [-0.992727, 0.005001, 0.08469, 0.604502, 0.298534]),
        (4, [10.6343765, 9.5903807], [0.001686, 0.005026, 0.085113, 0.607518, -0.699343]),
    ):
        value, grad = derive(z, np.asarray([[1, 3], [3, 2]]), blank=blank, **options)
        np.testing.assert_allclose(value, want, rtol=1e-7)
        np.testing.assert_allclose(grad[1, 1, 1], slopes, atol=1e-6)


def test_no_path(library: Library) -> None:
    """Labels without frames; a label that is excluded."""
    z = np.zeros((3, 2, 2, 3), "float32")
    z[1, ..., 1] = -np.inf
    counts = {"logit_lengths": [0, 2, 0], "label_lengths": [1, 1, 0]}
    options = {name: library.array(np.asarray(n)) for name, n in counts.items()} | {"reduction": "none"}
    derive = lossary.value_and_grad(lossary.rnnt)
    given = library.array(z), library.array(np.ones((3, 1), int))
    for infeasible, want in (("inf", np.inf), ("zero", 0.0)):
        value, grad = library.call(derive, *given, infeasible=infeasible, **options)
        assert library.to_numpy(value).tolist() == [want, want, 0.0]
        assert not library.to_numpy(grad).any()


def test_what_does_not_count(library: Library) -> None:
    """A masked example, and what is beyond the lengths, may be NaN; NaN that counts is seen."""
    z, labels = LOGITS.copy(), LABELS.copy()
    mask = np.asarray([True, False, True, True])
    z[1], labels[1] = np.nan, -100
    for i, (frames, count) in enumerate(zip(*LENGTHS, strict=True)):
        z[i, frames:] = z[i, :, count + 1 :] = np.nan
    given, options = [library.array(z), library.array(labels)], lengths(library, False)
    derive = lossary.value_and_grad(lossary.rnnt)
    value, grad = library.call(derive, *given, where=library.array(mask), **options)
    values, slope, _ = exact(False)
    assert float(library.to_numpy(value)) == pytest.approx(values[mask].mean(), rel=1e-6)
    want = slope * mask[:, None, None, None] / 3
    np.testing.assert_allclose(library.to_numpy(grad), want, rtol=4e-6, atol=1e-6)
    labels[1] = 0
    options["reduction"] = "none"
    value, grad = library.call(derive, given[0], library.array(labels), **options)
    assert np.isnan(library.to_numpy(value)).tolist() == (~mask).tolist()
    assert np.isnan(library.to_numpy(grad)).any(axis=(1, 2, 3)).tolist() == (~mask).tolist()


def _with_certain_path(labels: np.ndarray) -> np.ndarray:
    z = np.zeros((200, 31, 5), "float32")
    z[..., 0] = 17.0
    for u, k in enumerate(labels):
        z[6 * u, u, :] = 0.0
        z[6 * u, u, k] = 18.0
    return z


@pytest.mark.parametrize("certain", [False, True])
def test_long_lattices(certain: bool) -> None:
    """float32, a large loss and a tiny one, against the recursion over probabilities in 60 digits."""
    rng = np.random.default_rng(1)
    labels = rng.integers(1, 5, 30)
    z = _with_certain_path(labels) if certain else rng.normal(size=(200, 31, 5)).astype("float32") * 3
    a: list[Any] = [mp.mpf(1)] + [mp.mpf(0)] * 30
    for frame in z:
        p = [[mp.exp(v) for v in log_softmax([mp.mpf(float(v)) for v in row])] for row in frame]
        for u, k in enumerate(labels.tolist()):
            a[u + 1] += a[u] * p[u][k]
        a = [x * row[0] for x, row in zip(a, p, strict=True)]
    value, grad = lossary.value_and_grad(lossary.rnnt)(z, labels)
    assert float(value) == pytest.approx(float(-mp.log(a[-1])), rel=16 * 2.0**-23)
    np.testing.assert_allclose(grad.sum(axis=-1), 0, atol=1e-6)


def test_memory() -> None:
    """The gradient and one temporary of its size; for the value only the latter."""
    z, labels = np.zeros((8, 50, 11, 100), "float32"), np.ones((8, 10), int)
    for loss, most in ((lossary.rnnt, 1.3), (lossary.value_and_grad(lossary.rnnt), 2.3)):
        loss(z, labels)
        tracemalloc.start()
        loss(z, labels)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < most * z.nbytes


@pytest.mark.of("jax")
def test_memory_on_jax() -> None:
    """Beside the gradient, nothing as large as the logits."""
    import jax

    z, labels = np.zeros((4, 30, 11, 100), "float32"), np.ones((4, 10), int)
    for derive in (jax.value_and_grad(lossary.rnnt), lossary.value_and_grad(lossary.rnnt)):
        compiled = jax.jit(derive).lower(z, labels).compile()
        assert compiled.memory_analysis().temp_size_in_bytes < 0.25 * z.nbytes


def test_bad_input() -> None:
    for wrong, match in (
        ({"labels": LABELS + 1}, "class ids from 0 to 2"),
        ({"labels": LABELS[:3]}, "do not fit"),
        ({"label_lengths": LENGTHS[1]}, "must be passed together"),
        ({"infeasible": "nan"}, "`infeasible` must be one of"),
        ({"blank": 3}, "`blank` is 3, but there are 3 classes"),
        ({"blank": -1}, "`blank` must be >= 0"),
    ):
        with pytest.raises(lossary.LossInputError, match=match):
            lossary.rnnt(**{"logits": LOGITS, "labels": LABELS, **wrong})
