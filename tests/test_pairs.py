"""Losses of all pairs of a batch: against the textbook formulas, by every way to differentiate."""

import tracemalloc
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import mpmath as mp
import numpy as np
import pytest

import lossary
from tests.libraries import Library
from tests.reference.pairs import (
    Losses,
    circle,
    info_nce,
    multi_similarity,
    nt_xent,
    sigmoid_contrastive,
    supervised_contrastive,
)

LABELS = np.asarray([0, 0, 1, 1, 0, 2, 1])
"""The sixth is alone: it has no positive."""
_RNG = np.random.default_rng(0)
EMBEDDINGS = (_RNG.normal(size=(7, 3)) * [[1], [100], [1e-3], [1], [2], [1], [5]]).astype("float32")
POSITIVES = (EMBEDDINGS + _RNG.normal(size=(7, 3))).astype("float32")
NEGATIVES = (_RNG.normal(size=(5, 3)) * [[1], [50], [1e-2], [3], [1]]).astype("float32")


class Case(NamedTuple):
    formula: Callable[..., Losses]
    first: str
    second: Any
    numbers: dict[str, float]
    options: dict[str, Any]
    wrt: tuple[str, ...]
    more: dict[str, np.ndarray]
    """Arrays by keyword, which have gradients as well."""

    def keywords(self, library: Library, dtype: str = "float32") -> dict[str, Any]:
        more = {name: library.array(array, dtype) for name, array in self.more.items()}
        return {**self.numbers, **self.options, **more}

    @property
    def loss(self) -> Any:
        return getattr(lossary, self.formula.__name__)

    @property
    def names(self) -> tuple[str, str]:
        return self.first, "labels" if self.first == "embeddings" else "positives"


def of_labels(formula: Callable[..., Losses], **numbers: float) -> Case:
    wrt = ("embeddings", *(["temperature"] if "temperature" in numbers else []))
    return Case(formula, "embeddings", LABELS, numbers, {}, wrt, {})


def of_both(formula: Callable[..., Losses], numbers: dict[str, float], *more: str, **options: Any) -> Case:
    wrt = ("anchors", "positives", *more, *numbers)
    return Case(formula, "anchors", POSITIVES, numbers, options, wrt, dict.fromkeys(more, NEGATIVES))


CASES = {
    "nt_xent": of_labels(nt_xent, temperature=0.3),
    "supervised_contrastive": of_labels(supervised_contrastive, temperature=0.3),
    "circle": of_labels(circle, gamma=6.0),
    "multi_similarity": of_labels(multi_similarity, negative_scale=10.0),
    "info_nce": of_both(info_nce, {"temperature": 0.3}),
    "info_nce-both": of_both(info_nce, {"temperature": 0.3}, directions="both"),
    "info_nce-negatives": of_both(info_nce, {"temperature": 0.3}, "negatives"),
    "info_nce-both-negatives": of_both(info_nce, {"temperature": 0.3}, "negatives", directions="both"),
    "sigmoid_contrastive": of_both(sigmoid_contrastive, {"temperature": 0.5, "bias": -1.5}),
}
each_loss = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
each_chunk = pytest.mark.parametrize("chunk", [None, 3, 1])
"""Of seven: all, three of which the last lacks two, one."""
each_loss_of_labels = pytest.mark.parametrize(
    "case", [case for case in CASES.values() if case.first == "embeddings"], ids=lambda c: c.formula.__name__
)


