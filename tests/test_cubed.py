"""cubed: nothing is computed early, nor ever held as a whole. One row of each loss: tests/test_values.py."""

import sys
from typing import Any

import numpy as np
import pytest

import lossary
from tests.cases import Case, first_of_each
from tests.libraries import ALL, selected
from tests.memory import said_of

if all(library.needs != "cubed" for library in selected()):
    pytest.skip("cubed is not selected", allow_module_level=True)

import cubed
from cubed.runtime.types import DagExecutor

pytestmark = pytest.mark.of("cubed")

CE = lossary.softmax_cross_entropy
RNG = np.random.default_rng(4)
ROWS, IDS = RNG.normal(size=(6, 4)), np.asarray([0, 1, 2, 3, 0, 1])
OTHERS, GROUPS = RNG.normal(size=(6, 4)), np.asarray([0, 0, 1, 1, 2, 2])
HEAD = RNG.normal(size=(5, 4))
WEIGHTS, WHERE, OF_CLASSES = np.arange(6.0), IDS > 0, np.asarray([1.0, 2.0, 3.0, 0.5])


class Refusing(DagExecutor):
    """Runs nothing."""

    @property
    def name(self) -> str:
        return "refusing"

    def execute_dag(self, dag: Any, **options: Any) -> None:
        raise AssertionError("something was computed")


def chunked(array: np.ndarray, **options: Any) -> Any:
    spec = cubed.Spec(allowed_mem="100MB", reserved_mem="0MB", **options)
    return cubed.from_array(array, chunks=tuple(max(1, n // 2) for n in array.shape), spec=spec)


SORTING = (
    "multiclass_sparsemax",
    "crps_ensemble",
    "lovasz",
    "lovasz_hinge",
    "lovasz_softmax",
    "cox",
    "list_mle",
)
"""Losses that sort rows, which cubed cannot."""


@pytest.mark.parametrize("case", [case for case in first_of_each() if case.loss not in SORTING], ids=str)
def test_no_loss_computes_anything(case: Case) -> None:
    def lazy(array: Any) -> Any:
        return chunked(np.asarray(array), executor=Refusing()) if np.ndim(array) else array

    options = {k: lazy(v) if k in case.per_class else v for k, v in case.options.items()}
    value, gradient = lossary.value_and_grad(case.function)(*map(lazy, case.arrays), **options)
    assert isinstance(value, cubed.Array)
    assert isinstance(gradient, cubed.Array)


def _close(loss: Any, *arrays: np.ndarray, **options: Any) -> None:
    """What cubed computes at last is what NumPy computes."""
    library = ALL["cubed"]
    lazy = {k: library.array(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    found = loss(*map(library.array, arrays), **lazy)
    for got, want in zip(found, loss(*arrays, **options), strict=True):
        np.testing.assert_allclose(library.to_numpy(got), want, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    "options",
    [
        {"weights": WEIGHTS, "where": WHERE, "reduction": "weighted_mean"},
        {"class_weights": OF_CLASSES, "label_smoothing": 0.1, "reduction": "none"},
    ],
    ids=["weights and a mask", "classes"],
)
def test_ids_weights_and_masks(options: dict[str, Any]) -> None:
    _close(lossary.value_and_grad(CE), ROWS, IDS, **options)


def test_totals() -> None:
    _close(lossary.total(CE), ROWS, IDS, weights=WEIGHTS, where=WHERE)


@pytest.mark.parametrize(
    ("loss", "arrays", "options"),
    [
        (lossary.info_nce, (ROWS, OTHERS), {}),
        (lossary.info_nce, (ROWS[:, None], OTHERS[:, None]), {"negatives": HEAD, "chunk": 2}),
        (lossary.barlow_twins, (ROWS, OTHERS), {"where": WHERE}),
        (lossary.nt_xent, (ROWS, GROUPS), {"chunk": 2}),
        (lossary.linear_cross_entropy, (ROWS, HEAD, IDS), {"chunk": 2, "strategy": "vocab"}),
        (lossary.linear_arcface, (ROWS, HEAD, IDS[::-1].copy()), {"scale": 4.0}),
    ],
    ids=["info_nce", "negatives", "barlow_twins", "nt_xent", "linear_cross_entropy", "linear_arcface"],
)
def test_losses_in_chunks(loss: Any, arrays: Any, options: dict[str, Any]) -> None:
    _close(lossary.value_and_grad(loss), *arrays, **options)


def test_an_id_that_names_no_class_is_nan() -> None:
    library = ALL["cubed"]
    losses = CE(library.array(ROWS), library.array(IDS + 1), reduction="none")
    np.testing.assert_array_equal(np.isnan(library.to_numpy(losses)), IDS == 3)


def test_what_cubed_cannot_do_is_named() -> None:
    with pytest.raises(lossary.LossTypeError, match="cubed has no sort") as caught:
        lossary.multiclass_sparsemax(chunked(ROWS), chunked(IDS))
    assert (caught.value.code, bool(caught.value.why), bool(caught.value.fix)) == ("L005", True, True)


_OUT_OF_CORE = """
import cubed, cubed.array_api as xp, cubed.random, numpy as np
import lossary

watched()
spec = cubed.Spec(allowed_mem="100MB", reserved_mem="0MB", executor_name="single-threaded")
logits = cubed.random.random((4000, 8192), chunks=(500, 2048), spec=spec)
ids = xp.arange(4000, chunks=500, spec=spec)
weights = xp.ones(4000, chunks=500, spec=spec)
with np.errstate(all="ignore"):
    lazy = lossary.softmax_cross_entropy(logits, ids, weights=weights, where=ids % 4 != 3)
    json.dump([float(lazy.compute()), peak()], sys.stdout)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_quarter_of_a_gigabyte_of_logits_is_never_in_memory() -> None:
    """4000 rows of 8192 classes in float64, where 100 MB are allowed."""
    found, peak = said_of(_OUT_OF_CORE)
    # log Σ exp of 8192 numbers between 0 and 1 is log 8192 + log(e - 1), and a label's own is 1/2 on average.
    assert found == pytest.approx(np.log(8192) + np.log(np.e - 1.0) - 0.5, abs=0.05)
    assert peak < 150  # MB, of 250 for the logits alone
