"""Finds the constant that minimizes a loss, from its derivatives alone."""

from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np

from lossary._check import mistake
from lossary.integrations.boosting._kinds import Point, Values

Evaluate = Callable[[Any, Any, Any], Point]

_MOST = 100.0
"""A logit or log-rate beyond this stands for a probability or rate of 0."""
_STEPS = 2000
_FLAT = 1e-12


def best_constant(
    name: str, evaluate: Evaluate, targets: Values, weights: Values | None, *, is_log: bool
) -> float:
    """The point where the summed loss turns from falling to rising, by bisection.

    If `is_log`, the constant is a logarithm, and large ones count as infinite.
    """
    targets, weights = _distinct(targets, weights)

    def slope(x: float) -> float:
        total = float(evaluate(np.full(targets.shape, x), targets, weights).grad.sum())
        if not isfinite(total):
            raise mistake(
                "L012", f"{name}: the slope at {x:g} is {total}", fix="look for NaN in targets and weights"
            )
        return total

    low, high = -1.0, 1.0
    while slope(low) > 0:
        low *= 2.0
    while slope(high) < 0:
        high *= 2.0
    while low < (middle := low + (high - low) / 2.0) < high:
        if slope(middle) < 0:
            low = middle
        else:
            high = middle
    if is_log and abs(high) > _MOST:
        raise _no_best(name)
    return high


def best_row(
    name: str,
    evaluate: Evaluate,
    curvature: Callable[[Point], Values],
    targets: Values,
    weights: Values | None,
) -> Values:
    """The best class scores, with mean 0: steps of slope over curvature until the slope vanishes."""
    ids, weights = _distinct(targets, weights)
    classes = int(ids.max()) + 1
    if len(ids) < classes:
        raise _no_best(name)
    row, total = np.zeros(classes), weights.sum()
    for _ in range(_STEPS):
        at = evaluate(np.tile(row, (classes, 1)), ids, weights)
        slope = at.grad.sum(axis=0)
        if np.abs(slope).max() <= _FLAT * total:
            break
        row = row - slope / curvature(at).sum(axis=0)
    return np.asarray(row - row.mean())


def _distinct(targets: Values, weights: Values | None) -> tuple[Values, Values]:
    """The distinct targets, each with its total weight."""
    if targets.size == 0:
        raise mistake("L007", "init_score: there are no targets")
    values, where = np.unique(targets, return_inverse=True)
    return values, np.bincount(where.ravel(), None if weights is None else weights).astype(np.float64)


def _no_best(name: str) -> Exception:
    return mistake(
        "L401",
        f"{name}: there is no best constant, because the loss keeps falling toward infinity",
        why="all targets are equal, or a class has no examples",
        fix="start at 0, as without init_score",
    )
