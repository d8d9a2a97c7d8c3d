"""Every formula of `_math` against 60 digits, in ULP; at the ends exactly; at kinks the documented slope."""

from collections.abc import Callable, Iterator
from functools import cache
from math import inf, nan
from typing import Any, NamedTuple

import mpmath as mp
import numpy as np
import pytest

from lossary import _math
from lossary._backend._numpy_columns import COLUMN_FORMULAS, stored_by_column
from lossary._backend._numpy_formulas import FORMULAS, QUICK_FORMULAS, log1p
from lossary._backend._resolve import resolve
from tests.accuracy import ulps
from tests.libraries import Library, selected
from tests.math_points import (
    Arrays,
    beside,
    crossed,
    dispersions,
    distances,
    divergence,
    exponents,
    labeled,
    log_sum_exp,
    neg_log_p,
    normal,
    others,
    pairs,
    positive,
    power,
    reals,
    rising,
    rows,
    running_total,
    sizes,
    small,
    softmax,
    tangent,
    tangents,
    units,
    vectors,
)
from tests.reference import Expected, norms

LIBRARIES_OWN = {"tensorflow": 2.0, "mlx.core": 0.55}
"""How many ULP more some powers and logarithms of eager TensorFlow and MLX are off."""
LOGARITHM = 0.75
"""ULP more where NumPy's own logarithm of 1 + x is slow, and takes the place of a better one."""
EXPONENTS = [0.0, 0.5, 1.0, 2.75, 5.0, -0.5]
"""Of few bits: others are rounded to the dtype of the base."""

QUICK = {"quick": QUICK_FORMULAS, "columns": COLUMN_FORMULAS}

Formula = Callable[..., Any]


class Way(NamedTuple):
    """A library, the namespace of it that formulas are given, and a dtype."""

    library: Library
    kind: str
    dtype: str

    def namespace(self, *arrays: Any) -> Any:
        library: Any = resolve(*arrays)
        if self.kind == "differentiated":
            return library.differentiated
        return QUICK.get(self.kind, library.xp)


def ways() -> Iterator[Way]:
    """Each library once; JAX compiled, because XLA rewrites formulas."""
    for library in selected():
        if library.name == "jax-jit" or (library.needs != "jax" and not library.is_variant):
            kinds = ["plain"] + ["differentiated"] * library.derives + list(QUICK) * (library.name == "numpy")
            yield from (Way(library, kind, dtype) for kind in kinds for dtype in library.float_dtypes())


in_each_way = pytest.mark.parametrize("way", list(ways()), ids=lambda way: f"{way[0].name}-{way[1]}-{way[2]}")


def powered(exponent: Any, base: Any, xp: Any) -> Any:
    return _math.power(base, exponent, xp)


def largest(x: Any, xp: Any) -> Any:
    return xp.positions(x, xp.argmax(x, axis=-1))


def given(formula: Formula, number: float) -> Formula:
    """The formula with its first argument known as a number."""
    return lambda x, xp: formula(number, x, xp)


def part(formula: Formula, index: int) -> Formula:
    return lambda x, xp: formula(x, xp)[index]


def of_softmax(name: str) -> Formula:
    return lambda z, xp: getattr(_math.Softmax(z, xp), name)


def sign(x: Any, xp: Any) -> Any:
    return xp.sign(x)


def of_order(formula: Formula, p: float) -> Formula:
    return lambda x, xp: formula(x, p, xp)


def field(formula: Formula, name: str) -> Formula:
    return lambda a, b, xp: getattr(formula(a, b, xp), name)


class Row(NamedTuple):
    name: str
    compute: Formula
    exact: Formula
    """Of one example: a number, or the terms of a sum, whose largest says in which units it is judged."""
    grid: Callable[[str], Arrays]
    float64: float = 0
    float32: float = 0
    """Bounds in ULP: the worst of all ways, rounded up."""


_SIMPLE = {1.0: (1.5, 1.5), 2.0: (3, 3), inf: (0, 0)}
NORMS = [
    ("norm", _math.norm, norms.size, {**_SIMPLE, 1.0: (2, 2), 1.5: (3, 3), 3.0: (3, 3)}),
    ("norm_grad", _math.norm_grad, norms.direction, {**_SIMPLE, 1.5: (4, 4), 3.0: (4, 4.5)}),
    ("norm_hess", _math.norm_hess, norms.bend, {2.0: (6, 6), 1.5: (8, 8), 3.0: (8, 8)}),
]