@lru_cache
def exact(name: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The losses, and the gradients of their mean."""
    case = CASES[name]
    given: dict[str, Any] = {case.first: _exact(EMBEDDINGS), case.names[1]: _exact(case.second)}
    given |= {k: mp.mpf(float(np.float32(v))) for k, v in case.numbers.items()}
    given |= {k: _exact(v) for k, v in case.more.items()}
    values = case.formula(**given, **case.options)

    def moved(name: str, place: tuple[int, ...], step: Any) -> Any:
        if not place:
            return given[name] + step
        rows = [list(row) for row in given[name]]
        rows[place[0]][place[1]] += step
        return rows

    grads = {}
    for name in case.wrt:
        grads[name] = np.zeros(np.shape(given[name]) if name not in case.numbers else ())
        for place in np.ndindex(grads[name].shape):
            at = given[name][place[0]][place[1]] if place else given[name]
            h = mp.mpf(10) ** -15 * abs(at)
            sides = [
                mp.fsum(case.formula(**{**given, name: moved(name, place, s)}, **case.options))
                for s in (h, -h)
            ]
            grads[name][place] = float((sides[0] - sides[1]) / (2 * h * len(values)))
    return np.asarray([float(v) for v in values]), grads


def _exact(x: Any) -> Any:
    return x.tolist() if x.ndim == 1 else [[mp.mpf(float(v)) for v in row] for row in x]


def close(got: Any, want: np.ndarray) -> None:
    """To float32's precision, of the largest in each row."""
    scale = np.abs(want).max(axis=-1, keepdims=True) if want.ndim else np.abs(want)
    errors = np.abs(np.asarray(got, "float64") - want)
    assert (errors <= 2e-5 * scale).all(), errors


def second(case: Case, library: Library, keep: Any = slice(None)) -> Any:
    return library.array(case.second[keep], None if case.second.ndim == 1 else "float32")


@each_chunk
@each_loss
def test_values_and_gradients(case: Case, chunk: int | None, library: Library) -> None:
    x, y = library.array(EMBEDDINGS), second(case, library)
    values, grads = exact(next(name for name, c in CASES.items() if c is case))
    options = {**case.keywords(library), "chunk": chunk}
    close(library.to_numpy(library.call(case.loss, x, y, reduction="none", **options)), values)
    of_all = lossary.value_and_grad(case.loss, wrt=case.wrt)
    mean, slopes = library.call(of_all, x, y, **options)
    assert float(library.to_numpy(mean)) == pytest.approx(values.mean(), rel=1e-5)
    for name, slope in zip(case.wrt, slopes, strict=True):
        assert library.dtype_of(slope) == "float32"
        close(library.to_numpy(slope), grads[name])


@each_loss
def test_automatic_differentiation(case: Case, autodiff: Library) -> None:
    numbers = [name for name in case.wrt if name in case.numbers or name in case.more]
    fixed = {name: v for name, v in case.numbers.items() if name not in numbers}

    def loss(x: Any, y: Any, *values: Any) -> Any:
        learned = dict(zip(numbers, values, strict=True))
        return case.loss(x, y, chunk=3, **learned, **fixed, **case.options)

    arrays = (
        autodiff.array(EMBEDDINGS),
        second(case, autodiff),
        *[autodiff.array({**case.numbers, **case.more}[name], "float32") for name in numbers],
    )
    places = [0, *([1] if "positives" in case.wrt else []), *range(2, len(arrays))]
    grads = exact(next(name for name, c in CASES.items() if c is case))[1]
    for name, got in zip(case.wrt, autodiff.gradients(loss, arrays, places), strict=True):
        close(autodiff.to_numpy(got), grads[name])


@pytest.mark.parametrize("chunk", [None, 3])
@each_loss
def test_masked_embeddings_are_in_no_pair(case: Case, chunk: int | None, library: Library) -> None:
    loss = lossary.value_and_grad(case.loss, wrt=case.wrt)
    options = {**case.keywords(library), "chunk": chunk}
    mask = np.asarray([True, True, False, True, True, True, True])
    hidden = np.where(mask[:, None], EMBEDDINGS, np.nan)
    other = case.second if case.second.ndim == 1 else np.where(mask[:, None], case.second, np.inf)
    value, grads = library.call(
        loss,
        library.array(hidden, "float32"),
        library.array(other),
        where=library.array(mask),
        **options,
    )
    kept, kept_grads = library.call(
        loss, library.array(EMBEDDINGS[mask]), second(case, library, mask), **options
    )
    assert float(library.to_numpy(value)) == pytest.approx(float(library.to_numpy(kept)), rel=1e-5)
    for grad, kept_grad in zip(grads, kept_grads, strict=True):
        grad, kept_grad = library.to_numpy(grad), library.to_numpy(kept_grad)
        is_masked = grad.shape == EMBEDDINGS.shape
        close(grad[mask] if is_masked else grad, kept_grad)
        assert not is_masked or not grad[~mask].any()


@each_loss_of_labels
def test_vectors_of_zeros_and_anchors_without_pairs(case: Case, library: Library) -> None:
    loss = lossary.value_and_grad(case.loss)
    x, labels = np.asarray([[0.0, 0.0], [1.0, 0.0], [0.6, 0.8]]), np.asarray([0, 0, 1])
    value, grad = library.call(loss, library.array(x, "float32"), library.array(labels))
    assert np.isfinite(library.to_numpy(value))
    assert np.isfinite(library.to_numpy(grad)).all()
    assert not library.to_numpy(grad)[0].any()
    without_pairs = [np.arange(3), np.zeros(3, int)]
    if case.formula is supervised_contrastive:
        without_pairs.pop()  # of three that belong together each positive stands against the other
    if case.formula is multi_similarity:
        without_pairs = []  # either kind of pairs has a loss of its own
    for alone in without_pairs:
        value, grad = library.call(loss, library.array(x, "float32"), library.array(alone))
        assert float(library.to_numpy(value)) == 0
        assert not library.to_numpy(grad).any()


def test_one_pair_alone(library: Library) -> None:
    x = library.array([[0.6, 0.8]], "float32")
    for directions in ("one", "both"):
        value, grad = library.call(lossary.value_and_grad(lossary.info_nce), x, x, directions=directions)
        assert float(library.to_numpy(value)) == 0
        assert not library.to_numpy(grad).any()


def test_confident_rows_keep_their_digits(library: Library) -> None:
    """Each anchor is its positive, at right angles to the rest: the loss is that of 7 negatives."""
    x = library.array(np.eye(8), "float32")
    want = np.log1p(7 * np.exp(-1 / np.float64(np.float32(0.02))))
    pairs = library.array(np.arange(8) // 2)
    for directions in ("one", "both"):
        losses = library.call(
            lossary.info_nce, x, x, temperature=0.02, directions=directions, reduction="none"
        )
        np.testing.assert_allclose(library.to_numpy(losses), np.full(8, want), rtol=2e-5)
    twice = library.array(np.repeat(np.eye(4), 2, axis=0), "float32")
    for loss in (lossary.nt_xent, lossary.supervised_contrastive):
        losses = library.call(loss, twice, pairs, temperature=0.02, reduction="none")
        np.testing.assert_allclose(library.to_numpy(losses), np.full(8, want * 6 / 7), rtol=2e-5)


def test_batches_may_have_negatives_of_their_own(library: Library) -> None:
    x, y = (np.stack([a, a[::-1]]) for a in (EMBEDDINGS, POSITIVES))
    z = np.stack([NEGATIVES, 2 * NEGATIVES[::-1] + 1])
    loss = lossary.value_and_grad(lossary.info_nce, wrt=("anchors", "positives", "negatives"))
    value, grads = library.call(
        loss,
        *[library.array(a, "float32") for a in (x, y)],
        negatives=library.array(z, "float32"),
        reduction="sum",
        chunk=2,
    )
    alone = [
        library.call(
            loss,
            *[library.array(a[i], "float32") for a in (x, y)],
            negatives=library.array(z[i], "float32"),
            reduction="sum",
        )
        for i in range(2)
    ]
    want = sum(float(library.to_numpy(v)) for v, _ in alone)
    assert float(library.to_numpy(value)) == pytest.approx(want, rel=1e-5)
    for grad, *each in zip(grads, *[g for _, g in alone], strict=True):
        close(library.to_numpy(grad), np.stack([library.to_numpy(g) for g in each]))


@pytest.mark.parametrize("chunk", [None, 2])
def test_moco_has_no_negatives_but_its_queue(chunk: int | None, library: Library) -> None:
    """Each anchor alone in its batch, and one queue for all: cross-entropy of 1 + m logits."""
    loss = lossary.value_and_grad(lossary.info_nce, wrt=("anchors", "negatives", "temperature"))
    keys, queries = (library.array(a[:, None], "float32") for a in (POSITIVES, EMBEDDINGS))
    queue = library.array(NEGATIVES, "float32")
    value, grads = library.call(loss, queries, keys, negatives=queue, temperature=0.3, chunk=chunk)
    u, v, w = (
        a / np.linalg.norm(a.astype("float64"), axis=1, keepdims=True)
        for a in (EMBEDDINGS, POSITIVES, NEGATIVES)
    )
    logits = np.concatenate([(u * v).sum(axis=1, keepdims=True), u @ w.T], axis=1)
    tau = float(np.float32(0.3))
    e = np.exp(logits / tau)
    p = e / e.sum(axis=1, keepdims=True)
    assert float(library.to_numpy(value)) == pytest.approx(-np.log(p[:, 0]).mean(), rel=1e-5)
    slope = (p - np.eye(6)[0]) / (7 * tau)
    in_u, in_w = slope[:, :1] * v + slope[:, 1:] @ w, slope[:, 1:].T @ u
    for got, unit, slope_in_unit, x in (
        (grads[0], u, in_u, EMBEDDINGS),
        (grads[1], w, in_w, NEGATIVES),
    ):
        across = slope_in_unit - unit * (unit * slope_in_unit).sum(axis=1, keepdims=True)
        close(library.to_numpy(got).reshape(x.shape), across / np.linalg.norm(x, axis=1, keepdims=True))
    close(library.to_numpy(grads[2]), np.asarray(-(slope * logits).sum() / tau))


@each_loss
def test_batches_in_front(case: Case, library: Library) -> None:
    options = {**case.keywords(library), "reduction": "none", "chunk": 3}
    x, y = (np.stack([a, a[::-1]]) for a in (EMBEDDINGS, case.second))
    both = library.call(case.loss, library.array(x), library.array(y), **options)
    one = library.to_numpy(
        library.call(case.loss, library.array(EMBEDDINGS), second(case, library), **options)
    )
    np.testing.assert_allclose(library.to_numpy(both), np.stack([one, one[::-1]]), rtol=1e-5, atol=1e-7)
    first = library.array(np.asarray([True, False]))
    options = {**options, "reduction": "mean", "where": first}
    mean = library.call(case.loss, library.array(x), library.array(y), **options)
    np.testing.assert_allclose(library.to_numpy(mean), one.mean(), rtol=1e-5)


def test_half_precision_has_gradients_of_its_own_dtype(library: Library) -> None:
    if library.needs == "array_api_strict":
        pytest.skip("the standard has no float16")
    x, y = library.array(EMBEDDINGS, "float16"), library.array(POSITIVES, "float16")
    value, grads = library.call(
        lossary.value_and_grad(lossary.info_nce, wrt=["anchors", "positives", "temperature"]), x, y
    )
    assert library.dtype_of(value) == "float32"
    assert [library.dtype_of(g) for g in grads] == ["float16", "float16", "float32"]


def test_nothing_of_the_size_of_all_pairs_is_held() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 1024, 8)).astype("float32")
    for case in (CASES["nt_xent"], CASES["info_nce-both"], CASES["sigmoid_contrastive"]):
        other = y if case.first == "anchors" else np.arange(1024) // 2
        loss = lossary.value_and_grad(case.loss, wrt=case.wrt)
        loss(x[:2], other[:2], **case.numbers, **case.options)
        tracemalloc.start()
        loss(x, other, chunk=32, **case.numbers, **case.options)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1024 * 1024 * 4, case.formula.__name__


