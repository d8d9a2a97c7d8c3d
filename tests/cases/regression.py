"""Rows for the regression losses. Errors: tiny, ordinary, at the kinks, huge, infinite."""

from math import inf

from tests.cases import Case

ERRORS = [1e-20, -1e-8, 0.25, -0.5, 0.75, 3.0, -1e3, 1e15]
ZEROS = [0.0] * len(ERRORS)
NEAR = ([1.0, -2.5, 1e6], [1.0 - 2**-20, -2.5, 1e6 + 0.5])

CASES = [
    Case("errors", "squared_error", (ERRORS, ZEROS)),
    Case("near", "squared_error", NEAR),
    Case("errors", "absolute_error", (ERRORS, ZEROS)),
    Case("near", "absolute_error", ([1.0, -2.5], [1.0 - 2**-20, -2.25])),
    Case("tie", "absolute_error", ([0.0, 3.0], [0.0, 3.0]), grad=[0, 0], hess=[0, 0], smooth=False),
    Case(
        "infinite", "absolute_error", ([inf, -inf], [0.0, 1.0]), value=[inf, inf], grad=[1, -1], hess=[0, 0],
        smooth=False,
    ),
    Case("errors", "huber", (ERRORS, ZEROS)),
    Case("near", "huber", NEAR),
    Case("delta", "huber", (ERRORS, ZEROS), {"delta": 0.3}),
    Case("delta2", "huber", (ERRORS, ZEROS), {"delta": 100.0}),
    Case(
        "kinks", "huber", ([2.0, -2.0, 0.0], [0.0] * 3), {"delta": 2.0},
        grad=[2, -2, 0], hess=[1, 1, 1], smooth=False,
    ),
    Case(
        "infinite", "huber", ([inf, -inf], [0.0, 1.0]), {"delta": 2.0},
        value=[inf, inf], grad=[2, -2], hess=[0, 0], smooth=False,
    ),
]  # fmt: skip
