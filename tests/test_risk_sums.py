"""Sums over those at risk: by differences in float32 on NumPy, by pairs of neighbors everywhere else."""

from typing import Any

import numpy as np
import pytest

import lossary
from tests.libraries import Library

LONG = 3000


def lists(spread: float, grades: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores that spread over a range, relevances of a few grades or all different, and few events."""
    rng = np.random.default_rng(7)
    scores = rng.uniform(0, spread, (2, LONG))
    scores[0, :2] = 0, spread
    places = np.tile(np.arange(LONG), (2, 1))
    grade = rng.integers(0, grades, (2, LONG)) if grades else rng.permuted(places, axis=1)
    events = rng.random((2, LONG)) < 0.2
    return scores.astype("float32"), grade.astype("float32"), events.astype("float32")


@pytest.mark.parametrize("grades", [0, 2, 50])
@pytest.mark.parametrize("spread", [0.5, 11.0, 13.0, 80.0])
def test_float32_is_float64_rounded(spread: float, grades: int, library: Library) -> None:
    """Up to a range of 12, the sums are differences. The sums of float64 never are."""
    if library.needs not in ("numpy", "torch"):
        pytest.skip("sums are never differences there")
    scores, grade, events = lists(spread, grades)
    calls: list[tuple[Any, tuple[np.ndarray, ...]]] = [
        (lossary.list_mle, (scores, grade)),
        (lossary.cox, (scores, -grade, events)),
    ]
    for loss, arrays in calls:
        found = []
        for dtype in ("float32", "float64"):
            of = lossary.value_and_grad(loss)
            results = library.call(of, *[library.array(a, dtype) for a in arrays], reduction="none")
            found.append([library.to_numpy(r).astype("float64") for r in results])
        for single, double in zip(*found, strict=True):
            np.testing.assert_allclose(single, double, rtol=2e-5, atol=2e-6 * np.abs(double).max())
