"""Rows for the losses of margins: tiny, on both sides of every kink and on it, huge, infinite."""

from math import inf, log

from tests.cases import Case
from tests.cases.classification import DISTRIBUTIONS

_SCORES = [1e-30, -1e-8, 0.25, -0.5, 1 - 2**-20, 1 + 2**-20, -1 + 2**-20, -1 - 2**-20, 3.0, -7.5, 40.0]
_SCORES += [-80.0, 1e4, -1e15]
_N = len(_SCORES)
HARD = (_SCORES * 2, [0] * _N + [1] * _N)
_MILD = [0.25, -0.5, 1.0, -1.0, 3.0, -3.0, 1e4, -1e4]
SOFT = (_MILD * 3, [0.125] * 8 + [0.5] * 8 + [0.9375] * 8)
PM1 = {"labels_in": "pm1"}
SIGNS = (HARD[0], [-1] * _N + [1] * _N)
KINKS = ([1.0, -1.0, 0.0, 0.0, -1.0, 1.0], [1, 0, 1, 0, 1, 0])
"""Right by 1, undecided, wrong by 1: each with the label 1 and 0."""
INFINITE = ([inf, -inf, inf, -inf, inf, -inf], [1, -1, -1, 1, 0, 0])
"""Right, wrong, and with a label in the middle."""


def _binary(loss: str, slopes: list, bends: list, far: tuple, middle: float) -> list[Case]:
    """With the derivatives at `KINKS` for the label 1, those of what is infinitely wrong, and the middle."""
    slope, bend = far
    return [
        Case("hard", loss, HARD),
        Case("signs", loss, SIGNS, PM1),
        Case("soft", loss, SOFT),
        Case(
            "kinks", loss, KINKS, grad=[s * g for g in slopes for s in (1, -1)],
            hess=[b for b in bends for _ in range(2)], smooth=False,
        ),
        Case(
            "infinite", loss, INFINITE, PM1, value=[0, 0, inf, inf, middle, middle],
            grad=[0, 0, slope, -slope, 0, 0], hess=[0, 0, bend, bend, 0, 0], smooth=False,
        ),
    ]  # fmt: skip


ROWS = [
    [0.25, -1.0, 0.5, 2.0],
    [1.0, -2.0, 0.5, 1.125],
    [40.0, -36.5, 7.75, -9.25],
    [-80.0, 1e3, 0.0, 980.0],
    [1e4, 1e4 - 0.75, 1e4 - 3, -1e4],
    [1e-8, 0.0, -1e-8, 2e-8],
    [0.1, 0.3, 30.0, 0.7],
    [1.5, 1.25, 0.75, 1.0],
]
IDS = [2, 3, 0, 1, 1, 3, 0, 3]
MARKS = [[1, 0, 0, 1], [0, 0, 0, 1], [0, 1, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]]
MARKS += [[0, 1, 0, 1]]
SOFT_MARKS = [[0.5 * m + 0.25 * (i % 3) for m in row] for i, row in enumerate(MARKS)]
MASKED = [[0.5, -inf, 1.75, -inf], [-inf, 2.0, -inf, -inf], [40.0, -inf, 0.0, 1.5]]
MASKED_IDS = [2, 1, 3]
MASKED_MARKS = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]]
ONE_CLASS = ([[3.0], [0.0]], [0, 0])
TIES = ([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [2.0, 2.0, 0.0], [1.0, 0.0, 0.0]], [1, 0, 2, 0])
IMPOSSIBLE = ([[0.0, -inf, 1.25], [inf, 0.0, 0.0], [0.0, inf, 1.0]], [1, 0, 0])
"""A label that cannot be, one that is certain, and another that is."""
MANY = [*DISTRIBUTIONS, [0.5, 0.25, 0.125, 0.125]]
WEIGHTS = {"class_weights": [1.0, 0.25, 3.0, 0.0]}
_NONE = [0, 0, 0]


def _ids(loss: str, options: dict | None = None, name: str = "") -> list[Case]:
    options = options or {}
    per_class = ("class_weights",) if "class_weights" in options else ()
    return [
        Case(f"{name}ids", loss, (ROWS, IDS), options, per_class),
        Case(f"{name}masked", loss, (MASKED, MASKED_IDS), options, per_class),
    ]


def _stated(loss: str, name: str, arrays: tuple, options: dict | None = None, **results: list) -> Case:
    results = {"hess": [_NONE] * len(arrays[0]), **results}
    return Case(name, loss, arrays, options or {}, smooth=False, **results)


_AT_ONE = 0.2689414213699951  # 1 / (1 + e)
_BENDS = [_AT_ONE - _AT_ONE**2, 0.25, _AT_ONE - _AT_ONE**2]

