"""Where a result may be farther from the exact one than its bound, how far, and why."""

import re
from typing import NamedTuple

from bench._run import Row

OF_PROBABILITIES = ("binary_cross_entropy", "binary_focal", "categorical_cross_entropy", "categorical_focal")


BOTH = ("float64", "float32")
IN_FLOAT32 = ("float64", "float32", "bfloat16", "float16")
"""For values, which are float32 for 16-bit inputs."""


class Allowance(NamedTuple):
    """A documented exception."""

    losses: tuple[str, ...]
    variants: str
    """A pattern searched for in the names of the option sets it applies to."""
    orders: tuple[str, ...]
    dtypes: tuple[str, ...]
    bound: float | None
    """In ULP; None for a finite number where the exact result is infinite."""
    reason: str

    def covers(self, row: Row) -> bool:
        return (
            row.loss in self.losses
            and row.order in self.orders
            and row.dtype in self.dtypes
            and re.search(self.variants, row.variant) is not None
        )


_POWER = (
    "The γ-th power of 1 - p has γ times the relative error of 1 - p. 1 - p is a quotient of sums of"
    " exponentials, which the libraries compute to 1 ULP (torch) to 2.5 ULP (NumPy in float32). A form"
    " with the power inside the exponential is twice as exact, but 4 times as slow on NumPy and twice as"
    " slow on JAX."
)
_ROUNDED = (
    "1 - p is rounded, by up to half a ULP, and its γ-th power has γ times that relative error, plus"
    " that of the multiplications."
)
_SUMS = (
    "The gradient has a factor that is a sum over the other 999 classes, in the order in which the"
    " library adds them; XLA adds constants one by one."
)
_PRODUCTS = (
    "t·(1 - p) nearly cancels p times the labels of the other classes. Each factor is rounded several"
    " times (p holds an exponential, within 2.5 ULP in NumPy's float32); the error is counted in units"
    " of the larger product."
)
_DIAL = (
    "A power, minus 1, of 1 plus the square of a rounded ratio: near the transition from squared to"
    " robust, the roundings of the ratio, the logarithm and the power count one and a half times each."
)


ALLOWANCES = [
    Allowance(
        OF_PROBABILITIES,
        "",
        ("grad",),
        ("float64", "float32", "bfloat16"),
        None,
        "At a probability of exactly 0 that should be positive the derivative is infinite. lossary returns"
        " -t/tiny, where t is the label's weight and tiny the smallest normal number of the computation's"
        " dtype. Times the derivative 0 of a saturated sigmoid that gives 0; infinity would give NaN.",
    ),
    Allowance(("general_robust",), "", ("value",), IN_FLOAT32, 8, _DIAL),
    Allowance(("softmax_focal",), "gamma 5", ("value",), IN_FLOAT32, 20, _POWER),
    Allowance(("softmax_focal",), "gamma 5", ("grad",), BOTH, 20, _POWER),
    Allowance(("softmax_focal",), "gamma 5", ("hess",), BOTH, 24, _POWER),
    Allowance(("softmax_focal",), "gamma 2|smoothing", ("value",), IN_FLOAT32, 12, _POWER),
    Allowance(("softmax_focal",), "gamma 2|smoothing", ("grad",), BOTH, 10, _POWER),
    Allowance(("softmax_focal",), "gamma 2|smoothing", ("hess",), BOTH, 12, _POWER),
    Allowance(("softmax_focal",), "gamma (0.5|1)$", ("value",), IN_FLOAT32, 8, _POWER),
    Allowance(("softmax_focal",), "gamma (0.5|1)$", ("grad",), BOTH, 7, _POWER),
    Allowance(("sigmoid_focal",), "", ("value",), IN_FLOAT32, 8, _POWER),
    Allowance(("sigmoid_focal",), "gamma 5", ("value", "grad", "hess"), IN_FLOAT32, 14, _POWER),
    Allowance(("sigmoid_focal", "binary_focal"), "", ("grad",), BOTH, 9, _POWER),
    Allowance(("binary_focal", "categorical_focal"), "", ("value",), BOTH, 8, _ROUNDED),
    Allowance(("categorical_focal",), "gamma 5", ("grad",), BOTH, 8, _ROUNDED),
    Allowance(("softmax_cross_entropy",), "1000 classes", ("grad", "hess"), BOTH, 10, _SUMS),
    Allowance(("softmax_cross_entropy",), "distributions|smoothing", ("grad",), BOTH, 8, _PRODUCTS),
]


def over(row: Row) -> bool:
    """Whether a row exceeds its bound without a documented reason."""
    tally, allowed = row.tally, [a for a in ALLOWANCES if a.covers(row)]
    limit = max([row.bound, *[a.bound for a in allowed if a.bound is not None]])
    capped = tally.capped and all(a.bound is not None for a in allowed)
    return bool(tally.ulp > limit or tally.nan or tally.nan_at_inf or tally.inf or capped)
