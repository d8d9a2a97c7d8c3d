"""ArcFace of embeddings and classes: that of their cosines, and its gradient where these are no help."""

from functools import partial
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import lossary
from tests import reference
from tests.libraries import Library

LOSS = lossary.linear_arcface
RNG = np.random.default_rng(0)
X, W = RNG.normal(size=(2, 3, 4)), RNG.normal(size=(5, 4))
IDS = np.asarray([[0, 1, 2], [3, 4, 0]])
X[0, 1] = -2 * W[1] + 0.1  # beyond π - m
OF_BOTH = ("embeddings", "weight")


def cosine(a: Any, b: Any) -> Any:
    dot, aa, bb = (mp.fsum(p * q for p, q in zip(*ab, strict=True)) for ab in ((a, b), (a, a), (b, b)))
    return dot / mp.sqrt(aa * bb)


def exact(x: Any, w: Any, label: int, **options: float) -> Any:
    return mp.fsum(reference.classification.arcface([cosine(x, row) for row in w], label, **options))


def moved(x: Any, place: int, w: Any, label: int, options: dict[str, float], v: Any) -> Any:
    """With another number at one place of the embedding."""
    return exact([*x[:place], v, *x[place + 1 :]], w, label, **options)


def derive(library: Library, *arrays: np.ndarray, **options: Any) -> tuple[Any, list[np.ndarray]]:
    given = [library.array(a.astype("float32") if a.dtype.kind == "f" else a) for a in arrays]
    value, slopes = library.call(lossary.value_and_grad(LOSS, wrt=OF_BOTH), *given, **options)
    return library.to_numpy(value), [library.to_numpy(s).astype("float64") for s in slopes]


@pytest.mark.parametrize(
    "options", [{}, {"angular_margin": 1.0, "scale": 4.0}, {"angular_margin": 0.0}], ids=str
)
def test_it_is_that_of_the_cosines(options: dict[str, float], library: Library) -> None:
    value, slopes = derive(library, X, W, IDS, reduction="sum", **options)
    x, w = X.astype("float32"), W.astype("float32")
    rows, ids = [[mp.mpf(float(v)) for v in row] for row in x.reshape(-1, 4)], IDS.ravel().tolist()
    table = [[mp.mpf(float(v)) for v in row] for row in w]
    want = [exact(row, table, i, **options) for row, i in zip(rows, ids, strict=True)]
    np.testing.assert_allclose(value, float(mp.fsum(want)), rtol=1e-5)
    of_x = [
        [mp.diff(partial(moved, row, j, table, i, options), row[j]) for j in range(4)]
        for row, i in zip(rows, ids, strict=True)
    ]
    scale = np.abs(np.asarray(of_x, "float64")).max()
    np.testing.assert_allclose(slopes[0].reshape(-1, 4), np.asarray(of_x, "float64"), atol=2e-5 * scale)
    k = 1
    of_w = [
        mp.diff(
            lambda v, j=j: mp.fsum(
                exact(
                    row, [*table[:k], [*table[k][:j], v, *table[k][j + 1 :]], *table[k + 1 :]], i, **options
                )
                for row, i in zip(rows, ids, strict=True)
            ),
            table[k][j],
        )
        for j in range(4)
    ]
    np.testing.assert_allclose(slopes[1][k], np.asarray(of_w, "float64"), atol=2e-5 * scale)


@pytest.mark.parametrize("apart", [1e-3, 1e-6, 1e-12, 1e-25])
def test_nearly_parallel_the_gradient_keeps_its_digits(apart: float, library: Library) -> None:
    """There the slope in the cosine is sin m over the angle; that in the vector is not larger than 1."""
    w = np.asarray([[1.0, 0.0], [0.0, 1.0]])
    _, (of_x, of_w) = derive(library, np.asarray([[2.0, 2 * apart]]), w, np.asarray([0]), scale=1.0)
    angle = mp.mpf(float(np.float32(2 * apart))) / 2
    x = [mp.mpf(2), 2 * angle]
    rows = [[mp.mpf(v) for v in row] for row in w]
    with mp.workdps(120):
        want = [mp.diff(lambda v: exact([v, x[1]], rows, 0, scale=1), x[0], h=mp.mpf(10) ** -60),
                mp.diff(lambda v: exact([x[0], v], rows, 0, scale=1), x[1], h=mp.mpf(10) ** -60)]  # fmt: skip
    if apart > 1e-20:  # else the square of the angle is 0 in float32
        np.testing.assert_allclose(of_x[0], np.asarray(want, "float64"), rtol=1e-5, atol=1e-7)
    assert np.abs(of_x).max() <= 1.0
    assert np.abs(of_w).max() <= 2.0


def test_parallel_and_empty_vectors_have_a_gradient(library: Library) -> None:
    w = np.asarray([[1.0, 0.0], [0.6, 0.8]])
    x = np.asarray([[3.0, 0.0], [-2.0, 0.0], [0.0, 0.0]])
    value, slopes = derive(library, x, w, np.zeros(3, int), scale=1.0, reduction="none")
    cosines = np.asarray([[1.0, 0.6], [-1.0, -0.6], [0.0, 0.0]])
    np.testing.assert_allclose(
        value, lossary.arcface(cosines, np.zeros(3, int), scale=1.0, reduction="none"), 1e-6
    )
    assert all(np.isfinite(slope).all() for slope in slopes)
    assert (slopes[0][2] == 0).all()


def test_what_is_masked_out_is_not_there(library: Library) -> None:
    where = np.asarray([[True, False, True], [True, True, False]])
    x, ids = np.where(where[..., None], X, np.nan), np.where(where, IDS, -1)
    value, slopes = derive(library, x, W, ids, where=library.array(where))
    want, wanted = derive(library, X[where], W, IDS[where])
    np.testing.assert_allclose(value, want, rtol=1e-6)
    np.testing.assert_allclose(slopes[0][where], wanted[0], rtol=1e-5, atol=1e-6)
    assert (slopes[0][~where] == 0).all()
    np.testing.assert_allclose(slopes[1], wanted[1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ((X, W.T, IDS), "does not fit `embeddings`"),
        ((X, W, IDS[0]), "`labels` must have shape"),
        ((X, W[:0], IDS), "no classes"),
        ((X, W, IDS + 5), "class ids from 0 to 4"),
    ],
)
def test_errors(arrays: tuple[np.ndarray, ...], text: str) -> None:
    with pytest.raises(lossary.LossInputError, match=text):
        LOSS(*arrays)
    with pytest.raises(lossary.LossInputError, match="angular_margin"):
        LOSS(X, W, IDS, angular_margin=28.6)
