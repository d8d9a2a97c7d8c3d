"""Errors in units in the last place (ULP), and results that are worse than an error."""

from dataclasses import dataclass, field
from typing import Any

import ml_dtypes
import numpy as np

from bench._exact import Exact
from bench._grids import numpy_dtype
from bench._variants import HALVES

BOUNDS = {"value": 4.0, "grad": 4.0, "hess": 8.0}
"""In ULP, for float64 and float32."""
HALF_BOUND = 1.0
"""For 16-bit results: the right result rounded, or its neighbor."""
FLUSH = 2.0**10
"""Times the smallest normal number: the loss allowed where a library rounds smaller numbers to 0."""


@dataclass
class Tally:
    """How one way of computing one result did over a grid."""

    ulp: float = 0.0
    """The largest error among finite results."""
    count: int = 0
    nan: int = 0
    """NaN where the result is defined and the inputs are finite."""
    nan_at_inf: int = 0
    """NaN where the result is defined and an input is infinite."""
    inf: int = 0
    """Infinite where the result is finite, or of the wrong sign."""
    capped: int = 0
    """Finite where the result is infinite."""
    flushed: int = 0
    """Results lost or inexact because the library rounds numbers below the normal range to 0."""
    worst: dict[str, Any] = field(default_factory=dict)
    """Where the largest error is: `at`, `got` and `exact`. If no digit is right, the largest such result."""
    bad: dict[str, Any] = field(default_factory=dict)
    """A NaN, otherwise a wrong infinity or a finite result that should be infinite."""


def unit_dtype(by: str, given: str, returned: str) -> str:
    """The dtype that sets the unit: the inputs', but float32 where lossary returns that for 16 bits."""
    return returned if by == "lossary" and given in HALVES else given


def bound(order: str, unit: str) -> float:
    return HALF_BOUND if unit in HALVES else BOUNDS[order]


def measure(
    got: np.ndarray, want: Exact, finite: np.ndarray, dtype: str, limit: float
) -> tuple[Tally, np.ndarray]:
    """Compare. `dtype` sets the unit; errors on the tiniest results above `limit` are counted separately.

    The unit is that of the larger of the two sides whose difference is the exact result. Below the normal
    range it is the spacing of subnormal numbers. `finite` marks results with finite inputs. Also returned:
    the error of each result, infinite for results that are worse than an error.
    """
    info = ml_dtypes.finfo(numpy_dtype(dtype))
    tiny, eps, largest = (float(v) for v in (info.smallest_normal, info.eps, info.max))
    got = np.asarray(got).astype("float64").reshape(want.high.shape)
    with np.errstate(invalid="ignore", over="ignore"):
        exact = want.high.astype(numpy_dtype(dtype)).astype("float64")
        size = np.clip(np.nan_to_num(want.size, nan=tiny, posinf=largest), tiny, largest)
        unit = eps * 2.0 ** np.floor(np.log2(size))
        off = np.abs((got - want.high) - want.low)
        error = np.where((got == want.high) & (want.low == 0), 0.0, off / unit)
        beyond = np.isfinite(want.high) & np.isinf(exact)
        error = np.where(beyond & (got == exact), 0.0, error)
        edge = np.isfinite(want.high) & (np.abs(want.high) > largest * (1 - 4 * eps))
    defined = ~np.isnan(want.high)
    nan = defined & np.isnan(got)
    inf = defined & np.isinf(got) & (got != exact) & ~edge
    capped = defined & np.isfinite(got) & np.isinf(exact) & ~edge
    judged = defined & np.isfinite(got) & np.isfinite(exact)
    allowance = FLUSH * float(np.finfo("float64" if dtype == "float64" else "float32").smallest_normal)
    flushed = judged & (error > limit) & (off <= allowance)
    error = np.where(judged & ~flushed, error, 0.0)
    counts = (defined, nan & finite, nan & ~finite, inf, capped, flushed)
    tally = Tally(float(error.max(initial=0.0)), *(int(which.sum()) for which in counts))
    return tally, np.where(nan | inf | capped, np.inf, error)