ROWS = [
    Row("relu", _math.relu, lambda x: max(x, 0), reals),
    Row("negative_part", _math.negative_part, lambda x: max(-x, 0), reals),
    Row("absolute", _math.absolute, abs, reals),
    Row("sign", sign, mp.sign, reals),
    Row("step", _math.step, lambda x: float(x > 0), reals),
    Row("signed_times", lambda y, x, xp: _math.signed_times(y, x, xp), lambda y, x: y * x,
        crossed([-1.0, -0.3, 0.0, 0.3], reals)),
    Row("least", lambda x, xp: _math.least(x, 0.25, xp), lambda x: min(x, 0.25), reals),
    Row(
        "by_sign", lambda c, x, xp: _math.by_sign(x, c, 0.5 * c, xp), lambda c, x: max(c * x, -c * x / 2),
        crossed([0.0, 0.3], reals),
    ),
    Row("by_sign-3", lambda x, xp: _math.by_sign(x, 3.0, 0.0, xp), lambda x: max(3 * x, 0), reals),
    Row("times", _math.times, lambda c, x: c * x, crossed([0.0, 0.3, 3.0], reals)),
    *[Row(f"times-{c:g}", given(_math.times, c), lambda x, c=c: c * x, reals) for c in (0.0, 0.25, 3.0)],
    Row("power", powered, power, crossed(EXPONENTS, units), 1, 1),
    *[Row(f"power-{c:g}", given(powered, c), lambda p, c=c: power(c, p), units) for c in (1.0, 2.0, -1.0)],
    *[Row(f"power-{c:g}", given(powered, c), lambda p, c=c: power(c, p), units, 1, 1.5) for c in (0.5, -0.5)],
    *[Row(f"power-{c:g}", given(powered, c), lambda p, c=c: power(c, p), units, 2, 3) for c in (2.75, 5.0)],
    Row("log_cosh", _math.log_cosh, lambda x: mp.log1p(2 * mp.sinh(x / 2) ** 2), reals, 2, 3),
    Row("log_factorial", _math.log_factorial, lambda y: mp.loggamma(1 + y), positive, 4, 8),
    Row("tanh", _math.tanh, mp.tanh, reals, 2, 2),
    Row("sech_squared", _math.sech_squared, lambda x, y: mp.sech(x - y) ** 2, distances, 3, 4.5),
    Row("softplus_tail", _math.softplus_tail, lambda x: mp.log1p(mp.exp(-abs(x))), reals, 2, 2.5),
    Row("sigmoids-p", part(_math.sigmoids, 0), lambda x: 1 / (1 + mp.exp(-x)), reals, 2, 3),
    Row("sigmoids-q", part(_math.sigmoids, 1), lambda x: 1 / (1 + mp.exp(x)), reals, 2, 3),
    Row("softmax-p", of_softmax("p"), lambda z: softmax(z)[0], rows, 2.5, 3.5),
    Row("softmax-q", of_softmax("q"), lambda z: softmax(z)[1], rows, 2.5, 3),
    Row("softmax-nll", of_softmax("nll"), lambda z: softmax(z)[2], rows, 3, 3),
    Row("neg_log_softmax", _math.neg_log_softmax, neg_log_p, labeled, 3, 3),
    Row(
        "softmax_tangent", lambda v, z, xp: _math.softmax_tangent(v, _math.Softmax(z, xp), xp), tangent,
        tangents, 4.5, 5,
    ),
    *[
        Row(f"{name}-{p:g}", of_order(formula, p), lambda x, f=exact, p=p: f(x, p), vectors, *bounds[p])
        for name, formula, exact, bounds in NORMS
        for p in bounds
    ],
    Row("norm_hvp", lambda v, x, xp: _math.norm_hvp(v, x, 2.0, xp), norms.bent, pairs, 6, 7),
    Row("cosine-gap", field(_math.cosine, "gap"), lambda a, b: [norms.gap(a, b)], pairs, 5, 6),
    Row("cosine-rest", field(_math.cosine, "rest"), norms.rest, pairs, 4, 4),
    Row("besides", lambda x, _, xp: _math.besides(x, xp), others, sizes, 1, 1.5),
    Row("step", _math.step, lambda x: x > 0, reals),
    Row("others", lambda x, _, xp: _math.others(x, largest(x, xp), xp), others, sizes, 1, 1.5),
    Row("total", lambda x, _, xp: _math.total(x, xp), lambda x, _: [mp.fsum(x)], sizes, 1, 1),
    Row("largest", lambda x, _, xp: _math.largest(x, xp), lambda x, _: max(x), sizes),
    Row("running_total", lambda x, _, xp: xp.running_total(x), running_total, sizes, 1, 1),
    Row("positive", _math.positive, lambda x: x, normal),
    Row("reciprocal", _math.reciprocal, lambda x: 1 / x, normal, 1, 1),
    Row("log_ratio", _math.log_ratio, lambda t, p: mp.log(t / p), beside, 2, 3),
    Row("ratio_beyond", _math.ratio_beyond, lambda v, w: v / w - 1 - mp.log(v / w), beside, 3, 3),
    Row("exp_beyond", _math.exp_beyond, lambda x: mp.expm1(x) - x if x else x, small, 2, 2),
    Row("exp_quotient", _math.exp_quotient, lambda x: mp.expm1(x) / x if x else x + 1, small, 2.5, 2.5),
    Row("erf", _math.erf, mp.erf, reals, 2, 2),
    Row("bell", lambda x, y, xp: _math.bell(x, y, 2.0, xp), lambda x, y: mp.exp(-(((x - y) / 2) ** 2) / 2),
        distances, 3, 4),
    Row("log1p_rest", lambda x, xp: _math.log1p_rest(x, xp.log1p(x), xp),
        lambda x: mp.log1p(x) / x - 1 if x else x, positive, 3, 4),
    Row("log1p_square", _math.log1p_square, lambda x: mp.log1p(x * x), positive, 2, 3),
    *[
        Row(f"times_exp-{a:g}", lambda y, s, xp, a=a: _math.times_exp(y, a, s, xp),
            lambda y, s, a=a: y * mp.exp(a * s), exponents, 2.5, 3.5)
        for a in (-1.0, 0.5, -0.7)
    ],
    Row("times_exp", lambda y, s, xp: _math.times_exp(y, xp.zeros_like(s) - 0.75, s, xp),
        lambda y, s: y * mp.exp(-0.75 * s), exponents, 2.5, 3.5),
    Row("log_rising", lambda y, a, xp: _math.log_rising(y, a, xp)[..., None], rising, dispersions, 16, 16),
    Row("one_minus_exp", _math.one_minus_exp, lambda x: -mp.expm1(-x), positive, 2, 2),
    Row(
        "divergence", lambda t, p, xp: _math.divergence(t, p, _math.log_ratio(t, p, xp), xp), divergence,
        beside, 8, 8,
    ),
    Row(
        "log_sum_exp", lambda z, xp: _math.Softmax(z, xp).log_sum_exp[..., None], log_sum_exp,
        rows, 2, 2,
    ),
    Row("pick", lambda x, ids, xp: xp.pick(x, ids), lambda x, i: x[int(i)], sizes),
]  # fmt: skip


