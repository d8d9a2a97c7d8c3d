"""The inputs: points where losses have gone wrong before, and seeded random points between them."""

from math import inf
from typing import Any

import ml_dtypes
import numpy as np

Array = np.ndarray[Any, Any]

LOGITS = [1e-8, 1e-4, 0.1, 1.0, 8.5, 13.5, 16.0, 17.0, 20.0, 31.0, 37.4, 40.0, 56.0, 80.0, 88.5, 90.0]
LOGITS += [1e3, 1e4]
PROBS = [0.0, 1e-30, 1e-15, 1e-7, 0.1, 0.25, 0.4140625, 0.5, 0.75, 0.9, 1 - 1e-7, 1.0]
LABELS = [0.0, 1.0, 0.1, 0.3, 0.5, 0.9, 1 - 2**-7]
ERRORS = [1e-30, 1e-20, 1e-8, 1e-4, 0.25, 0.5, 0.75, 1.0, 1.0 + 2**-7, 3.0, 100.0, 1e3, 1e8, 1e15, 1e30, inf]
DISTRIBUTIONS = [
    [1.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 1.0],
    [0.25, 0.25, 0.25, 0.25],
    [0.0, 0.875, 0.125, 0.0],
    [1 - 2**-7, 2**-7, 0.0, 0.0],
    [0.1, 0.2, 0.3, 0.4],
]
_CLASSES, _MANY = 4, 1000


def numpy_dtype(dtype: str) -> Any:
    return ml_dtypes.bfloat16 if dtype == "bfloat16" else np.dtype(dtype)


def rounded(values: Any, dtype: str) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(values, dtype="float64").astype(numpy_dtype(dtype))


def inputs(grid: str, dtype: str, seed: int, quick: bool = False) -> tuple[Array, Array]:
    """The two arrays of a call: floats rounded to the dtype, class ids unchanged."""
    kind, _, labels = grid.partition(" of ")
    rng = np.random.default_rng([seed, sum(map(ord, kind))])
    make = {
        "logits": _logits,
        "probs": _probs,
        "errors": _errors,
        "rows": _logit_rows,
        "wide rows": _wide_rows,
        "prob rows": _prob_rows,
        "log rows": _log_rows,
    }[kind]
    made = make(rng, dtype)
    if not labels:
        x, y = made
        x, y = rounded(x, dtype), rounded(y, dtype)
        keep = np.arange(0, len(x), 5 if quick else 1)
        return x[keep], y[keep]
    rows = made[:: 5 if quick else 1]
    if kind == "wide rows":
        return _of_wide_rows(rng, rounded(rows, dtype), labels, dtype)
    return _with_labels(rng, rounded(rows, dtype), labels, dtype)


def _crossed(points: list[float], rng: Any) -> tuple[Array, Array]:
    """Every point with every label, and some points with random labels."""
    x, y = (a.ravel() for a in np.meshgrid(points, LABELS, indexing="ij"))
    extra = rng.choice(points, 200)
    return np.concatenate([x, extra]), np.concatenate([y, rng.uniform(0, 1, 200)])


def _logits(rng: Any, dtype: str) -> tuple[Array, Array]:
    points = [0.0, *LOGITS, *[-x for x in LOGITS], inf, -inf]
    points += [*rng.normal(0, 3, 50), *rng.uniform(-100, 100, 50)]
    if dtype == "float64":
        points += [700.0, -700.0, *rng.uniform(-745, 745, 20)]
    return _crossed(points, rng)


def _prob_points(rng: Any, dtype: str) -> list[float]:
    info = ml_dtypes.finfo(numpy_dtype(dtype))
    points = [*PROBS, float(info.smallest_normal), 1 - float(info.eps)]
    points += [*rng.uniform(0, 1, 50), *(10 ** rng.uniform(-37, 0, 30)), *(1 - 10 ** rng.uniform(-7, 0, 30))]
    if dtype == "float64":
        points += [*(10 ** rng.uniform(-307, -37, 10)), *(1 - 10 ** rng.uniform(-15, -7, 10))]
    return points


def _probs(rng: Any, dtype: str) -> tuple[Array, Array]:
    return _crossed(_prob_points(rng, dtype), rng)


