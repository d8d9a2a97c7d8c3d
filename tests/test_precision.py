"""Sums of millions, sums beyond float16, and every loss on random inputs however compilers compute it."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

import lossary
from lossary import _arguments as k
from lossary._kernel import Argument, Kernel
from tests.accuracy import assert_close, exact, inputs
from tests.cases import Case, all_cases
from tests.contract.subjects import asked_for, kernels_of, shape_of
from tests.libraries import HALVES, Library, as_if_on_an_accelerator, selected
from tests.reference import Expected

MANY = 10_000_000
SHAPES = {"all": ((MANY,), None), "columns": ((MANY // 4, 4), 0)}


@cache
def numbers(kind: str) -> np.ndarray:
    """Equal ones are all rounded to the same side where they are added one by one."""
    if kind == "equal":
        return np.full(MANY, 0.1, dtype="float32")
    return np.random.default_rng(0).lognormal(size=MANY).astype("float32")


def assert_summed(library: Library, x: Any, over: int | None, reduction: str) -> None:
    """To 4 ULP: one rounding, and what a sum of partial sums may add to it."""
    zeros = library.array(np.zeros(x.shape), library.dtype_of(x))
    got = library.call(lossary.absolute_error, x, zeros, over=over, reduction=reduction)
    assert library.dtype_of(got) == "float32"
    want = np.asarray(library.to_numpy(x).sum(axis=over, dtype="longdouble"), dtype="float64")
    if reduction == "mean":
        want = want * want.size / np.prod(x.shape)
    errors = np.abs(library.to_numpy(got) - want) / 2.0 ** (np.floor(np.log2(want)) - 23)
    assert errors.max() <= 4, f"{errors} ULP"


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("axes", SHAPES)
@pytest.mark.parametrize("kind", ["lognormal", "equal"])
def test_ten_million_are_summed_to_4_ulp(kind: str, axes: str, reduction: str, library: Library) -> None:
    shape, over = SHAPES[axes]
    assert_summed(library, library.array(numbers(kind).reshape(shape)), over, reduction)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("half", HALVES)
def test_halves_are_summed_in_float32(half: str, reduction: str, library: Library) -> None:
    """A million times 0.1 is more than float16 holds."""
    if library.name in ("numpy", "strict", "dask") and (half == "bfloat16" or library.name == "strict"):
        pytest.skip(f"no {half} there")
    assert_summed(library, library.array(numbers("equal")[: MANY // 10], half), None, reduction)


@pytest.mark.parametrize("half", HALVES)
def test_automatic_gradients_of_halves(half: str, autodiff: Library) -> None:
    logits, ids = np.asarray([[1.0, 2.0], [0.5, -1.5]]), np.asarray([0, 1])
    want = lossary.value_and_grad(lossary.softmax_cross_entropy)(logits, ids)[1]
    (got,) = autodiff.gradients(
        lossary.softmax_cross_entropy, [autodiff.array(logits, half), autodiff.array(ids)]
    )
    assert autodiff.dtype_of(got) == half
    np.testing.assert_allclose(np.asarray(autodiff.to_numpy(got), "float64"), want, rtol=2.0**-8)


KERNELS = [kernel for loss in sorted({case.loss for case in all_cases()}) for kernel in kernels_of(loss)]
"""Every loss; one that takes class ids and distributions twice."""


def spread(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Normal, of another width in each row. Beyond 80 the digits of the reference do not suffice."""
    width = rng.choice([0.1, 1.0, 5.0, 20.0], (shape[0],) + (1,) * (len(shape) - 1))
    return np.clip(rng.normal(size=shape) * width, -80, 80)


