"""Rows for the preferences: log-ratios of answers near each other and far apart, and certain ones."""

from math import inf

from tests.cases import Case

CHOSEN = [0.4, -3.0, 12.5, 1e-8, 150.0, -90.0, 7.75, 800.0, -800.0]
REJECTED = [-0.3, 2.0, 12.75, 0.0, 20.0, 60.0, -7.5, -1.0, 25.0]
PAIRS = (CHOSEN, REJECTED)
ENDS = ([inf, -inf, 0.0], [0.0, 0.0, inf])

CASES = [
    Case("plain", "dpo", ([0.4, -3.0, 12.5], [-0.3, 2.0, 11.0])),
    Case("pairs", "dpo", PAIRS, {"beta": 0.125}),
    Case("flipped", "dpo", PAIRS, {"beta": 0.125, "flip_rate": 0.1}),
    Case("robust", "dpo", PAIRS, {"beta": 0.125, "flip_rate": 0.1, "robust": True}),
    Case(
        "ends", "dpo", ENDS, {"beta": 0.5},
        value=[0, inf, inf], grad=[0, -0.5, -0.5], hess=[0, 0, 0], smooth=False,
    ),
    Case("pairs", "ipo", PAIRS, {"beta": 0.125}),
    Case("published", "ipo", ([0.4], [-0.3]), ulp32=(6.0, 4.0, 8.0)),
    Case("ends", "ipo", ENDS, value=[inf] * 3, grad=[inf, -inf, -inf], hess=[2, 2, 2], smooth=False),
    Case("plain", "simpo", ([-0.5, -1.0, -3.0], [-1.2, -0.75, -2.5])),
    # The exponential of a rounded difference is as many units off as that is large.
    Case(
        "pairs", "simpo", ([-0.5, -1.0, -30.0, -0.01, -1e-3], [-1.2, -0.75, -0.5, -25.0, -1e3]),
        ulp=(32.0, 32.0, 32.0),
    ),
    Case("options", "simpo", ([-0.5, -1.0, -3.0], [-1.2, -0.75, -2.5]), {"beta": 10.0, "margin": 0.0}),
    Case("ends", "simpo", ENDS, value=[0, inf, inf], grad=[0, -2, -2], hess=[0, 0, 0], smooth=False),
    Case("plain", "orpo", ([-0.5, -1.0, -3.0], [-1.2, -0.75, -2.5])),
    # As in simpo; the curvature crosses zero.
    Case(
        "pairs", "orpo",
        ([-0.5, -1e-3, -30.0, -1e-8, -400.0, -1e-5], [-1.2, -2.0, -0.5, -25.0, -380.0, -1e-6]),
        ulp=(32.0, 32.0, 64.0),
    ),
    Case(
        "ends", "orpo", ([0.0, -1.0, -1.0, -inf], [-1.0, 0.0, -inf, -1.0]), value=[0, inf, 0, inf],
        grad=[-0.5819767068693265, -1.5819767068693265, 0, -1],
        hess=[0.24327981953086053, -0.9206735942077923, 0, 0], smooth=False,
    ),
    Case("plain", "kto", ([0.4, -0.3, 3.0], [1.0, 0.0, 0.25], [0.2, 0.2, 1.0])),
    Case(
        "answers", "kto", ([*CHOSEN, *CHOSEN], [1.0] * 9 + [0.0] * 9, [0.25] * 18), {"beta": 0.125},
        ulp=(6.0, 8.0, 12.0),
    ),
    Case(
        "ends", "kto", ([inf, -inf, inf, -inf], [1.0, 1.0, 0.0, 0.0], [0.0] * 4),
        value=[0, 1, 1, 0], grad=[0, 0, 0, 0], hess=[0, 0, 0, 0], smooth=False,
    ),
]  # fmt: skip
