"""Rows for the losses of margins: tiny, on both sides of every kink and on it, huge, infinite."""

from math import inf, log

from tests.cases import Case

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


_AT_ONE = 0.2689414213699951  # 1 / (1 + e)
_BENDS = [_AT_ONE - _AT_ONE**2, 0.25, _AT_ONE - _AT_ONE**2]

CASES = [
    *_binary("hinge", [0, -1, -1], [0, 0, 0], (1, 0), 1),
    *_binary("squared_hinge", [0, -2, -4], [0, 2, 2], (inf, 2), 1),
    *_binary("logistic", [-_AT_ONE, -0.5, _AT_ONE - 1], _BENDS, (1, 0), log(2)),
    *_binary("perceptron", [0, -1, -1], [0, 0, 0], (1, 0), 0),
    *_binary("sparsemax", [0, -0.5, -1], [0, 0.5, 0.5], (1, 0), 0.25),
]
