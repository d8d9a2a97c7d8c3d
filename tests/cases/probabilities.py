"""Rows for the losses that take probabilities or their logarithms: as they are, to the very ends."""

from math import inf, log

from tests.cases import Case
from tests.cases.classification import DISTRIBUTIONS, IDS, WEIGHTS

_P = [0.5, 0.25, 0.75, 1e-7, 1e-15, 1e-30, 1 - 2**-20, 0.999, 0.4140625, 0.1, 0.9]
_N = len(_P)
HARD = (_P * 2, [0] * _N + [1] * _N)
SOFT = (_P * 3, [0.5] * _N + [0.125] * _N + [0.9] * _N)
ENDS = ([0.0, 1.0, 0.0, 1.0], [0, 1, 1, 0])
TINY32, TINY64 = 2.0**-126, 2.0**-1022

ROWS = [
    [0.25, 0.25, 0.25, 0.25],
    [0.5, 0.125, 0.125, 0.25],
    [1 - 2**-20, 2**-21, 2**-22, 2**-22],
    [1e-30, 0.5, 0.5, 1e-15],
    [0.0, 0.0, 0.5, 0.5],
    [0.0625, 0.0625, 0.125, 0.75],
    [0.0, 0.25, 0.75, 0.0],
]
LOG_ROWS = [
    [log(0.25)] * 4,
    [log(0.5), log(0.125), log(0.125), log(0.25)],
    [-1e-7, -20.0, -30.0, -17.0],
    [-90.0, log(0.5), log(0.5), -1e3],
    [-inf, -inf, log(0.5), log(0.5)],
    [-3.0, -3.5, -1.0, -0.625],
    [-inf, log(0.25), log(0.75), -inf],
]
POSSIBLE = [2, 0, 1, 3, 2, 3, 2]
"""Ids of classes whose probability is not 0."""
POSSIBLE_DISTRIBUTIONS = [*DISTRIBUTIONS[:4], [0.0, 0.0, 0.25, 0.75], DISTRIBUTIONS[5], [0.0, 0.5, 0.5, 0.0]]


def _rows(loss: str, name: str, options: dict, rows: list = ROWS, **bounds: tuple) -> list[Case]:
    per_class = ("class_weights",) if "class_weights" in options else ()
    return [
        Case(f"{name}ids", loss, (rows, POSSIBLE), options, per_class, **bounds),
        Case(f"{name}distributions", loss, (rows, POSSIBLE_DISTRIBUTIONS), options, per_class, **bounds),
    ]


_BCE = "binary_cross_entropy"
_CE = "categorical_cross_entropy"
_POSITIVE = ROWS[:3]
_NLL = "negative_log_likelihood"

CASES = [
    Case("hard", _BCE, HARD),
    Case("soft", _BCE, SOFT),
    Case("smoothed", _BCE, SOFT, {"label_smoothing": 0.1}),
    *[
        case
        for gamma in (0.0, 0.5, 1.0, 2.0, 5.0)
        for case in (
            Case(f"gamma{gamma:g}-hard", "binary_focal", HARD, {"gamma": gamma}),
            Case(f"gamma{gamma:g}-soft", "binary_focal", SOFT, {"gamma": gamma}),
        )
    ],
    Case("alpha", "binary_focal", SOFT, {"alpha": 0.75, "label_smoothing": 0.1}),
    *_rows("brier", "", {}),
    *_rows("brier", "weighted-", WEIGHTS),
    Case("smoothed-ids", "brier", (_POSITIVE, IDS[:3]), {"label_smoothing": 0.1}),
    *_rows(_CE, "", {}),
    *_rows(_CE, "weighted-", WEIGHTS),
    Case("smoothed-ids", _CE, (_POSITIVE, IDS[:3]), {"label_smoothing": 0.1}),
    Case("smoothed-distributions", _CE, (_POSITIVE, DISTRIBUTIONS[:3]), {"label_smoothing": 0.1}),
    *[
        case
        for gamma in (0.0, 0.5, 1.0, 2.0, 5.0)
        for case in _rows("categorical_focal", f"gamma{gamma:g}-", {"gamma": gamma})
    ],
    *_rows("categorical_focal", "weighted-", WEIGHTS),
    *[
        case
        for power in (0.5, 0.75, 1.0, 1e-6)
        for case in _rows(
            "generalized_cross_entropy", f"power{power:g}-", {"power": power}, ulp=(4.0, 5.0, 8.0)
        )
    ],
    *_rows("generalized_cross_entropy", "weighted-", WEIGHTS),
    *_rows(_NLL, "", {}, LOG_ROWS),
    *_rows(_NLL, "both-", {"label_smoothing": 0.25, **WEIGHTS}, LOG_ROWS),
]
