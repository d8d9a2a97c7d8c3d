"""Sums and multiples of losses: value, gradient and Hessian are those of the terms, on every library."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest

import lossary
from lossary.kernel import call, loss
from tests.cases import Case, first_of_each, first_of_each_kind
from tests.libraries import Library
from tests.test_values import options_of

RNG = np.random.default_rng(5)
N, CLASSES = 6, 4
X, Y = RNG.normal(size=(2, N, 2)).astype("float32")
TABLE = RNG.normal(size=(N, CLASSES)).astype("float32")
PROBS, OTHERS = RNG.dirichlet(np.ones(CLASSES), size=(2, N)).astype("float32")
BITS, IDS = RNG.integers(2, size=(N, CLASSES)), RNG.integers(CLASSES, size=N)
WEIGHTS = RNG.uniform(0.5, 2.0, N).astype("float32")
WHERE = np.arange(N) % 3 != 1
FACTOR = 0.25


class Pair(NamedTuple):
    """Two losses of the same arrays."""

    first: Any
    second: Any
    arrays: tuple[np.ndarray, np.ndarray]
    reduction: str = "mean"

    def __str__(self) -> str:
        return f"{self.first.__name__}-{self.second.__name__}"


PAIRS = [
    Pair(lossary.huber, lossary.log_cosh, (X, Y)),
    Pair(lossary.squared_error, lossary.pinball, (X, Y), "none"),
    Pair(lossary.sigmoid_binary_cross_entropy, lossary.sigmoid_focal, (TABLE, BITS), "weighted_mean"),
    Pair(lossary.binary_cross_entropy, lossary.squared_error, (PROBS, OTHERS), "sum"),
    Pair(lossary.softmax_cross_entropy, lossary.softmax_focal, (TABLE, IDS), "none"),
    Pair(lossary.softmax_cross_entropy, lossary.softmax_kl_divergence, (TABLE, OTHERS)),
    Pair(lossary.kl_divergence, lossary.jensen_shannon, (PROBS, OTHERS)),
    Pair(lossary.cosine_distance, lossary.cosine_similarity, (X, Y)),
]
each_pair = pytest.mark.parametrize("pair", PAIRS, ids=str)


def sum_of(pair: Pair) -> Any:
    @loss
    def both(x: Any, y: Any, *, weights: Any = None, where: Any = None, reduction: str = "mean") -> Any:
        how = {"weights": weights, "where": where, "reduction": reduction}
        return FACTOR * call(pair.first, x, y, **how) + call(pair.second, x, y, **how)

    return both


def expected(pair: Pair, **how: Any) -> list[np.ndarray]:
    """By NumPy, term by term."""
    terms = [lossary.value_grad_hess(one)(*pair.arrays, **how) for one in (pair.first, pair.second)]
    return [FACTOR * a + b for a, b in zip(*terms, strict=True)]


def close(got: Any, want: Any, factor: float = 1.0) -> None:
    scale = np.abs(want).max(initial=1e-3)
    np.testing.assert_allclose(got, want, rtol=0, atol=2e-6 * factor * scale)


@each_pair
def test_value_gradient_and_hessian_are_those_of_the_terms(pair: Pair, xp: Library) -> None:
    if xp.name == "mlx-compiled" and pair.second in (lossary.softmax_focal, lossary.sigmoid_focal):
        pytest.skip("MLX 0.32 fails to compile some graphs of that size: IndexError")
    how = {"weights": WEIGHTS, "where": WHERE}
    derive = lossary.value_grad_hess(partial(sum_of(pair), reduction=pair.reduction))
    given = {name: xp.array(v) for name, v in how.items()}
    found = xp.call(derive, *map(xp.array, pair.arrays), **given)
    for got, want in zip(found, expected(pair, reduction=pair.reduction, **how), strict=True):
        assert xp.dtype_of(got) == "float32"
        close(xp.to_numpy(got), want)


@pytest.mark.parametrize("pair", PAIRS[::3], ids=str)
def test_the_plain_call_and_the_gradient_alone(pair: Pair, library: Library) -> None:
    arrays = [library.array(a) for a in pair.arrays]
    value, grad, _ = expected(pair)
    close(library.to_numpy(library.call(sum_of(pair), *arrays)), value)
    got_value, got = library.call(lossary.value_and_grad(sum_of(pair)), *arrays)
    close(library.to_numpy(got_value), value)
    close(library.to_numpy(got), grad)


FIRST_OF_EACH_KIND = first_of_each_kind()


@pytest.mark.parametrize("case", first_of_each(), ids=str)
def test_every_loss_with_a_penalty(case: Case, library: Library) -> None:
    if library.is_brief and case not in FIRST_OF_EACH_KIND:
        pytest.skip("the engine does the same for all of a kind")

    @loss
    def penalized(x: Any, *others: Any, **options: Any) -> Any:
        return 2.0 * call(case.function, x, *others, **options) + FACTOR * call(lossary.squared_error, x, 0.0)

    first, *others = map(np.asarray, case.arrays)
    first = np.clip(first, -50.0, 50.0).astype("float32")
    arrays = [first, *[a.astype("float32") if a.dtype.kind == "f" else a for a in others]]
    arrays = [library.array(a) for a in arrays]
    options = options_of(case, library, "float32")
    value, grad = library.call(lossary.value_and_grad(case.function), *arrays, **options)
    got_value, got = library.call(lossary.value_and_grad(penalized), *arrays, **options)
    close(library.to_numpy(got_value), 2 * library.to_numpy(value) + FACTOR * np.mean(first**2))
    close(library.to_numpy(got), 2 * library.to_numpy(grad) + FACTOR * 2 * first / first.size)


@each_pair
def test_automatic_differentiation(pair: Pair, autodiff: Library) -> None:
    arrays = [autodiff.array(a) for a in pair.arrays]
    (got,) = autodiff.gradients(sum_of(pair), arrays)
    close(autodiff.to_numpy(got), expected(pair)[1])


def test_automatic_differentiation_through_what_was_computed(autodiff: Library) -> None:
    """It needs no arguments."""

    @loss
    def halved(x: Any, y: Any) -> Any:
        return call(lossary.huber, 0.5 * x, y) + call(lossary.squared_error, x, y)

    (got,) = autodiff.gradients(halved, [autodiff.array(X), autodiff.array(Y)])
    of_half = lossary.value_and_grad(lossary.huber)(0.5 * X, Y)[1]
    close(autodiff.to_numpy(got), 0.5 * of_half + lossary.value_and_grad(lossary.squared_error)(X, Y)[1])


@pytest.mark.of("jax")
@pytest.mark.parametrize("pair", PAIRS[::2], ids=str)
def test_jax_differentiates_twice(pair: Pair) -> None:
    import jax

    hessian = jax.jit(jax.hessian(sum_of(pair)))(*map(jax.numpy.asarray, pair.arrays))
    size, diagonal = pair.arrays[0].size, expected(pair)[2]
    close(np.diagonal(hessian.reshape(size, size)), diagonal.ravel(), 4)


@loss
def distilled(student: Any, teacher: Any, labels: Any, *, share: float = 0.5, z_weight: float = 0.0) -> Any:
    """A loss of two others, with arguments by names of its own."""
    soft = call(lossary.softmax_kl_divergence, student, teacher)
    return share * soft + (1.0 - share) * call(
        lossary.softmax_cross_entropy, student, labels, z_weight=z_weight
    )


def test_arguments_by_name_and_numbers(xp: Library) -> None:
    arrays = {"student": TABLE, "teacher": OTHERS, "labels": IDS}
    soft = lossary.value_and_grad(lossary.softmax_kl_divergence)(TABLE, OTHERS)
    hard = lossary.value_and_grad(lossary.softmax_cross_entropy)(TABLE, IDS, z_weight=0.1)
    given = {name: xp.array(a) for name, a in reversed(arrays.items())}
    derive = partial(lossary.value_and_grad(distilled, wrt="student"), share=0.25, z_weight=0.1)
    value, grad = xp.call(derive, **given)
    close(xp.to_numpy(value), 0.25 * soft[0] + 0.75 * hard[0])
    close(xp.to_numpy(grad), 0.25 * soft[1] + 0.75 * hard[1])


def test_one_name_in_a_tuple_and_the_first_by_default(library: Library) -> None:
    given = [library.array(a) for a in (TABLE, OTHERS, IDS)]
    grads = [library.call(lossary.value_and_grad(distilled, wrt=w), *given)[1] for w in (("student",), None)]
    assert isinstance(grads[0], tuple | list)
    np.testing.assert_array_equal(library.to_numpy(grads[0][0]), library.to_numpy(grads[1]))


def test_a_sum_of_sums(library: Library) -> None:
    @loss
    def outer(x: Any, y: Any) -> Any:
        return 2.0 * call(sum_of(PAIRS[0]), x, y) * 3.0 + call(lossary.squared_error, x, y)

    inner, ridge = expected(PAIRS[0]), lossary.value_grad_hess(lossary.squared_error)(X, Y)
    found = library.call(lossary.value_grad_hess(outer), library.array(X), library.array(Y))
    for got, a, b in zip(found, inner, ridge, strict=True):
        close(library.to_numpy(got), 6.0 * a + b)


def test_a_term_without_the_array_counts_in_the_value_alone(library: Library) -> None:
    @loss
    def both(x: Any, y: Any) -> Any:
        return call(lossary.squared_error, y, 0.0) + call(lossary.huber, x, y)

    value, grad = library.call(lossary.value_and_grad(both, wrt="x"), library.array(X), library.array(Y))
    of_huber = lossary.value_and_grad(lossary.huber)(X, Y)
    close(library.to_numpy(value), np.mean(Y**2) + of_huber[0])
    close(library.to_numpy(grad), of_huber[1])


def test_gradients_in_several_arrays(library: Library) -> None:
    """Of losses that have more than one, by the names of the sum."""
    weight = RNG.normal(size=(CLASSES, 2)).astype("float32")

    @loss
    def regularized(states: Any, table: Any, labels: Any) -> Any:
        of_labels = call(lossary.linear_cross_entropy, states, table, labels, label_smoothing=0.1)
        return of_labels + 0.5 * call(lossary.squared_error, table, 0.0)

    derive = lossary.value_and_grad(regularized, wrt=("table", "states"))
    value, (of_table, of_states) = library.call(derive, *map(library.array, (X, weight, IDS)))
    plain = lossary.value_and_grad(lossary.linear_cross_entropy, wrt=("weight", "hidden"))
    want, (of_weight, of_hidden) = plain(X, weight, IDS, label_smoothing=0.1)
    close(library.to_numpy(value), want + 0.5 * np.mean(weight**2), 4)
    close(library.to_numpy(of_table), of_weight + weight / weight.size, 4)
    close(library.to_numpy(of_states), of_hidden, 4)


def test_losses_of_pairs(library: Library) -> None:
    @loss
    def contrast(images: Any, texts: Any, *, temperature: Any) -> Any:
        how = {"temperature": temperature}
        return call(lossary.info_nce, images, texts, **how) + FACTOR * call(
            lossary.sigmoid_contrastive, images, texts, bias=-1.0, **how
        )

    derive = lossary.value_and_grad(contrast, wrt=("images", "texts"))
    value, grads = library.call(derive, library.array(X), library.array(Y), temperature=0.5)
    terms = [
        lossary.value_and_grad(one, wrt=("anchors", "positives"))(X, Y, temperature=0.5, **options)
        for one, options in ((lossary.info_nce, {}), (lossary.sigmoid_contrastive, {"bias": -1.0}))
    ]
    close(library.to_numpy(value), terms[0][0] + FACTOR * terms[1][0], 4)
    for got, a, b in zip(grads, terms[0][1], terms[1][1], strict=True):
        close(library.to_numpy(got), a + FACTOR * b, 4)


def test_arrays_by_partial_and_by_keywords_of_any_name(library: Library) -> None:
    """They were given, although not by the names of arguments."""

    @loss
    def both(*arrays: Any, **how: Any) -> Any:
        return FACTOR * call(lossary.huber, *arrays, **how) + call(lossary.log_cosh, *arrays, **how)

    x, y, weights = map(library.array, (X, Y, WEIGHTS))
    _, grad, _ = expected(PAIRS[0], weights=WEIGHTS)
    for function in (sum_of(PAIRS[0]), both):
        for derive, how in (
            (lossary.value_and_grad(function), {"weights": weights}),
            (lossary.value_and_grad(partial(function, weights=weights)), {}),
        ):
            close(library.to_numpy(library.call(derive, x, y, **how)[1]), grad)