CASES = [
    *_binary("hinge", [0, -1, -1], [0, 0, 0], (1, 0), 1),
    *_binary("squared_hinge", [0, -2, -4], [0, 2, 2], (inf, 2), 1),
    *_binary("logistic", [-_AT_ONE, -0.5, _AT_ONE - 1], _BENDS, (1, 0), log(2)),
    *_binary("perceptron", [0, -1, -1], [0, 0, 0], (1, 0), 0),
    *_binary("sparsemax", [0, -0.5, -1], [0, 0.5, 0.5], (1, 0), 0.25),
    *_ids("multiclass_hinge"),
    *_ids("multiclass_hinge", {"margin": 0.3}, "margin-"),
    *_ids("multiclass_hinge", WEIGHTS, "weighted-"),
    Case("one-class", "multiclass_hinge", ONE_CLASS),
    _stated(
        "multiclass_hinge", "ties", TIES, value=[1, 1, 3, 0],
        grad=[[1, -1, 0], [-1, 1, 0], [1, 0, -1], _NONE],
    ),
    _stated(
        "multiclass_hinge", "impossible", IMPOSSIBLE, value=[inf, 0, inf],
        grad=[[0, -1, 1], _NONE, [-1, 1, 0]],
    ),
    *_ids("multiclass_perceptron"),
    *_ids("multiclass_perceptron", WEIGHTS, "weighted-"),
    Case("one-class", "multiclass_perceptron", ONE_CLASS, grad=[[0], [0]], hess=[[0], [0]], smooth=False),
    _stated(
        "multiclass_perceptron", "ties", TIES, value=[0, 0, 2, 0],
        grad=[[1, -1, 0], [-1, 1, 0], [1, 0, -1], _NONE],
    ),
    _stated(
        "multiclass_perceptron", "impossible", IMPOSSIBLE, value=[inf, 0, inf],
        grad=[[0, -1, 1], _NONE, [-1, 1, 0]],
    ),
    *_ids("multi_margin"),
    *_ids("multi_margin", {"power": 2, "margin": 1.375}, "squared-"),
    *_ids("multi_margin", {"power": 2, **WEIGHTS}, "weighted-"),
    Case("one-class", "multi_margin", ONE_CLASS),
    _stated(
        "multi_margin", "ties", ([[1.0, 0.0, 1.0]], [0]), value=[1 / 3], grad=[[-1 / 3, 0, 1 / 3]]
    ),
    _stated(
        "multi_margin", "ties-squared", ([[1.0, 0.0, 1.0]], [0]), {"power": 2}, value=[1 / 3],
        grad=[[-2 / 3, 0, 2 / 3]], hess=[[2 / 3, 0, 2 / 3]],
    ),
    _stated(
        "multi_margin", "impossible", IMPOSSIBLE, value=[inf, 0, inf],
        grad=[[1 / 3, -2 / 3, 1 / 3], _NONE, [-2 / 3, 1 / 3, 1 / 3]],
    ),
    *_ids("multiclass_sparsemax"),
    *_ids("multiclass_sparsemax", WEIGHTS, "weighted-"),
    *[
        Case(f"{name}distributions", "multiclass_sparsemax", (ROWS, MANY), options, tuple(options))
        for name, options in (("", {}), ("weighted-", WEIGHTS))
    ],
    Case("one-class", "multiclass_sparsemax", ONE_CLASS),
    Case(
        "nearly-right", "multiclass_sparsemax", ([[0.0, -1 + 2**-20], [3 + 2**-20, 4.0]], [0, 1]),
        value=[2**-42] * 2, grad=[[-(2**-21), 2**-21], [2**-21, -(2**-21)]], hess=[[0.5, 0.5]] * 2,
    ),
    _stated("multiclass_sparsemax", "edge", ([[1.0, 0.0, 0.0]], [0]), value=[0], grad=[_NONE]),
    _stated(
        "multiclass_sparsemax", "impossible", IMPOSSIBLE, value=[inf, 0, inf],
        grad=[[0, -1, 1], _NONE, [-1, 1, 0]],
    ),
    *[
        Case(f"{name}{kind}", "multilabel_soft_margin", (ROWS, marks), options, tuple(options))
        for name, options in (("", {}), ("weighted-", WEIGHTS))
        for kind, marks in (("marks", MARKS), ("soft", SOFT_MARKS))
    ],
    Case("smoothed", "multilabel_soft_margin", (ROWS, SOFT_MARKS), {"label_smoothing": 0.1}),
    Case("masked", "multilabel_soft_margin", (MASKED, MASKED_MARKS)),
    _stated(
        "multilabel_soft_margin", "impossible", ([[inf, -inf, 0.0]] * 2, [[1, 0, 1], [0, 1, 0]]),
        value=[log(2) / 3, inf], grad=[[0, 0, -1 / 6], [1 / 3, -1 / 3, 1 / 6]], hess=[[0, 0, 1 / 12]] * 2,
    ),
    Case("marks", "multilabel_margin", (ROWS, MARKS)),
    Case("soft", "multilabel_margin", (ROWS, SOFT_MARKS)),
    Case("masked", "multilabel_margin", (MASKED, MASKED_MARKS)),
    _stated(
        "multilabel_margin", "ties", ([[1.0, 0.0, 0.0]], [[1, 0, 1]]), value=[1 / 3],
        grad=[[0, 1 / 3, -1 / 3]],
    ),
    _stated(
        "multilabel_margin", "impossible", ([[-inf, 0.0, 1.0], [inf, inf, 0.0]], [[1, 0, 0], [1, 1, 0]]),
        value=[inf, 0], grad=[[-2 / 3, 1 / 3, 1 / 3], _NONE],
    ),
]  # fmt: skip
