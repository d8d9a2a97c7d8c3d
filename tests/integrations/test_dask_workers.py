"""dask on two worker processes: more than either may hold, with class ids, weights and a mask."""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import lossary
from tests.integrations.needs import needs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="memory is asked of the system")

da, distributed = needs("dask.array"), needs("distributed")

ROWS, CLASSES, CHUNK = 5_000_000, 20, 100_000
WHOLE = ROWS * CLASSES * 8 / 2**20
"""The logits, in MB."""
LIMIT = 600
"""Of each worker: beyond it dask ends its process."""
CE = lossary.softmax_cross_entropy


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, memory_limit=f"{LIMIT}MB", dashboard_address=":0"
    )
    with cluster, distributed.Client(cluster) as client:
        yield client


def arrays() -> tuple[Any, Any, Any, Any]:
    """Logits, class ids, weights and a mask, which the workers make chunk by chunk."""
    rng = da.random.default_rng(0)
    logits = rng.normal(size=(ROWS, CLASSES), chunks=(CHUNK, CLASSES))
    ids = rng.integers(0, CLASSES, size=ROWS, chunks=CHUNK)
    weights = rng.uniform(0.5, 1.5, size=ROWS, chunks=CHUNK)
    return logits, ids, weights, ids != 3


def peak() -> float:
    """The most memory that this process has had, in MB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def test_no_worker_holds_the_whole(client: Any) -> None:
    logits, ids, weights, where = arrays()
    before = client.run(peak)
    with np.errstate(all="ignore"):
        total = lossary.total(CE)(logits, ids, weights=weights, where=where)
        found, count = client.compute([total.weighted_mean(), total.count], sync=True)
    after = client.run(peak)
    assert len(after) == 2
    for worker, most in after.items():
        assert before[worker] < most < LIMIT < WHOLE  # each did a part, and none all of it
    assert count == int(client.compute(where.sum(), sync=True))
    # log Σ exp of 20 standard normal numbers, by the sum of as many: what a label has is 0 on average.
    sample = np.random.default_rng(1).normal(size=(400_000, CLASSES))
    assert found == pytest.approx(np.mean(np.log(np.sum(np.exp(sample), axis=-1))), abs=2e-3)


def test_some_chunks_are_what_numpy_says(client: Any) -> None:
    some = [a[: 2 * CHUNK] for a in arrays()]
    here = client.compute(some, sync=True)
    lazy = lossary.value_and_grad(CE)(*some[:2], weights=some[2], where=some[3])
    value, gradient = client.compute(list(lazy), sync=True)
    want, slope = lossary.value_and_grad(CE)(*here[:2], weights=here[2], where=here[3])
    assert value == pytest.approx(float(want), rel=1e-12)
    np.testing.assert_allclose(gradient, slope, rtol=1e-10, atol=1e-18)
