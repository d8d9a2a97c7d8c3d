"""Value, gradient and second derivative of every row, on every library, in every dtype."""

from typing import Any

import numpy as np
import pytest

import lossary
from tests.accuracy import assert_close, exact, inputs
from tests.cases import Case, all_cases, first_of_each
from tests.catalogue import NO_LOSSES
from tests.libraries import HALVES, Library

CASES = all_cases()
FIRST_OF_EACH = first_of_each()
FUSED = 4 * 2.0**-23
"""Compilers fuse a value differently when a derivative is computed beside it."""


def options_of(case: Case, xp: Library, dtype: str) -> dict[str, Any]:
    return {k: xp.array(v, dtype) if k in case.per_class else v for k, v in case.options.items()}


def skip_for_brevity(case: Case, xp: Library) -> None:
    if xp.is_brief and case not in FIRST_OF_EACH:
        pytest.skip("one row of each loss will do")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_value_gradient_and_curvature(case: Case, dtype: str, xp: Library) -> None:
    if dtype not in xp.float_dtypes():
        pytest.skip(f"no {dtype} there")
    skip_for_brevity(case, xp)
    arrays = [xp.array(a) for a in inputs(case, dtype)]
    results = xp.call(
        lossary.value_grad_hess(case.function), *arrays, reduction="none", **options_of(case, xp, dtype)
    )
    for order, result in enumerate(results):
        assert xp.dtype_of(result) == dtype
        assert_close(xp.to_numpy(result), exact(case, order, dtype), dtype, case.bounds(dtype)[order], case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_plain_call_gives_the_same_value(case: Case, library: Library) -> None:
    skip_for_brevity(case, library)
    arrays = [library.array(a) for a in inputs(case, "float32")]
    options = options_of(case, library, "float32") | {"reduction": "none"}
    plain = library.to_numpy(library.call(case.function, *arrays, **options))
    derived = library.to_numpy(library.call(lossary.value_and_grad(case.function), *arrays, **options)[0])
    np.testing.assert_allclose(plain, derived, rtol=FUSED)


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("case", FIRST_OF_EACH, ids=str)
def test_half_precision_is_computed_in_float32(case: Case, half: str, library: Library) -> None:
    if library.name.startswith(("numpy", "strict", "dask", "cubed", "ndonnx")) and (
        half == "bfloat16" or "strict" in library.name
    ):
        pytest.skip(f"no {half} there")
    clipped = [np.clip(a, -6e4, 6e4) if a.dtype.kind == "f" else a for a in inputs(case, "float32")]
    rounded = [library.array(a, half if a.dtype.kind == "f" else None) for a in clipped]
    wide = [
        library.array(library.to_numpy(a).astype("float32") if b.dtype.kind == "f" else b)
        for a, b in zip(rounded, clipped, strict=True)
    ]
    options = options_of(case, library, "float32") | {"reduction": "none"}
    loss = lossary.value_and_grad(case.function)
    value, grad = library.call(loss, *rounded, **options)
    value32, grad32 = library.call(loss, *wide, **options)
    assert library.dtype_of(value) == "float32"
    assert library.dtype_of(grad) == half
    # One may be computed by another library than the other: each is within the bound of the row.
    within = max(FUSED, 2 * case.bounds("float32")[0] * 2.0**-23)
    np.testing.assert_allclose(library.to_numpy(value), library.to_numpy(value32), rtol=within)
    with np.errstate(over="ignore"):
        rounded = library.to_numpy(library.array(library.to_numpy(grad32), half))
    one_ulp = 2.0**-10 if half == "float16" else 2.0**-7
    np.testing.assert_allclose(
        np.asarray(library.to_numpy(grad), dtype="float32"),
        np.asarray(rounded, dtype="float32"),
        rtol=one_ulp,
    )


def test_every_loss_has_cases() -> None:
    losses = {name for name in lossary.__all__ if hasattr(getattr(lossary, name), "__code__")}
    of_pairs = (
        "barlow_twins",
        "circle",
        "info_nce",
        "multi_similarity",
        "nt_xent",
        "sigmoid_contrastive",
        "supervised_contrastive",
        "vicreg",
    )
    losses -= {*NO_LOSSES, *of_pairs, "ctc", "rnnt", "linear_arcface", "linear_cross_entropy"}
    assert losses == {case.loss for case in CASES}
