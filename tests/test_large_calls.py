"""Large calls, in blocks, with threads, on another library's memory, are what small ones are."""

import tracemalloc
from typing import Any

import numpy as np
import pytest

import lossary
from lossary._backend._numpy import _BLOCK, _BLOCK_OF_ROWS
from lossary._backend._numpy_columns import COLUMN_FORMULAS
from lossary._backend._numpy_formulas import LOGARITHMS, QUICK_FORMULAS, log1p, log1p_of_fraction
from lossary._math import by_sign, clipped, signed_times, times
from lossary.kernel import Argument, Call, Kernel, loss
from tests.cases import OF_PAIRS, Case, first_of_each
from tests.libraries import Library

N = 5 * _BLOCK + 1
"""Elements: more than four blocks, and the last block has one."""
ROWS = 5 * _BLOCK_OF_ROWS // 10 + 1
"""Rows of ten: the same."""
EXACT = 4 * 2.0**-23


def _binary(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    return rng.normal(0, 3, shape).astype("float32"), (rng.random(shape) < 0.5).astype("float32")


def _rows(count: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(6)
    return rng.normal(0, 3, (count, classes)).astype("float32"), rng.integers(0, classes, count)


X, Y = _binary((N,))
GRID = tuple(a[: N - 1].reshape(-1, 1 << 10) for a in (X, Y))
WEIGHTS = np.random.default_rng(7).random(N).astype("float32")
MASK = np.random.default_rng(8).random(N) < 0.7
GRID_MASK = MASK[: N - 1].reshape(GRID[0].shape)
PER_ROW = WEIGHTS[: len(GRID[0])]
BCE, CE = lossary.sigmoid_binary_cross_entropy, lossary.softmax_cross_entropy

CALLS: dict[str, tuple[Any, tuple[Any, Any], dict[str, Any]]] = {
    "flat": (BCE, (X, Y), {}),
    "one number for all targets": (lossary.huber, (X, 0.5), {}),
    "integer labels": (BCE, (X, Y.astype("int64")), {}),
    "double": (BCE, (X.astype("float64"), Y), {}),
    "strided": (BCE, (np.repeat(X, 2)[::2], np.repeat(Y, 2)[::2]), {}),
    "grid": (BCE, GRID, {}),
    "weights": (BCE, (X, Y), {"weights": WEIGHTS}),
    "weights and a mask": (BCE, (X, Y), {"weights": WEIGHTS, "where": MASK, "reduction": "weighted_mean"}),
    "one weight per row": (BCE, GRID, {"weights": PER_ROW}),
    "a mean of each row": (BCE, GRID, {"over": 1}),
    "a mean of each column": (BCE, GRID, {"over": 0, "weights": PER_ROW, "where": PER_ROW > 0.2}),
    "a mean of what counts in each row": (BCE, GRID, {"over": 1, "where": GRID_MASK}),
    "a mean of what counts in each column": (BCE, GRID, {"over": 0, "where": GRID_MASK}),
    "unreduced": (BCE, GRID, {"reduction": "none"}),
    "a sum": (BCE, (X, Y), {"reduction": "sum", "where": MASK}),
    "per class": (BCE, GRID, {"pos_weight": np.linspace(0.5, 2, 1 << 10, dtype="float32")}),
    "rows": (CE, _rows(ROWS, 10), {}),
    "wide rows": (CE, _rows(900, 1500), {"label_smoothing": 0.1}),
    "classes in front": (CE, tuple(np.ascontiguousarray(a.T) for a in _rows(ROWS, 10)), {"axis": 0}),
    "infinite": (BCE, (np.where(X > 5, np.inf, X), (X > 5).astype("float32")), {}),
}


def _wide(options: dict[str, Any]) -> dict[str, Any]:
    return {k: v.astype("float64") if getattr(v, "dtype", "") == "float32" else v for k, v in options.items()}


def _double(x: Any) -> Any:
    return x.astype("float64") if getattr(x, "dtype", None) == np.float32 else x


def _same(got: Any, want: Any, name: str) -> None:
    np.testing.assert_allclose(
        np.asarray(got, "float64"), np.asarray(want, "float64"), rtol=EXACT, atol=1e-12, err_msg=name
    )


def _expected(loss: Any, arrays: Any, options: dict[str, Any]) -> tuple[Any, Any]:
    """In double precision and in pieces too small for blocks, put together by hand."""
    reduction, over = options.get("reduction", "mean"), options.get("over")
    plain = {k: v for k, v in options.items() if k not in ("weights", "where", "reduction", "over")}
    x, y = map(_double, arrays)
    axis = options.get("axis", -1) if loss is CE else None
    examples = 1 if axis == 0 else 0
    cut = [slice(i, i + 25) for i in range(0, x.shape[examples], 25 if x.ndim > 1 else 25_000)]
    if x.ndim == 1:
        cut = [slice(i, i + 25_000) for i in range(0, len(x), 25_000)]
    values, slopes = [], []
    for part in cut:
        first = x[:, part] if examples else x[part]
        second = y if isinstance(y, float) else y[part]
        value, slope = lossary.value_and_grad(loss)(first, second, reduction="none", **_wide(plain))
        values.append(value), slopes.append(slope)
    value, slope = np.concatenate(values), np.concatenate(slopes, axis=examples)
    weights = np.ones(value.shape)
    if "weights" in options:
        w = _double(options["weights"])
        weights = weights * w.reshape(w.shape + (1,) * (value.ndim - w.ndim))
    counted = np.ones(value.shape, bool)
    if "where" in options:
        m = options["where"]
        counted = counted & m.reshape(m.shape + (1,) * (value.ndim - m.ndim))
    weights = weights * counted
    axes = None if over is None else over
    by = {"mean": counted, "weighted_mean": weights}.get(reduction)
    share = weights / (1.0 if by is None else by.sum(axis=axes, keepdims=True))
    result = value * share if reduction == "none" else (value * share).sum(axis=axes)
    if loss is CE:
        share = np.expand_dims(share, axis)
    return result, slope * share


@pytest.mark.parametrize("name", CALLS)
def test_blocks_are_the_whole(name: str, library: Library) -> None:
    if library.needs in ("array_api_strict", "dask.array") or (name == "double" and library.needs == "jax"):
        pytest.skip("nothing is computed in blocks there")
    loss, arrays, options = CALLS[name]
    given = [a if isinstance(a, float) else library.array(a) for a in arrays]
    extra = {k: library.array(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    value, grad = library.call(lossary.value_and_grad(loss), *given, **extra)
    want, slope = _expected(loss, arrays, options)
    _same(library.to_numpy(value), want, name)
    np.testing.assert_allclose(library.to_numpy(grad), slope, rtol=1e-5, atol=1e-12)
    _same(library.to_numpy(library.call(loss, *given, **extra)), want, name)
    for array, before in zip(given, arrays, strict=True):
        if isinstance(before, float):
            continue
        np.testing.assert_array_equal(library.to_numpy(array), before)


@pytest.mark.parametrize("name", CALLS)
def test_threads_change_nothing(name: str) -> None:
    loss, arrays, options = CALLS[name]
    alone = lossary.value_and_grad(loss)(*arrays, **options)
    with lossary.config(threads=3):
        together = lossary.value_and_grad(loss)(*arrays, **options)
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def _of_pairs(name: str) -> tuple[Any, tuple[np.ndarray, ...]]:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(64, 256)).astype("float32")
    if name == "multilabel_margin":
        return lossary.multilabel_margin, (z, rng.integers(0, 2, z.shape))
    labels = rng.integers(0, 4, z.shape)
    if name == "pairwise_logistic":
        return lossary.pairwise_logistic, (z, labels)
    return lossary.softmax_ranking, (z, labels, np.ones(z.shape, bool), np.arange(256) // 32 + 0 * labels)


@pytest.mark.of("numpy")
@pytest.mark.parametrize("name", ["multilabel_margin", "pairwise_logistic", "softmax_ranking"])
def test_all_pairs_of_all_rows_are_never_in_memory(name: str) -> None:
    loss, arrays = _of_pairs(name)
    both = lossary.value_and_grad(loss)
    rows = [both(*[a[i] for a in arrays], reduction="none") for i in range(len(arrays[0]))]
    tracemalloc.start()
    try:
        values, slopes = both(*arrays, reduction="none")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * 256 * 256 * 4  # bytes of one number for each pair
    np.testing.assert_allclose(values, [value for value, _ in rows], rtol=1e-6)
    np.testing.assert_allclose(
        slopes, [slope for _, slope in rows], rtol=1e-5, atol=1e-6 * np.abs(slopes).max()
    )


@pytest.mark.of("numpy")
def test_a_logarithm_for_processors_that_have_none() -> None:
    """As exact as NumPy's own, which goes one by one on them, also in place."""
    rng = np.random.default_rng(0)
    spread = (
        np.exp(-rng.exponential(8.0, 1 << 16)),
        np.linspace(-0.999, 0.0, 1 << 14),
        rng.lognormal(2, 3, 1 << 14),
    )
    x = np.concatenate([*spread, [0.0, -0.0, 1e-45, 1e-38, 2.0**-24, 1.0, 1e38]]).astype("float32")
    exact = np.log1p(x.astype("float64"))
    for got in (log1p(x), log1p(x.copy(), out=x.copy()), log1p(y := x.copy(), out=y)):
        assert np.max(np.abs(got - exact) / np.spacing(np.abs(exact).astype("float32"))) < 4
    for few in (x[:7], x.astype("float64")):
        np.testing.assert_array_equal(log1p(few), np.log1p(few))
    with np.errstate(invalid="ignore"):  # so that the careful way is taken
        assert np.isnan(log1p(np.full(600, np.inf, "float32"))).all()
    fraction = x[(x >= 0) & (x <= 1)]
    exact = np.log1p(fraction.astype("float64"))
    for got in (log1p_of_fraction(fraction), log1p_of_fraction(y := fraction.copy(), out=y)):
        assert np.max(np.abs(got - exact) / np.spacing(exact.astype("float32"))) < 2
    np.testing.assert_array_equal(log1p_of_fraction(fraction[:7]), np.log1p(fraction[:7]))
    assert np.isnan(log1p_of_fraction(np.full(9000, np.nan, "float32"))).all()


@pytest.mark.of("numpy")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_labels_that_are_all_hard_give_what_they_give_beside_a_soft_one(dtype: str) -> None:
    x, y = (a[:1000].astype(dtype) for a in (X, Y))
    for options in ({}, {"gamma": 0.5, "alpha": 0.25}, {"gamma": 3.0, "alpha": 0.9}):
        loss = lossary.value_and_grad(lossary.sigmoid_focal)
        for other in (0.5, -0.0, 1.0, 2.0**-64, 1.0 - 2.0**-24, 0.0):
            beside = loss(np.append(x, x[:1]), np.append(y, y.dtype.type(other)), **options, reduction="none")
            plain = lossary.sigmoid_focal(x, y, **options, reduction="none")
            for found, want in zip(
                (*loss(x, y, **options, reduction="none"), plain), (*beside, beside[0]), strict=True
            ):
                np.testing.assert_allclose(found, want[:-1], rtol=24 * np.finfo(dtype).eps)
    bits = QUICK_FORMULAS.are_known_bits
    assert bits(y)
    assert bits(np.broadcast_to(y[0], (3, 5)))
    for other in (0.5, 2.0**-64, 2.0, -1.0, np.nan, np.inf):
        assert not bits(np.append(y, y.dtype.type(other)))
        assert not bits(np.append(y.dtype.type(other), y))


@pytest.mark.of("numpy")
@pytest.mark.parametrize("case", [c for c in first_of_each() if c.loss not in OF_PAIRS], ids=str)
def test_that_logarithm_in_every_loss(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against float64, no loss is less exact for it."""

    def found(dtype: str) -> Any:
        def of(x: Any) -> Any:
            return np.asarray(x, dtype) if np.asarray(x).dtype.kind == "f" else x

        many = [np.repeat(np.asarray(a), 9000, axis=0) for a in arrays]
        options = {k: of(v) if isinstance(v, list) else v for k, v in case.options.items()}
        return lossary.value_and_grad(case.function)(*map(of, many), **options, reduction="none")

    first, *others = [np.asarray(a) for a in case.arrays]
    arrays = [np.clip(first, -50, 50), *others]
    arrays = [a.astype("float32") if a.dtype.kind == "f" else a for a in arrays]
    exact, plain = found("float64"), found("float32")
    for namespace in (QUICK_FORMULAS, COLUMN_FORMULAS):
        for name, function in LOGARITHMS.items():
            monkeypatch.setitem(vars(namespace), name, function)
    for got, before, want in zip(found("float32"), plain, exact, strict=True):
        unit = np.spacing(np.abs(want).astype("float32"))
        finite = np.isfinite(want)
        np.testing.assert_array_equal(got[~finite], before[~finite])
        errors = [np.abs(x - want)[finite] / unit[finite] for x in (got, before)]
        assert errors[0].max(initial=0.0) <= errors[1].max(initial=0.0) + 2.0


def test_threads_must_be_a_number() -> None:
    with pytest.raises(lossary.LossInputError, match="threads"):
        lossary.config(threads=0)


@pytest.mark.of("jax")
@pytest.mark.parametrize("name", CALLS)
def test_accelerated_is_the_same(name: str) -> None:
    loss, arrays, options = CALLS[name]
    plain = lossary.value_and_grad(loss)(*arrays, **options)
    fast = lossary.value_and_grad(lossary.accelerate(loss))(*arrays, **options)
    for a, b in zip(plain, fast, strict=True):
        assert isinstance(b, np.ndarray | np.generic)
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-12)
    np.testing.assert_allclose(lossary.accelerate(loss)(*arrays, **options), plain[0], rtol=1e-5)


@pytest.mark.of("jax")
def test_accelerated_in_any_place_in_memory() -> None:
    fast = lossary.accelerate(BCE)
    for first, second in ((0, 0), (1, 1), (3, 7), (16, 0)):
        x, y = X[first : first + 300_000], Y[second : second + 300_000]
        assert fast(x, y) == pytest.approx(float(BCE(x, y)), rel=EXACT)


@pytest.mark.of("jax")
def test_accelerated_is_finished_when_it_returns() -> None:
    """JAX reads arrays after its calls have returned; a caller may overwrite them."""
    fast = lossary.accelerate(lossary.squared_error)
    for offset in (0, 1, 2, 3):  # aligned or not
        x = np.full(3_000_003, 2.0, "float32")[offset:]
        for _ in range(3):
            x[:] = 2.0
            value, grad = lossary.value_and_grad(fast)(x, 0.0)
            x[:] = 1e3
            assert value == 4.0
            assert (grad == grad[0]).all()


@pytest.mark.of("torch", "jax")
def test_accelerated_tensors() -> None:
    import torch

    x, y = torch.from_numpy(X), torch.from_numpy(Y)
    fast = lossary.accelerate(BCE)
    value, grad = lossary.value_and_grad(fast)(x, y)
    assert isinstance(value, torch.Tensor)
    assert float(value) == pytest.approx(float(BCE(X, Y)), rel=EXACT)
    assert grad.dtype == torch.float32
    with pytest.raises(lossary.LossTypeError, match="can be accelerated"):
        fast(x.clone().requires_grad_(), y)


@pytest.mark.of("jax")
def test_accelerate_checks_as_ever() -> None:
    with pytest.raises(lossary.LossInputError, match="labels"):
        lossary.accelerate(BCE)(X, 2 * Y)


@pytest.mark.of("torch")
def test_backward_of_large_tensors() -> None:
    import torch

    x, y = torch.from_numpy(X.copy()).requires_grad_(), torch.from_numpy(Y)
    loss = BCE(x, y, weights=torch.from_numpy(WEIGHTS))
    (3 * loss).backward(retain_graph=True)
    once = x.grad.clone()
    want = lossary.value_and_grad(BCE)(X, Y, weights=WEIGHTS)[1]
    np.testing.assert_allclose(once.numpy(), 3 * want, rtol=1e-6, atol=1e-14)
    (3 * loss).backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * once.numpy(), rtol=1e-6)
    (grad,) = torch.autograd.grad(BCE(x, y), x, create_graph=True)
    (twice,) = torch.autograd.grad(grad.sum(), x)
    hessian = lossary.value_grad_hess(BCE)(X, Y)[2]
    np.testing.assert_allclose(twice.numpy(), hessian, rtol=1e-5, atol=1e-14)


def _many(case: Case) -> list[np.ndarray]:
    """The examples of a row again and again, 2**16 numbers or more."""
    arrays = [np.asarray(a) for a in case.arrays]
    arrays = [a.astype("float32") if a.dtype.kind == "f" else a for a in arrays]
    again = -(-(1 << 16) // arrays[0].size)
    return [np.concatenate([a] * again) if a.shape[:1] == arrays[0].shape[:1] else a for a in arrays]


@pytest.mark.parametrize("case", [c for c in first_of_each() if c.loss not in OF_PAIRS], ids=str)
def test_one_nan_among_many_numbers_shows(case: Case, library: Library) -> None:
    if library.is_variant or library.needs in ("array_api_strict", "dask.array"):
        pytest.skip("adds up as another library does")
    options = {k: np.asarray(v) if isinstance(v, list | tuple) else v for k, v in case.options.items()}
    for spoilt, array in enumerate(_many(case)):
        if array.dtype.kind != "f":
            continue
        array.reshape(-1)[array.size // 5] = np.nan
        arrays = [array if i == spoilt else a for i, a in enumerate(_many(case))]
        losses = case.function(*arrays, **options, reduction="none")
        given = {k: library.array(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        total = library.call(case.function, *map(library.array, arrays), **given, reduction="sum")
        assert np.isnan(library.to_numpy(total)) == np.isnan(losses).any(), spoilt


HINGES = {
    "max": lambda e, y, xp: xp.maximum(e, 0.0),
    "max, number first": lambda e, y, xp: xp.maximum(0.0, e),
    "min of max": lambda e, y, xp: xp.minimum(xp.maximum(e, 0.0), 3.0),
    "max of min": lambda e, y, xp: xp.maximum(xp.minimum(e, 3.0), 0.0),
    "min of max of min": lambda e, y, xp: xp.minimum(xp.maximum(xp.minimum(e, 3.0), 0.0), 2.0),
    "times of max": lambda e, y, xp: times(y, xp.maximum(e, 0.0), xp),
    "times of clipped": lambda e, y, xp: times(y, clipped(e, 2.0, xp), xp),
    "signed times of max": lambda e, y, xp: signed_times(y, xp.maximum(e, 0.0), xp),
    "by sign of max": lambda e, y, xp: by_sign(xp.maximum(e, 0.0), y, 1.0 - y, xp),
}


@pytest.mark.parametrize("hinge", HINGES.values(), ids=HINGES)
def test_one_nan_shows_in_a_loss_of_ones_own(hinge: Any, library: Library) -> None:
    if library.needs != "jax":
        pytest.skip("a number is no bound in torch, and a maximum keeps NaN elsewhere")
    kernel = Kernel(
        *("above", "(),()->()", (Argument("predictions"), Argument("targets"))),
        lambda x, y, *, xp: hinge(x - y, y, xp),
        lambda x, y, *, xp: xp.where(x > y, 1.0, 0.0),
        lambda x, y, *, xp: xp.zeros_like(x),
    )
    above = loss(lambda predictions, targets: Call(kernel, predictions, targets))
    x = np.where(np.arange(N) == N // 3, np.nan, X)
    assert np.isnan(library.call(above, *map(library.array, (x, Y))))


def test_more_pixels_than_float32_counts() -> None:
    logits = np.zeros(2**24 + 1, "float32")
    with pytest.raises(lossary.LossInputError, match=r"\[L202\] .*16,777,217 pixels") as caught:
        lossary.lovasz_hinge(logits, logits, axis=0)
    assert "float64" in caught.value.fix