def test_a_queue_is_walked_in_chunks() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 256, 8)).astype("float32")
    queue = rng.normal(size=(16384, 8)).astype("float32")
    loss = lossary.value_and_grad(lossary.info_nce, wrt=("anchors", "negatives"))
    for anchors, positives in ((x, y), (x[:, None], y[:, None])):
        loss(anchors[:2], positives[:2], negatives=queue[:2])
        tracemalloc.start()
        loss(anchors, positives, negatives=queue, chunk=512)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 256 * 16384 * 4


def test_an_empty_queue_has_no_effect(library: Library) -> None:
    x, y = library.array(EMBEDDINGS), library.array(POSITIVES)
    none = library.array(np.zeros((0, 3), "float32"))
    loss = lossary.value_and_grad(lossary.info_nce, wrt=("anchors", "negatives"))
    value, (grad, of_none) = library.call(loss, x, y, negatives=none)
    want, want_grad = library.call(lossary.value_and_grad(lossary.info_nce), x, y)
    assert float(library.to_numpy(value)) == pytest.approx(float(library.to_numpy(want)), rel=1e-6)
    close(library.to_numpy(grad), library.to_numpy(want_grad).astype("float64"))
    assert of_none.shape == (0, 3)


def test_a_parameter_without_a_gradient_says_so(autodiff: Library) -> None:
    if autodiff.needs in ("tensorflow", "mlx.core"):
        return  # TensorFlow's tapes find None by themselves, MLX the gradient: tests/test_mlx.py
    arrays = (autodiff.array(EMBEDDINGS), autodiff.array(np.asarray(6.0, "float32")))
    labels = autodiff.array(LABELS)
    with pytest.raises(lossary.LossInputError, match="no gradient with respect to this parameter"):
        autodiff.gradients(lambda x, gamma: lossary.circle(x, labels, gamma=gamma), arrays, (0, 1))


