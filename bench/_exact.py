"""Exact results: values and both derivatives in closed form, to 60 digits, with their limits.

Each formula is written out by hand from the definition of the loss. `bench._verify` compares it with the
textbook formula in `tests.reference`, differentiated numerically. A result is kept as the sum of its positive
and the sum of its negative terms, as the product and chain rules give them. The larger of the two sets the
unit of an error: a difference cannot be better than the rounding of its terms.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import numpy as np

from bench._exact_errors import of_robust_error
from bench._exact_terms import Signed, focal_of_logit, focal_of_prob, focal_of_row, signed
from bench._variants import Variant

mp.mp.dps = 60


@dataclass(frozen=True)
class Exact:
    """Exact results as a double plus the rest, and the larger of their two sides. NaN: undefined."""

    high: np.ndarray
    low: np.ndarray
    size: np.ndarray

    def at(self, kept: np.ndarray) -> "Exact":
        return Exact(self.high[kept], self.low[kept], self.size[kept])


def exact(variant: Variant, x: np.ndarray, y: np.ndarray, options: dict[str, Any]) -> tuple[Exact, ...]:
    """Value, gradient and diagonal Hessian in `x`, for each example."""
    of_example = {
        "logits": _of_logit,
        "probs": _of_prob,
        "errors": _of_error,
        "rows": _of_logits,
        "wide rows": _of_logits,
        "prob rows": _of_probs,
        "log rows": _of_log_probs,
    }[variant.grid.partition(" of ")[0]]
    found = [of_example(variant, _number(a), _number(b), options) for a, b in zip(x, y, strict=True)]
    return tuple(_pack([example[order] for example in found]) for order in range(3))


def _number(a: Any) -> Any:
    if isinstance(a, np.ndarray):
        return [mp.mpf(float(v)) for v in a]
    return int(a) if a.dtype.kind == "i" else mp.mpf(float(a))


def _pack(results: list[Any]) -> Exact:
    flat = [_round(r) for result in results for r in (result if isinstance(result, list) else [result])]
    shape = (len(results), -1) if isinstance(results[0], list) else (-1,)
    return Exact(*(np.asarray(part).reshape(shape) for part in zip(*flat, strict=True)))


def _round(result: Signed) -> tuple[float, float, float]:
    total = result.up - result.down
    high = float(total)
    low = float(total - high) if np.isfinite(high) else 0.0
    return high, low, float(max(result.up, result.down))


def _smoothed(y: Any, options: dict[str, Any], among: int = 2) -> Any:
    """A label whose smoothed part is spread over so many classes; over 0 if this class cannot have any."""
    amount = mp.mpf(options.get("label_smoothing", 0))
    return (1 - amount) * y + (amount / among if among else 0)


def _sides(y: Any, options: dict[str, Any]) -> tuple[Any, Any]:
    """The weights of the loss for a positive and a negative label."""
    pos, neg = _smoothed(y, options), _smoothed(1 - y, options)
    if "alpha" in options:
        pos, neg = mp.mpf(options["alpha"]) * pos, (1 - mp.mpf(options["alpha"])) * neg
    return mp.mpf(options.get("pos_weight", 1)) * pos, neg


def _mixed(pos: Any, of_one: list[list], neg: Any, of_other: list[list]) -> list[Signed]:
    """Two terms, the second falling where the first rises: their odd derivatives differ in sign."""
    found = []
    for order in range(3):
        terms = [pos * t for t in of_one[order]] if pos else []
        terms += [(-1) ** order * neg * t for t in of_other[order]] if neg else []
        found.append(signed(terms))
    return found


def _of_logit(variant: Variant, x: Any, y: Any, options: dict[str, Any]) -> list[Signed]:
    pos, neg = _sides(y, options)
    return _mixed(pos, focal_of_logit(x, variant.gamma), neg, focal_of_logit(-x, variant.gamma))


def _of_prob(variant: Variant, p: Any, y: Any, options: dict[str, Any]) -> list[Signed]:
    pos, neg = _sides(y, options)
    q = 1 - p
    if "min_prob" in options:
        least = mp.mpf(options["min_prob"])
        p, q = (least, 1 - least) if p < least else (1 - least, least) if q < least else (p, q)
    return _mixed(pos, focal_of_prob(p, q, variant.gamma), neg, focal_of_prob(q, p, variant.gamma))


def _row(labels: Any, can_be: list[bool], options: dict[str, Any]) -> list[Any]:
    row = labels if isinstance(labels, list) else [mp.mpf(int(j == labels)) for j in range(len(can_be))]
    row = [_smoothed(t, options, sum(can_be) * ok) for t, ok in zip(row, can_be, strict=True)]
    weights = options.get("class_weights")
    return row if weights is None else [t * mp.mpf(float(w)) for t, w in zip(row, weights, strict=True)]


def _of_logits(variant: Variant, z: list, labels: Any, options: dict[str, Any]) -> list[Any]:
    target = _row(labels, [x != mp.ninf for x in z], options)
    return list(focal_of_row(z, target, variant.gamma))


def _of_probs(variant: Variant, p: list, labels: Any, options: dict[str, Any]) -> list[Any]:
    target = _row(labels, [True] * len(p), options)
    each = [focal_of_prob(x, 1 - x, variant.gamma) if t else None for x, t in zip(p, target, strict=True)]
    orders = [[signed(t * v for v in f[k]) if t else _NONE for t, f in zip(target, each, strict=True)]
              for k in range(3)]  # fmt: skip
    return [_sum(orders[0]), orders[1], orders[2]]


def _of_log_probs(variant: Variant, log_p: list, labels: Any, options: dict[str, Any]) -> list[Any]:
    target = _row(labels, [x != mp.ninf for x in log_p], options)
    value = signed(-t * x for t, x in zip(target, log_p, strict=True) if t)
    return [value, [signed([-t]) for t in target], [_NONE] * len(target)]


def _of_error(variant: Variant, x: Any, y: Any, options: dict[str, Any]) -> list[Signed]:
    if mp.isinf(x) and x == y:
        return [Signed(mp.nan, mp.nan)] * 3
    e = x - y
    if variant.loss == "squared_error":
        return [signed([e * e]), signed([2 * e]), signed([mp.mpf(2)])]
    if variant.loss == "absolute_error":
        return [signed([abs(e)]), signed([mp.sign(e)]), _NONE]
    if variant.loss != "huber":
        return of_robust_error(variant.loss, e, options)
    delta = mp.mpf(options["delta"])
    if abs(e) <= delta:
        return [signed([e * e / 2]), signed([e]), signed([mp.mpf(1)])]
    return [signed([delta * (abs(e) - delta / 2)]), signed([delta * mp.sign(e)]), _NONE]


_NONE = Signed(mp.mpf(0), mp.mpf(0))


def _sum(parts: Iterable[Signed]) -> Signed:
    parts = list(parts)
    return Signed(mp.fsum(p.up for p in parts), mp.fsum(p.down for p in parts))