def amounts(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Of several orders of magnitude."""
    return np.exp(3 * rng.normal(size=shape))


def rows(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    e = np.exp(3 * rng.normal(size=shape))
    return e / e.sum(axis=-1, keepdims=True)


def sure_or_not(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    p = rng.random(shape) if len(shape) == 1 else rows(rng, shape)
    sure = np.round(p) if len(shape) == 1 else np.eye(shape[-1])[p.argmax(axis=-1)]
    return np.where(rng.random((shape[0],) + (1,) * (len(shape) - 1)) < 0.5, sure, p)


def centers(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Boxes, most of which overlap."""
    return np.concatenate([rng.normal(size=(shape[0], 2)), np.exp(rng.normal(size=(shape[0], 2)))], axis=1)


def corners(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    center, size = np.split(centers(rng, shape), 2, axis=1)
    return np.concatenate([center - size / 2, center + size / 2], axis=1)


CLASSES, PIXELS = 3, 2
DRAWN: dict[Argument, Callable[..., np.ndarray]] = {
    k.PREDICTIONS: spread,
    k.TARGETS: spread,
    k.LOGITS: spread,
    k.PROBS: lambda rng, shape: 1 / (1 + np.exp(3 * rng.normal(size=shape))),
    k.CLASS_PROBS: rows,
    k.LOG_PROBS: lambda rng, shape: np.log(rows(rng, shape)),
    k.LABELS: sure_or_not,
    k.CLASS_IDS: lambda rng, shape: rng.integers(0, CLASSES, shape),
    k.CLASS_LABELS: sure_or_not,
    k.LOG_LABELS: lambda rng, shape: np.log(rows(rng, shape)),
    k.RANKS: lambda rng, shape: rng.integers(0, CLASSES + 1, shape),
    k.BINS: lambda rng, shape: (CLASSES - 1) * sure_or_not(rng, shape),
    k.COSINES: lambda rng, shape: np.cos(np.pi * rng.uniform(0.01, 0.99, shape)),
    k.CHOSEN_LOG_PROBS: lambda rng, shape: -np.exp(2 * rng.normal(size=shape)),
    k.REJECTED_LOG_PROBS: lambda rng, shape: -np.exp(2 * rng.normal(size=shape)),
    k.QUANTITIES: lambda rng, shape: np.exp(2 * rng.normal(size=shape)),
    k.SIGNS: lambda rng, shape: 2 * sure_or_not(rng, shape) - 1,
    k.AMOUNTS: amounts,
    k.TRUE_AMOUNTS: amounts,
    k.RATES: amounts,
    k.LOG_RATES: lambda rng, shape: 3 * rng.normal(size=shape),
    k.CHOSEN: spread,
    k.REJECTED: spread,
    k.LOG_RATIOS: spread,
    k.BASELINES: spread,
    k.LOG_MEANS: lambda rng, shape: 3 * rng.normal(size=shape),
    k.MEANS: amounts,
    k.DISPERSIONS: amounts,
    k.SCALES: amounts,
    k.MEANS_OF_NORMALS: spread,
    k.PRIOR_MEANS: spread,
    k.PRIOR_VARIANCES: amounts,
    k.COUNTS: lambda rng, shape: rng.poisson(np.exp(2 * rng.normal(size=shape))).astype("float64"),
    k.VARIANCES: amounts,
    k.RELEVANCES: lambda rng, shape: rng.integers(0, 4, shape) * rng.choice([1.0, 0.3], (shape[0], 1)),
    Argument("labels"): lambda rng, shape: rng.integers(0, 4, shape).astype(float),
    k.ANCHORS: spread,
    k.POSITIVES: spread,
    k.NEGATIVES: spread,
    k.EMBEDDINGS: spread,
    k.OTHER_EMBEDDINGS: spread,
    k.SCORES: spread,
    k.OTHER_SCORES: spread,
    k.DISTANCES: lambda rng, shape: np.abs(spread(rng, shape)),
    k.POSITIVE_DISTANCES: lambda rng, shape: np.abs(spread(rng, shape)),
    k.NEGATIVE_DISTANCES: lambda rng, shape: np.abs(spread(rng, shape)),
    k.ITEMS: lambda rng, shape: rng.random(shape) < 0.7,
    k.LOG_HAZARDS: spread,
    k.TIMES: lambda rng, shape: rng.integers(0, 3, shape).astype(float),
    k.EVENTS: lambda rng, shape: rng.random(shape) < 0.7,
    Argument("events"): lambda rng, shape: rng.random(shape) < 0.7,
    k.SEGMENTS: lambda rng, shape: rng.integers(0, 2, shape),
    **dict.fromkeys(k.BOXES["corners"], corners),
    **dict.fromkeys(k.BOXES["center"], centers),
}
ROUNDED = ("logistic", "lovasz", "lovasz_hinge", "lovasz_softmax")
"""Of soft labels these take the exponential of a rounded product, or count them: they are drawn hard."""
CROSSING = (
    "asymmetric",
    "orpo",
    "focal",
    "dice",
    "tversky",
    "squared_log_error",
    "generalized_cross_entropy",
    "tukey_biweight",
)
"""Whose curvature crosses zero: its unit is that of the gradient where that is larger."""
WIDER: dict[str, dict[str, tuple[float, float, float]]] = {
    # A gradient in which three sigmoids are multiplied, each a ULP or two off.
    "sigmoid_dice": {"ulp": (4.0, 6.0, 8.0)},
    "sigmoid_tversky": {"ulp": (4.0, 6.0, 8.0)},
    # Squares of sums over sums.
    "generalized_dice": {"ulp": (4.0, 6.0, 6.0)},
    # A power of a loss in which sigmoids are summed.
    "sigmoid_focal_tversky": {"ulp": (6.0, 8.0, 8.0)},
    # Its scale, 4.685, is rounded to the dtype before an error near it is subtracted.
    "tukey_biweight": {"ulp": (4.0, 4.0, 16.0), "ulp32": (4.0, 16.0, 32.0)},
    # Exponentials of rounded differences; sums of five terms, each some units off; curvatures that cross
    # zero; and exponentials of exponentials.
    "simpo": {"ulp": (32.0, 32.0, 32.0)},
    "orpo": {"ulp": (32.0, 32.0, 32.0)},
    # Powers of what is a difference of probabilities.
    "sigmoid_asymmetric": {"ulp": (16.0, 16.0, 16.0)},
    "sigmoid_quality_focal": {"ulp": (16.0, 16.0, 16.0)},
    # Logits, here up to 80, are multiplied by 8, after a margin of 0.35 is subtracted: the
    # exponential has as many units of error as that is large.
    "arcface": {"ulp": (64.0, 64.0, 128.0)},
    "cosface": {"ulp": (128.0, 128.0, 128.0)},
    "negative_binomial": {"ulp": (8.0, 4.0, 64.0)},
    "log_negative_binomial": {"ulp": (8.0, 4.0, 8.0)},
    "student_t_nll": {"ulp": (4.0, 4.0, 64.0)},
    "zero_inflated_poisson": {"ulp": (4.0, 64.0, 64.0)},
    # 1 - p is a quotient of exponentials, and its square has twice their errors.
    # By torch's operations in float64, whose exponential is a unit off, more of them.
    "softmax_focal": {"ulp": (5.0, 8.0, 8.0), "ulp32": (5.0, 5.0, 8.0)},
    # p, in float32 3 ULP off, goes twice into the gradient.
    "softmax_poly1": {"ulp32": (4.0, 6.0, 8.0)},
    "softmax_generalized_cross_entropy": {"ulp32": (4.0, 6.0, 8.0)},
    # Slopes that cross zero: what the distance grows by less what the diagonal does, and areas likewise.
    "generalized_iou": {"ulp": (4.0, 6.0, 12.0)},
    "distance_iou": {"ulp": (4.0, 8.0, 32.0)},
    # An angle that is a difference of products, whose square goes into its share.
    "complete_iou": {"ulp": (4.0, 8.0, 32.0)},
    # Curvatures that are differences, and cross zero.
    "softmax_jensen_shannon": {"ulp": (4.0, 4.0, 12.0)},
    "cosine_distance": {"ulp": (4.0, 4.0, 16.0)},
    "cosine_embedding": {"ulp": (4.0, 4.0, 16.0)},
}


def as_taken(kernel: Kernel, others: list[np.ndarray]) -> list[np.ndarray]:
    """The further arrays, with hard labels where soft ones are rounded."""
    if kernel.name not in ROUNDED:
        return others
    return [np.where(others[0] > 0.0, 1.0, others[0].min()), *others[1:]]


def beside_the_slope(loss: str, hess: Expected, slope: Callable[[], Expected]) -> Expected:
    """The second derivative, in units of the gradient where that is larger, if it crosses zero."""
    if not loss.endswith(CROSSING):
        return hess
    return Expected(hess.result, np.maximum(hess.magnitude, slope().magnitude))


@cache
def random_case(kernel: Kernel) -> Case:
    """Some examples of each of three seeds."""
    examples = 8 if kernel.has_classes else 16
    drawn = [
        [
            DRAWN[argument](rng, shape_of(core, (examples, CLASSES, PIXELS)))
            for argument, core in zip(kernel.takes, kernel.cores, strict=True)
        ]
        for rng in map(np.random.default_rng, range(3))
    ]
    first, *others = map(np.concatenate, zip(*drawn, strict=True))
    others = as_taken(kernel, others)
    wider = WIDER.get(kernel.name, {})
    return Case("random", kernel.name, (first, *others), asked_for(kernel), **wider)


@cache
def expected(kernel: Kernel, dtype: str) -> list[Expected]:
    value, grad, hess = (exact(random_case(kernel), order, dtype) for order in range(3))
    return [value, grad, beside_the_slope(kernel.name, hess, lambda: grad)]


def _jax_with_constant_labels(derive: Any, *arrays: Any) -> Any:
    import jax

    return jax.jit(lambda x: derive(x, *arrays[1:]))(arrays[0])


def _jax_op_by_op(derive: Any, *arrays: Any) -> Any:
    import jax

    with jax.disable_jit():
        return derive(*arrays)


def _torch_compiled(derive: Any, *arrays: Any) -> Any:
    import torch

    return torch.compile(derive, fullgraph=True)(*arrays)


def _torch_on_an_accelerator(derive: Any, *arrays: Any) -> Any:
    with as_if_on_an_accelerator():
        return derive(*arrays)


MODES: dict[str, tuple[str, Callable[..., Any]]] = {
    "labels constant": ("jax", _jax_with_constant_labels),
    "eager": ("jax", lambda derive, *arrays: derive(*arrays)),
    "op by op": ("jax", _jax_op_by_op),
    "compiled": ("torch", _torch_compiled),
    "accelerator": ("torch", _torch_on_an_accelerator),
}
COMPILED = ("huber", "sigmoid_binary_cross_entropy", "softmax_cross_entropy")
"""In torch, where it takes seconds."""


def certified() -> Iterator[Any]:
    for mode, (needs, compute) in MODES.items():
        for library in selected():
            if library.needs != needs or library.is_variant:
                continue
            for kernel in KERNELS:
                if mode == "compiled" and (kernel.name not in COMPILED or k.CLASS_LABELS in kernel.takes):
                    continue
                for dtype in library.float_dtypes() if mode != "compiled" else ("float32",):
                    name = f"{library.name} {mode}-{kernel.name}{kernel.signature}-{dtype}"
                    yield pytest.param(library, compute, kernel, dtype, id=name)


@pytest.mark.parametrize(("library", "compute", "kernel", "dtype"), list(certified()))
def test_certificate(library: Library, compute: Callable[..., Any], kernel: Kernel, dtype: str) -> None:
    case = random_case(kernel)
    derive = lossary.value_grad_hess(case.function)
    arrays = map(library.array, inputs(case, dtype))
    results = compute(lambda *a: derive(*a, reduction="none", **case.options), *arrays)
    for result, want, bound in zip(results, expected(kernel, dtype), case.bounds(dtype), strict=True):
        assert_close(library.to_numpy(result), want, dtype, bound, case)
