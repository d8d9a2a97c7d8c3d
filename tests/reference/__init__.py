"""The textbook formula of every loss in arbitrary precision: where the expected numbers come from.

A formula returns the *terms* whose sum is the loss of one example. Derivatives are numerical ones of the
formula at 60 digits, or at 400 where the function is large and its slope is not. The largest term says in
which units a result can be judged: a sum of terms of opposite sign cannot be better than the rounding of
its largest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from inspect import unwrap
from typing import Any

import mpmath as mp
import numpy as np

from tests.reference import (
    boxes,
    classification,
    divergences,
    likelihoods,
    lists,
    margins,
    metric,
    preferences,
    regression,
    segmentation,
)
from tests.reference.terms import Terms

mp.mp.dps = 60
_MANY_DIGITS = 400  # exp(-745), the smallest number of float64, beside 1e4

_FAMILIES = (
    *(boxes, classification, divergences, likelihoods, margins),
    *(lists, metric, preferences, regression, segmentation),
)


def formula(loss: str) -> Callable[..., Terms]:
    """The textbook formula of a loss."""
    return next(getattr(family, loss) for family in _FAMILIES if hasattr(family, loss))


@cache
def of_each(formula: Callable[..., Terms]) -> Callable[..., Terms]:
    """The formula of rows, of one number each."""

    def of_number(x: Any, *others: Any, **options: Any) -> Terms:
        return formula([x], *[[y] for y in others], **options)

    return of_number


def core_axes(formula: Callable[..., Terms]) -> int:
    """How many axes an example of the first array has."""
    beside = [f for family in _FAMILIES for f in getattr(family, "NUMBERS", ())]
    if getattr(formula, "position", 0) and unwrap(formula) in beside:
        return 0
    kinds = {"ROWS": 1, "TABLES": 2}
    return sum(kinds[k] for f in _FAMILIES for k in kinds if unwrap(formula) in getattr(f, k, ()))


@cache
def with_first(formula: Callable[..., Terms], position: int) -> Callable[..., Terms]:
    """The formula with the array of this position first, to be differentiated in that."""

    @wraps(formula)
    def moved(x: Any, *others: Any, **options: Any) -> Terms:
        return formula(*others[:position], x, *others[position:], **options)

    vars(moved)["position"] = position
    return moved


def with_constants(
    formula: Callable[..., Terms], x: Any, *others: Any, **options: Any
) -> Callable[..., Terms]:
    """The formula to differentiate at x, in which what is a constant for derivatives has its value at x."""
    held = getattr(formula, "held", None)
    return held(x, *others, **options) if held else formula


@dataclass(frozen=True)
class Expected:
    """Exact results, rounded to double, and the magnitude of their largest term."""

    result: np.ndarray
    magnitude: np.ndarray


def expected(
    formula: Callable[..., Terms], order: int, arrays: tuple[np.ndarray, ...], options: dict
) -> Expected:
    """The exact loss of each example, or its derivatives in the first array (class axis last)."""
    first, *others = arrays
    shape = first.shape[: first.ndim - core_axes(formula)]
    result = np.zeros(first.shape if order else shape)
    magnitude = np.zeros_like(result)
    for index in np.ndindex(shape):
        beside = tuple(_exact(a[index]) for a in others)
        at = _exact(first[index])
        of_example = with_constants(formula, at, *beside, **options)
        for where, terms in _terms(of_example, order, at, beside, _frozen(options)).items():
            total = mp.fsum(terms)
            result[index + where] = float(total)
            magnitude[index + where] = float(max(abs(t) for t in [total, *terms]))
    return Expected(result, magnitude)


@cache
def _terms(formula: Callable[..., Terms], order: int, x: Any, beside: tuple, options: Any) -> dict:
    frozen, options = options, dict(options)
    ys = [list(y) if isinstance(y, tuple) else y for y in beside]
    if not isinstance(x, tuple):
        return {(): _differentiate(lambda v: formula(v, *ys, **options), x, order)}
    if order == 0:
        return {(): formula(list(x), *ys, **options)}
    if isinstance(x[0], tuple):

        def of_table(i: int) -> Callable[..., Terms]:
            return lambda line, *others, **options: formula([*x[:i], line, *x[i + 1 :]], *others, **options)

        lines = [_terms(of_table(i), order, line, beside, frozen) for i, line in enumerate(x)]
        return {(i, *j): terms for i, line in enumerate(lines) for j, terms in line.items()}
    return {
        (j,): _differentiate(lambda v, j=j: formula([*x[:j], v, *x[j + 1 :]], *ys, **options), x[j], order)
        for j in range(len(x))
    }


def _differentiate(terms: Callable[[Any], Terms], at: Any, order: int) -> Terms:
    if order == 0:
        return terms(at)
    if mp.isinf(at):
        return [mp.mpf(0)]

    @cache
    def at_once(v: Any, precision: int) -> Terms:
        """All terms at a point, which each of them asks for in its turn."""
        return terms(v)

    heights = terms(at)
    return [
        _slope(lambda v, i=i: at_once(v, mp.mp.prec)[i], at, order, height)
        for i, height in enumerate(heights)
    ]


def _slope(term: Callable[[Any], Any], at: Any, order: int, height: Any) -> Any:
    slope = mp.diff(term, at, order)
    if abs(slope) < 1e-30 * abs(height):
        with mp.workdps(_MANY_DIGITS):
            slope = mp.diff(term, at, order)
    return slope


def _exact(x: Any) -> Any:
    if isinstance(x, np.ndarray) and x.ndim:
        return tuple(_exact(v) for v in x)
    return int(x) if np.asarray(x).dtype.kind in "iu" else mp.mpf(float(x))


def _frozen(options: dict) -> tuple:
    return tuple((k, tuple(v) if isinstance(v, list) else v) for k, v in sorted(options.items()))