@cache
def expected(row: Row, dtype: str) -> Expected:
    examples = zip(*[a.tolist() for a in row.grid(dtype)], strict=True)
    results = [row.exact(*map(_exactly, example)) for example in examples]
    shape = (len(results), -1) if isinstance(results[0], list) else (-1,)
    terms = [t if isinstance(t, list) else [t] for r in results for t in (r if isinstance(r, list) else [r])]
    exact = np.asarray([float(mp.fsum(t)) for t in terms]).reshape(shape)
    size = np.asarray([float(max(abs(x) for x in [mp.fsum(t), *t])) for t in terms]).reshape(shape)
    return Expected(exact, size)


def _exactly(x: Any) -> Any:
    return [mp.mpf(v) for v in x] if isinstance(x, list) else mp.mpf(x)


def computed(way: Way, compute: Formula, *arrays: np.ndarray) -> np.ndarray:
    def run(*arrays: Any) -> Any:
        given = (
            [stored_by_column(a) if a.ndim > 1 else a for a in arrays] if way.kind == "columns" else arrays
        )
        result = compute(*given, xp=way.namespace(*arrays))
        # What NumPy's quick way does not know is computed again with care.
        return (
            np.where(np.isnan(result), compute(*arrays, xp=FORMULAS), result) if way.kind in QUICK else result
        )

    with np.errstate(all="ignore"):
        return way.library.to_numpy(way.library.call(run, *map(way.library.array, arrays)))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@in_each_way
