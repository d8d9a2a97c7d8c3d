"""Rows of input, from which all tests of a loss follow.

The expected numbers are those of ``tests/reference.py``, to 60 digits; where a derivative is one-sided or a
limit, which no numerical derivative can tell, the row states it.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

import lossary

OF_PAIRS = ("info_nce", "nt_xent", "sigmoid_contrastive", "supervised_contrastive", "linear_cross_entropy")
"""Losses that would become others if there were more examples."""


@dataclass(frozen=True)
class Case:
    """A call of a loss: `arrays` as nested lists, `options` by name."""

    name: str
    loss: str
    arrays: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)
    per_class: tuple[str, ...] = ()
    """Options that are arrays."""
    value: Any = None
    grad: Any = None
    hess: Any = None
    ulp: tuple[float, float, float] = (4.0, 4.0, 8.0)
    """Bounds on value, gradient and second derivative, in ULP."""
    ulp32: tuple[float, float, float] | None = None
    """The same in float32, where they differ."""
    smooth: bool = True
    """False where inputs are infinite or at a kink, where autodiff of a mean has nothing to add."""

    def __str__(self) -> str:
        return f"{self.loss}-{self.name}"

    @property
    def function(self) -> Any:
        return getattr(lossary, self.loss)

    def bounds(self, dtype: str) -> tuple[float, float, float]:
        return self.ulp32 if dtype == "float32" and self.ulp32 else self.ulp


def all_cases() -> list[Case]:
    from tests.cases import (
        boxes,
        classes,
        classification,
        divergences,
        likelihoods,
        margins,
        metric,
        preferences,
        probabilities,
        ranking,
        regression,
        segmentation,
    )

    families = (
        regression,
        likelihoods,
        classification,
        classes,
        probabilities,
        margins,
        segmentation,
        ranking,
        metric,
        divergences,
        preferences,
        boxes,
    )
    return [case for family in families for case in family.CASES]


def first_of_each() -> list[Case]:
    """One row for each loss and kind of labels."""
    return list({c.loss + str(np.ndim(c.arrays[1])): c for c in reversed(all_cases()) if c.smooth}.values())


def first_of_each_kind() -> list[Case]:
    """One row for each number and shape of arrays: what the engine distinguishes."""
    return list({tuple(map(np.ndim, c.arrays)): c for c in reversed(first_of_each())}.values())