@each_loss
def test_a_nan_is_not_lost(case: Case, library: Library) -> None:
    x = EMBEDDINGS.copy()
    x[0, 0] = np.nan
    options = case.keywords(library)
    assert np.isnan(
        library.to_numpy(library.call(case.loss, library.array(x), second(case, library), **options))
    )


@each_loss_of_labels
def test_bad_input_of_labels(case: Case) -> None:
    loss = case.loss
    with pytest.raises(lossary.LossInputError, match=r"\(7, 3\) and `labels` \(6,\) do not fit"):
        loss(EMBEDDINGS, LABELS[:6])
    with pytest.raises(lossary.LossTypeError, match="must be integers"):
        loss(EMBEDDINGS, LABELS * 1.0)
    with pytest.raises(lossary.LossTypeError, match="`where` must be boolean"):
        loss(EMBEDDINGS, LABELS, where=LABELS)


@each_loss
def test_bad_input(case: Case) -> None:
    loss = case.loss
    given = (EMBEDDINGS, case.second)
    if case.first == "anchors":
        with pytest.raises(lossary.LossInputError, match=r"\(7, 3\) and `positives` \(6, 3\) do not fit"):
            loss(EMBEDDINGS, POSITIVES[:6])
    for wrong in (NEGATIVES[:, :2], NEGATIVES[None], NEGATIVES[0]) if case.more else ():
        with pytest.raises(lossary.LossInputError, match=r"and `negatives` \(.*\) do not fit"):
            loss(*given, negatives=wrong)
    with pytest.raises(lossary.LossInputError, match="no diagonal Hessian"):
        lossary.value_grad_hess(loss)(*given)
    with pytest.raises(lossary.LossInputError, match="`chunk` must be None or"):
        loss(*given, chunk=0)
    with pytest.raises(lossary.LossTypeError, match="`axis_name` names a mapped axis of JAX"):
        loss(*given, axis_name="data")
    with pytest.raises(lossary.LossInputError, match="`wrt` must name"):
        lossary.value_and_grad(loss, wrt="labels")(*given)
    for name in case.wrt[1:]:
        if name == "temperature":
            with pytest.raises(lossary.LossInputError, match="`temperature` must be > 0"):
                loss(*given, temperature=-1.0)
            with pytest.raises(lossary.LossInputError, match="must be one number"):
                loss(*given, temperature=np.ones(7))


@pytest.mark.of("jax")
@pytest.mark.parametrize(
    "name", ["circle", "info_nce", "nt_xent", "sigmoid_contrastive", "supervised_contrastive"]
)
def test_second_derivatives_where_exponentials_overflow(name: str) -> None:
    """Against differences of NumPy's gradients, at cosines times several hundred."""
    jax = pytest.importorskip("jax")
    rng = np.random.default_rng(1)
    z, v = rng.normal(size=(2, 12, 4))
    other = rng.normal(size=(12, 4)) if name in ("info_nce", "sigmoid_contrastive") else np.arange(12) // 3
    sharp = {"gamma": 400.0} if name == "circle" else {"temperature": 0.005}
    loss = getattr(lossary, name)

    def slope(z: np.ndarray) -> Any:
        return lossary.value_and_grad(loss)(z, other, **sharp)[1]

    def along(z: Any) -> Any:
        return (jax.grad(lambda z: loss(z, other, **sharp))(z) * v).sum()

    want = (slope(z + 1e-6 * v) - slope(z - 1e-6 * v)) / 2e-6
    found = jax.grad(along)(z.astype("float32"))
    np.testing.assert_allclose(found, want, rtol=0, atol=2e-3 * np.abs(want).max())
