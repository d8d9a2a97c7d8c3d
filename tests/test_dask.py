"""dask: chunks along all axes, the class axis too; nothing is computed early, nor ever held as a whole."""

import sys
from typing import Any

import numpy as np
import pytest

import lossary
from tests.cases import Case, first_of_each
from tests.libraries import ALL, selected
from tests.memory import said_of

if all(library.needs != "dask.array" for library in selected()):
    pytest.skip("dask is not selected", allow_module_level=True)

import dask
import dask.array as da

pytestmark = pytest.mark.of("dask.array")


def fail(*args: Any, **options: Any) -> None:
    raise AssertionError("something was computed")


@pytest.mark.parametrize("case", first_of_each(), ids=str)
def test_no_loss_computes_anything(case: Case) -> None:
    chunked = ALL["dask"].array
    arrays = [chunked(a) if np.ndim(a) else a for a in case.arrays]
    options = {k: chunked(v) if k in case.per_class else v for k, v in case.options.items()}
    with dask.config.set(scheduler=fail):
        value, gradient = lossary.value_and_grad(case.function)(*arrays, **options)
        total = lossary.total(case.function)(*arrays, **options)
        assert isinstance(value, da.Array)
        assert isinstance(total.weighted_mean(), da.Array)
        # Two axes brought to one are cut anew, and so are the four numbers of a box; a list is sorted whole.
        cut_anew = "class_axis" in options or "iou" in case.loss or case.loss in ("cox", "list_mle")
        if not cut_anew:
            assert gradient.chunks == arrays[0].chunks


def test_masks_and_weights_are_as_lazy() -> None:
    rows, ids = da.ones((6, 4), chunks=2), da.ones(6, dtype="int64", chunks=3)
    with dask.config.set(scheduler=fail):
        lossary.softmax_cross_entropy(rows, ids, label_smoothing=0.1, weights=da.ones(6), where=ids > 0)


def test_unknown_chunks_are_named() -> None:
    x = da.ones(6, chunks=3)
    with pytest.raises(lossary.LossInputError, match="unknown sizes"):
        lossary.huber(x[x > 0], x[x > 0])


_OUT_OF_CORE = """
import dask, dask.array as da, numpy as np
import lossary

watched()
rng = da.random.default_rng(0)
logits = rng.normal(size=(4000, 16384), chunks=(500, 2048))
ids = rng.integers(16384, size=4000, chunks=500)
with np.errstate(all="ignore"), dask.config.set(scheduler="synchronous"):
    found = float(lossary.softmax_cross_entropy(logits, ids))
    most = peak()
    rows = [np.asarray(x[:500].compute()) for x in (logits, ids)]
    first = float(lossary.softmax_cross_entropy(logits[:500], ids[:500]))
    plain = float(lossary.softmax_cross_entropy(*rows))
json.dump([found, most, first, plain], sys.stdout)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_half_a_gigabyte_of_logits_is_never_in_memory() -> None:
    """4000 rows of 16,384 classes in float64, in chunks of 8 MB that cut both axes."""
    found, peak, first, plain = said_of(_OUT_OF_CORE)
    # log Σ exp of 16,384 standard normal numbers is log 16384 + ½, and a label's own is 0 on average.
    assert found == pytest.approx(np.log(16384) + 0.5, abs=0.05)
    assert peak < 150  # MB, of 500 for the logits alone
    assert first == pytest.approx(plain, rel=1e-12)