def test_accuracy(row: Row, way: Way) -> None:
    grid = row.grid(way.dtype)
    got = computed(way, row.compute, *grid)
    assert got.dtype == way.dtype
    errors = ulps(got, expected(row, way.dtype), way.dtype)
    worst = np.unravel_index(np.argmax(errors), errors.shape)
    at = [a[worst[0]] for a in grid]
    bound = getattr(row, way.dtype) + LIBRARIES_OWN.get(way.library.needs, 0.0)
    if way.kind in QUICK and QUICK_FORMULAS.log1p is log1p:
        bound += LOGARITHM
    assert errors[worst] <= bound, f"{errors[worst]:.3g} ULP at {at}, got {got[worst]!r}"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("length", [1, 2, 15, 16, 17, 128, 129, 512, 513, 1000, 5000, 50257])
def test_rows_of_any_length_in_numpy(length: int, dtype: str) -> None:
    """Sums of equal numbers, where errors add up; maxima; picks and puts."""
    rows = np.full((7, 2048, length) if length < 600 else (7, 3, length), 0.1 / length, dtype)
    total = QUICK_FORMULAS.sum(rows, axis=-1)
    exact = length * mp.mpf(float(rows[0, 0, 0]))
    assert total.shape == rows.shape[:-1]
    assert abs(mp.mpf(float(total[0, 0])) - exact) <= 4 * float(np.spacing(np.asarray(float(exact), dtype)))
    np.testing.assert_array_equal(total, total[0, 0])

    rng = np.random.default_rng(length)
    rows, ids = rng.normal(size=rows.shape).astype(dtype), rng.integers(length, size=rows.shape[:-1])
    rows[0, 0, ids[0, 0]], rows[1, 1, ids[1, 1]] = inf, nan
    for xp in (QUICK_FORMULAS, FORMULAS):
        np.testing.assert_array_equal(xp.max(rows, axis=-1), np.max(rows, axis=-1))
        np.testing.assert_array_equal(
            xp.pick(rows, ids), np.take_along_axis(rows, ids[..., None], -1)[..., 0]
        )
    put, by_numpy = rows.copy(), rows.copy()
    QUICK_FORMULAS.put(put, ids, total[..., None])
    np.put_along_axis(by_numpy, ids[..., None], total[..., None], axis=-1)
    np.testing.assert_array_equal(put, by_numpy)
    with pytest.raises(IndexError):
        QUICK_FORMULAS.pick(rows, ids + length)