def _errors(rng: Any, dtype: str) -> tuple[Array, Array]:
    """Errors of every size around 0; ties; pairs that differ in their last bits; random pairs."""
    errors = [0.0, *ERRORS, *[-e for e in ERRORS], *(10 ** rng.uniform(-20, 18, 60)), *rng.normal(0, 2, 60)]
    y = np.asarray([*rng.normal(0, 3, 50), *(10 ** rng.uniform(-5, 10, 50)), 1e15, 1e30, 3.0, -2.5])
    near = rounded(y, dtype).astype("float64")
    eps = float(ml_dtypes.finfo(numpy_dtype(dtype)).eps)
    pairs = [(e, 0.0) for e in errors]
    for away in (0.0, eps, -4 * eps, 1e-3, 0.3):
        pairs += list(zip(near * (1 + away), near, strict=True))
    pairs += list(zip(rng.normal(0, 3, 200), rng.normal(0, 3, 200), strict=True))
    x, y = np.asarray(pairs).T
    return x, y


def _logit_rows(rng: Any, dtype: str) -> list[list[float]]:
    rows = [[0.0] * _CLASSES, [1e-8, 0.0, -1e-8, 1e-4], [1.0, -2.0, 0.5, 1.0], [56.27, -36.44, 7.726, -9.193]]
    for d in LOGITS:
        rows += [[d, 0.0, -1.0, 0.5], [0.0, d, d, -d], [d, 0.5, -inf, 0.5 - d]]
    rows += [[1e4, 1e4 - 1, 1e4 - 3, -1e4], [-80.0, 1e3, 0.0, 1e3 - 20], [-1e4, -1e4 + 10, -1e4, -1e4]]
    rows += [[0.5, -inf, 1.5, -inf], [-inf, 2.0, -inf, -inf], [40.0, -inf, 0.0, 1.0]]
    rows += [[inf, 0.0, 0.0, 1.0], [0.0, inf, -inf, 1.0]]
    for scale in (0.1, 1, 5, 20, 50):
        rows += rng.normal(0, scale, (12, _CLASSES)).tolist()
    for shift in (1e3, -1e4):
        rows += (rng.normal(shift, 10, (6, _CLASSES))).tolist()
    return rows


def _wide_rows(rng: Any, dtype: str) -> list[list[float]]:
    return np.concatenate([rng.normal(0, s, (2, _MANY)) for s in (5, 10, 20)]).tolist()


def _prob_rows(rng: Any, dtype: str) -> list[list[float]]:
    rows = [[p, (1 - p) / 2, (1 - p) / 4, (1 - p) / 4] for p in _prob_points(rng, dtype)]
    return [*rows, [0.25] * _CLASSES, [0.0, 0.0, 0.5, 0.5], [0.0, 1.0, 0.0, 0.0]]


def _log_rows(rng: Any, dtype: str) -> list[list[float]]:
    with np.errstate(divide="ignore"):
        rows = np.log(np.asarray(_prob_rows(rng, dtype))).tolist()
    return [*rows, [-1e-30, -90.0, -1e3, -1e4], [-inf, 0.0, -inf, -inf]]


def _with_labels(rng: Any, rows: Array, labels: str, dtype: str) -> tuple[Array, Array]:
    if labels == "ids":
        return np.repeat(rows, _CLASSES, axis=0), np.tile(np.arange(_CLASSES), len(rows))
    per_row = [*DISTRIBUTIONS, None, None]
    y = np.asarray(
        [rng.dirichlet([0.5] * _CLASSES) if d is None else d for _ in range(len(rows)) for d in per_row]
    )
    return np.repeat(rows, len(per_row), axis=0), rounded(y, dtype)


def _of_wide_rows(rng: Any, rows: Array, labels: str, dtype: str) -> tuple[Array, Array]:
    if labels == "ids":
        wide = rows.astype("float64")
        chosen = [np.argmax(wide, -1), np.argmin(wide, -1), rng.integers(0, _MANY, len(rows))]
        return np.tile(rows, (len(chosen), 1)), np.concatenate(chosen)
    y = rounded(rng.dirichlet([0.1] * _MANY, len(rows)), dtype)
    return rows, y
