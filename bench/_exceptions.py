"""Where a result may be farther from the exact one than the bounds say, how far, and why."""

from typing import NamedTuple

from bench._run import Row

OF_PROBABILITIES = ("binary_cross_entropy", "binary_focal", "categorical_cross_entropy", "categorical_focal")


class Allowance(NamedTuple):
    """A documented exception."""

    losses: tuple[str, ...]
    order: str
    dtypes: tuple[str, ...]
    bound: float | None
    """In ULP; None: a finite number where the exact result is infinite."""
    reason: str

    def covers(self, row: Row) -> bool:
        return row.loss in self.losses and row.order == self.order and row.dtype in self.dtypes


ALLOWANCES = [
    Allowance(
        OF_PROBABILITIES,
        "grad",
        ("float64", "float32", "bfloat16"),
        None,
        "At a probability of exactly 0 that should be positive the derivative is infinite; returned is"
        " -t/tiny, with t the label's weight and tiny the smallest normal number of the computation's dtype."
        " Times the derivative 0 of a saturated sigmoid that is 0, where infinity would be NaN.",
    ),
]


def over(row: Row) -> bool:
    """Whether a row exceeds its bound without a documented reason."""
    tally, allowed = row.tally, [a for a in ALLOWANCES if a.covers(row)]
    limit = max([row.bound, *[a.bound for a in allowed if a.bound is not None]])
    capped = tally.capped and all(a.bound is not None for a in allowed)
    return bool(tally.ulp > limit or tally.nan or tally.nan_at_inf or tally.inf or capped)