def ends(tiny: float) -> dict[str, tuple[Formula, list, list]]:
    """At infinities, NaN, 0 and the smallest normal number: the formula, its arguments, the exact result."""
    both = [inf, -inf, nan, tiny, -tiny]
    certain, unknown, nans = [[0, inf, 1], [-inf, 2, -inf]], [[inf, inf, 0], [nan, 0, 1]], [[nan] * 3] * 2
    labeled_ends = [np.repeat(np.asarray(certain + unknown), 3, axis=0).tolist(), np.tile(np.arange(3), 4)]
    slopes = [[-1, 1, 0], [0, 0, 0], [0, 1, -1]] * 2 + nans * 3
    return {
        "relu": (_math.relu, [both], [inf, 0, nan, tiny, 0]),
        "negative_part": (_math.negative_part, [both], [0, inf, nan, 0, tiny]),
        "absolute": (_math.absolute, [both], [inf, inf, nan, tiny, tiny]),
        "step": (_math.step, [[*both, 0]], [1, 0, nan, 1, 0, 0]),
        "signed_times": (
            _math.signed_times,
            [[0, 0, -1, -1, nan, 0], [inf, -inf, inf, tiny, 0, nan]],
            [0, 0, -inf, -tiny, nan, nan],
        ),
        "largest": (_math.largest, [[[1, inf], [-inf, -inf], [tiny, 0]]], [inf, -inf, tiny]),
        "sign": (sign, [[*both, 0]], [1, -1, nan, 1, -1, 0]),
        "least": (lambda x, xp: _math.least(x, 1.0, xp), [both], [1, -inf, nan, tiny, -tiny]),
        "by_sign": (lambda c, x, xp: _math.by_sign(x, c, c, xp), [[0, 0, 1, 1], both[:4]], [0, 0, nan, tiny]),
        "by_sign-0": (lambda x, xp: _math.by_sign(x, 0.0, 1.0, xp), [both], [0, inf, nan, 0, tiny]),
        "times": (_math.times, [[0, 0, 0, 1, nan], [inf, -inf, nan, tiny, 0]], [0, 0, nan, tiny, nan]),
        "times-0": (given(_math.times, 0.0), [[inf, -inf, tiny]], [0, 0, 0]),
        "power": (powered, [[0, 0.5, -1, 1, 2], [0, 0, 0, tiny, inf]], [1, 0, inf, tiny, inf]),
        "power-0": (given(powered, 0.0), [[0, tiny, inf]], [1, 1, 1]),
        "power-0.5": (given(powered, 0.5), [[0, inf, nan]], [0, inf, nan]),
        "power--1": (given(powered, -1.0), [[0, inf, nan]], [inf, 0, nan]),
        "log_cosh": (_math.log_cosh, [[inf, -inf, nan, 0, tiny]], [inf, inf, nan, 0, 0]),
        "log_factorial": (_math.log_factorial, [[0, 1, inf, nan]], [0, 0, inf, nan]),
        "tanh": (_math.tanh, [both], [1, -1, nan, tiny, -tiny]),
        "sech_squared": (_math.sech_squared, [[*both[:4], inf], [0, 0, 0, 0, inf]], [0, 0, nan, 1, nan]),
        "positive": (_math.positive, [[0, tiny, 1, inf, nan]], [tiny, tiny, 1, inf, nan]),
        "reciprocal": (_math.reciprocal, [[0.5, inf, nan]], [2, 0, nan]),
        "log_ratio": (_math.log_ratio, [[1, inf, nan, 0], [1, 1, 1, 1]], [0, inf, nan, -inf]),
        "ratio_beyond": (_math.ratio_beyond, [[1, nan], [1, 1]], [0, nan]),
        "exp_beyond": (_math.exp_beyond, [[0, nan]], [0, nan]),
        "erf": (_math.erf, [[inf, -inf, nan, 0]], [1, -1, nan, 0]),
        "bell": (lambda x, xp: _math.bell(x, 0.0 * x, 1.0, xp), [[0, nan, 1e3]], [1, nan, 0]),
        "log1p_square": (_math.log1p_square, [[0, inf, nan]], [0, inf, nan]),
        "exp_quotient": (_math.exp_quotient, [[0, nan]], [1, nan]),
        "times_exp": (
            lambda y, s, xp: _math.times_exp(y, -1.0, s, xp),
            [[0, 1, 1, nan, 0], [-inf, -inf, inf, 0, inf]],
            [0, inf, 0, nan, 0],
        ),
        "log_rising": (_math.log_rising, [[0, 1, 3, nan], [2, 0, 0, 1]], [0, 0, 0, nan]),
        "one_minus_exp": (_math.one_minus_exp, [[0, tiny, inf, nan]], [0, tiny, 1, nan]),
        "divergence": (_math.divergence, [[0, 0, 1, 1], [1, 0, 1, 0], [1, nan, 0, inf]], [1, nan, 0, inf]),
        "softplus_tail": (_math.softplus_tail, [both[:3]], [0, 0, nan]),
        "sigmoids-p": (part(_math.sigmoids, 0), [both], [1, 0, nan, 0.5, 0.5]),
        "sigmoids-q": (part(_math.sigmoids, 1), [both], [0, 1, nan, 0.5, 0.5]),
        "softmax-p": (of_softmax("p"), [certain + unknown], [[0, 1, 0]] * 2 + nans),
        "softmax-q": (of_softmax("q"), [certain + unknown], [[1, 0, 1]] * 2 + nans),
        "softmax-nll": (of_softmax("nll"), [certain + unknown], [[inf, 0, inf]] * 2 + nans),
        "neg_log_softmax": (_math.neg_log_softmax, labeled_ends, [inf, 0, inf] * 2 + [nan] * 6),
        "softmax_minus_label": (_math.softmax_minus_label, labeled_ends, slopes),
        "norm-2": (of_order(_math.norm, 2.0), [[[0, 0], [inf, 1], [nan, inf]]], [0, inf, nan]),
        "norm-3": (of_order(_math.norm, 3.0), [[[0, 0], [inf, 1], [nan, inf]]], [0, inf, nan]),
        **{
            f"{f.__name__}-{p:g}-0": (of_order(f, p), [[[0, 0]]], [[0, 0]])
            for f in (_math.norm_grad, _math.norm_hess)
            for p in (1.0, 1.5, 2.0, 3.0, inf)
        },
        "norm_hvp-0": (lambda v, x, xp: _math.norm_hvp(v, x, 2.0, xp), [[[1, 2]], [[0, 0]]], [[0, 0]]),
        "cosine-0": (field(_math.cosine, "c"), [[[0, 0], [1, 2]], [[1, 2], [0, 0]]], [[0], [0]]),
        "total": (_math.total, [[[1, inf], [inf, -inf], [tiny, 0]]], [[inf], [nan], [tiny]]),
        "positions": (largest, [[[3, 5], [4, 2]]], [[0, 1], [1, 0]]),
    }


