"""Check the closed forms in `bench._exact` against the tests' textbook formulas, differentiated numerically.

Two derivations that share only the definition of the loss must agree to the last bits of double precision, on
ordinary points of every grid. Numerical derivatives cannot check limits and ends.
"""

import numpy as np

from bench._exact import exact
from bench._grids import inputs
from bench._variants import Variant
from tests import reference

_POINTS, _ROWS = 25, 6


def verify(variant: Variant, seed: int) -> int:
    """Raise if the two disagree. Return the number of results compared."""
    if variant.wide:
        return 0  # the same formula as the other rows, and numerical derivatives take a second each
    x, y = inputs(variant.grid, "float64", seed)
    ordinary = np.flatnonzero(_ordinary(variant, x, y).reshape(len(x), -1).all(-1))
    count = _ROWS if variant.rows else _POINTS
    chosen = np.random.default_rng(seed).choice(ordinary, count, replace=False)
    x, y = x[chosen], y[chosen]
    formula = reference.formula(variant.loss)
    compared = 0
    for order, closed in enumerate(exact(variant, x, y, variant.options)):
        textbook = reference.expected(formula, order, (x, y), variant.options).result
        off = np.abs(textbook - closed.high) > 1e-15 * closed.size
        if off.any():
            i = np.argwhere(off)[0]
            raise AssertionError(
                f"{variant}, order {order}: at {x[i[0]]}, {y[i[0]]} closed form {closed.high[tuple(i)]!r},"
                f" textbook {textbook[tuple(i)]!r}"
            )
        compared += textbook.size
    return compared


def _ordinary(variant: Variant, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Where a step of about 1e-60 is suitable, no kink is near and `min_prob` has no effect."""
    if "prob" in variant.grid:
        return (x > 1e-6) & (x < 1 - 1e-6)
    if variant.grid == "errors":
        kinks = ("delta", "tolerance", "scale")
        error = np.abs(x - y)
        kink = next((variant.options[name] for name in kinks if name in variant.options), 0.0)
        return (np.abs(x) < 1e9) & (error > 1e-9) & (np.abs(error - kink) > 1e-9)
    return np.isfinite(x) & (np.abs(x) < 100)
