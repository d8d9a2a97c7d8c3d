"""What dask may expect: the same as NumPy of what is computed at last, in several chunks."""

from functools import wraps
from typing import Any

import dask
import dask.array as da
import numpy as np

from tests.contract.demands import demand
from tests.contract.of_numpy import DEMANDED, named
from tests.contract.subjects import EXAMPLES, Subject


def in_chunks(array: np.ndarray) -> Any:
    """With its examples in two chunks."""
    return da.from_array(array, chunks=(EXAMPLES - 1, *array.shape[1:]) if array.ndim else -1)


def _computed_here(check: Any) -> Any:
    @wraps(check)
    def checked(subject: Subject) -> None:
        # In this thread, so that what is set reaches the computation: formulas go through infinities.
        with np.errstate(all="ignore"), dask.config.set(scheduler="synchronous"):
            check(subject)

    return checked


for _demanded in DEMANDED[:2]:  # the others are of plans, which dask shares with NumPy
    demand("dask.array")(_computed_here(named(_demanded, in_chunks)))