@pytest.mark.parametrize("name", ends(0))
@in_each_way
def test_ends(name: str, way: Way) -> None:
    compute, arrays, result = ends(float(np.finfo(way.dtype).smallest_normal))[name]
    got = computed(
        way, compute, *[a if isinstance(a, np.ndarray) else np.asarray(a, way.dtype) for a in arrays]
    )
    np.testing.assert_array_equal(got, np.asarray(result, way.dtype))


SLOPES = {
    **{
        f"norm-{p:g}": (of_order(_math.norm, p), [[0, 0], [0, 2]], [[0, 0], [0, 1]])
        for p in (1, 1.5, 2, 3, inf)
    },
    "relu": (_math.relu, [-1, 0, 1], [0, 0, 1]),
    "negative_part": (_math.negative_part, [-1, 0, 1], [-1, -1, 0]),
    "absolute": (_math.absolute, [-1, 0, 1], [-1, -1, 1]),
    "least": (lambda x, xp: _math.least(x, 0.0, xp), [-1, 0, 1], [1, 1, 0]),
    "by_sign": (lambda x, xp: _math.by_sign(x, 2.0, 3.0, xp), [-1, 0, 1], [-3, -3, 2]),
    "log_cosh": (_math.log_cosh, [-inf, 0, inf], [-1, 0, 1]),
    "tanh": (_math.tanh, [-inf, 0, inf], [0, 1, 0]),
    "step": (_math.step, [-1, 0, 1], [0, 0, 0]),
    "signed_times": (lambda y, xp: _math.signed_times(y, y + 2.0, xp), [-1, 0, 1], [0, 2, 4]),
    "largest": (lambda x, xp: _math.largest(x, xp), [1, 1, 0], [1, 0, 0]),
    "power in the exponent": (lambda c, xp: _math.power(0.0 * c, c, xp), [0.5, 1, 2], [0, 0, 0]),
}


@pytest.mark.parametrize("name", SLOPES)
def test_slopes_at_kinks(name: str, autodiff: Library) -> None:
    compute, at, slopes = SLOPES[name]
    way = Way(autodiff, "differentiated", "float32")
    x = autodiff.array(at, way.dtype)
    (got,) = autodiff.gradients(lambda x: way.namespace(x).sum(compute(x, xp=way.namespace(x))), (x,))
    np.testing.assert_array_equal(autodiff.to_numpy(got), slopes)
