"""Sums of millions, sums beyond float16, and every loss on random inputs however compilers compute it."""

import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

import lossary
from lossary import _kernel as k
from lossary._kernel import Argument, Kernel
from tests.accuracy import assert_close, exact, inputs
from tests.cases import Case, all_cases
from tests.libraries import HALVES, Library, selected
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


KERNELS = [
    kernel
    for loss in sorted({case.loss for case in all_cases()})
    for kernel in vars(sys.modules[getattr(lossary, loss).__module__]).values()
    if isinstance(kernel, Kernel)
]
"""Every loss; one that takes class ids and distributions twice."""


def spread(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Normal, of another width in each row. Beyond 80 the digits of the reference do not suffice."""
    width = rng.choice([0.1, 1.0, 5.0, 20.0], (shape[0],) + (1,) * (len(shape) - 1))
    return np.clip(rng.normal(size=shape) * width, -80, 80)


def rows(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    e = np.exp(3 * rng.normal(size=shape))
    return e / e.sum(axis=-1, keepdims=True)


def sure_or_not(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    p = rng.random(shape) if len(shape) == 1 else rows(rng, shape)
    sure = np.round(p) if len(shape) == 1 else np.eye(shape[1])[p.argmax(axis=-1)]
    return np.where(rng.random((shape[0],) + (1,) * (len(shape) - 1)) < 0.5, sure, p)


CLASSES = 3
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
}


@cache
def random_case(kernel: Kernel) -> Case:
    """Some examples of each of three seeds."""
    examples = 8 if kernel.has_classes else 16
    drawn = [
        [
            DRAWN[argument](rng, (examples, CLASSES) if core else (examples,))
            for argument, core in zip(kernel.takes, kernel.cores, strict=True)
        ]
        for rng in map(np.random.default_rng, range(3))
    ]
    first, second = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    # 1 - p is a quotient of exponentials, and its square has twice their errors.
    ulp = (5.0, 5.0, 8.0) if kernel.name == "softmax_focal" else Case.ulp
    return Case("random", kernel.name, (first, second), ulp=ulp)


@cache
def expected(kernel: Kernel, dtype: str) -> list[Expected]:
    """The curvature of a focal loss crosses zero: its unit is that of the gradient where that is larger."""
    value, grad, hess = (exact(random_case(kernel), order, dtype) for order in range(3))
    if "focal" in kernel.name:
        hess = Expected(hess.result, np.maximum(hess.magnitude, grad.magnitude))
    return [value, grad, hess]


def _jax_with_constant_labels(derive: Any, x: Any, y: Any) -> Any:
    import jax

    return jax.jit(lambda x: derive(x, y))(x)


def _jax_op_by_op(derive: Any, x: Any, y: Any) -> Any:
    import jax

    with jax.disable_jit():
        return derive(x, y)


def _torch_compiled(derive: Any, x: Any, y: Any) -> Any:
    import torch

    return torch.compile(derive, fullgraph=True)(x, y)


MODES: dict[str, tuple[str, Callable[..., Any]]] = {
    "labels constant": ("jax", _jax_with_constant_labels),
    "eager": ("jax", lambda derive, x, y: derive(x, y)),
    "op by op": ("jax", _jax_op_by_op),
    "compiled": ("torch", _torch_compiled),
}
COMPILED = ("huber", "sigmoid_binary_cross_entropy", "softmax_cross_entropy")
"""In torch, where it takes seconds."""


def certified() -> Iterator[Any]:
    for mode, (needs, compute) in MODES.items():
        for library in selected():
            if library.needs != needs or library.is_variant:
                continue
            for kernel in KERNELS:
                brief = kernel.name in COMPILED and k.CLASS_LABELS not in kernel.takes
                for dtype in library.float_dtypes() if needs == "jax" else ["float32"] * brief:
                    name = f"{library.name} {mode}-{kernel.name}{kernel.signature}-{dtype}"
                    yield pytest.param(library, compute, kernel, dtype, id=name)


@pytest.mark.parametrize(("library", "compute", "kernel", "dtype"), list(certified()))
def test_certificate(library: Library, compute: Callable[..., Any], kernel: Kernel, dtype: str) -> None:
    case = random_case(kernel)
    derive = lossary.value_grad_hess(case.function)
    arrays = map(library.array, inputs(case, dtype))
    results = compute(lambda x, y: derive(x, y, reduction="none"), *arrays)
    for result, want, bound in zip(results, expected(kernel, dtype), case.bounds(dtype), strict=True):
        assert_close(library.to_numpy(result), want, dtype, bound, case)
