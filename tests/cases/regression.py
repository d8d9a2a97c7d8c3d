"""Rows for the regression losses. Errors: tiny, ordinary, at the kinks, huge, infinite."""

from math import inf, nan
from typing import Any

from tests.cases import Case

ERRORS = [1e-20, -1e-8, 0.25, -0.5, 0.75, 3.0, -1e3, 1e15]
ZEROS = [0.0] * len(ERRORS)
SPREAD = [*ERRORS[1:], 1e-15, 1e-4, 0.5499, 0.5501, 0.999, -1.001, 2.0, -8.5, 20.0, -43.0, 80.0]
NEAR = ([1.0, -2.5, 1e6], [1.0 - 2**-20, -2.5, 1e6 + 0.5])

APART = ([1.0, -2.5, 1e6], [1.0 - 2**-20, -2.25, 1e6 + 0.5])

DISTANT = ([80.3, -60.7, 1e6 + 0.3, 0.1], [0.1, 19.4, 0.7, 40.3])
"""Errors that are rounded."""
AMOUNTS = (
    [0.0, 3.0, 1e-8, 1e-20, 1.0, 1.0 + 2**-20, 7.5, 1e6, 1e30, 0.25, 100.0, -0.5, -0.75, 2.0],
    [2.0, 0.0, 3e-8, 0.0, 1.0 + 2**-20, 1.0, 1e6, 7.5, 0.5, 1e30, 99.0, 0.0, -0.9375, -0.5],
)
RATIOS = ([1.5, -3.0, 1e-8, 1e10, 2.0, 1e15, -1.0], [2.0, -2.5, 3e-8, -1e-5, 2.0 - 2**-20, 1.0, 3.0])

INTERVALS = (
    [
        [0.0, 1.0],
        [-2.5, 3.25],
        [1e6, 1e6 + 0.5],
        [1.0, 1.0],
        [0.25, 0.5],
        [3.0, 2.0],
        [-1e15, 1e-8],
        [5.0, 9.0],
    ],
    [0.25, 7.0, 1e6 - 1.0, 2.0, -1e-8, 2.5, 1.0, 4.999],
)
"""Around the target, above it and below, crossing, and nothing wide."""
TURNING = (4.0, 4.0, 64.0)
"""Beside the point where the curvature changes its sign, its terms nearly cancel."""
TURN, POWERS = {"ulp": TURNING}, {"ulp": (4.0, 48.0, 64.0)}
"""Of the latter the base's rounding counts as often as the exponent says."""
ROBUST: dict[float, Any] = {
    1.0: {},
    0.0: {},
    2.0: {},
    -2.0: {},
    -inf: {},
    1.5: {},
    0.5: {},
    -0.7: TURN,
    -30.0: POWERS,
}

CASES = [
    Case("errors", "squared_error", (ERRORS, ZEROS)),
    Case("near", "squared_error", NEAR),
    Case("errors", "half_squared_error", (ERRORS, ZEROS)),
    Case("near", "half_squared_error", NEAR),
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
    Case("errors", "pseudo_huber", (SPREAD, [0.0] * len(SPREAD))),
    Case("near", "pseudo_huber", NEAR),
    Case("distant", "pseudo_huber", DISTANT, {"delta": 2.0}),
    Case("delta", "pseudo_huber", (ERRORS, ZEROS), {"delta": 0.3}),
    Case("delta2", "pseudo_huber", (ERRORS, ZEROS), {"delta": 100.0}),
    Case("published", "pseudo_huber", ([3.0], [0.0]), {"delta": 2.0}),
    Case(
        "infinite", "pseudo_huber", ([inf, -inf, 0.0], [0.0, 1.0, 0.0]), {"delta": 2.0},
        value=[inf, inf, 0], grad=[2, -2, 0], hess=[0, 0, 1], smooth=False,
    ),
    Case("errors", "smooth_l1", (ERRORS, ZEROS)),
    Case("near", "smooth_l1", NEAR, {"beta": 0.3}),
    Case(
        "kinks", "smooth_l1", ([2.0, -2.0, 0.0], [0.0] * 3), {"beta": 2.0},
        grad=[1, -1, 0], hess=[0.5, 0.5, 0.5], smooth=False,
    ),
    Case(
        "infinite", "smooth_l1", ([inf, -inf], [0.0, 1.0]), {"beta": 2.0},
        value=[inf, inf], grad=[1, -1], hess=[0, 0], smooth=False,
    ),
    Case("errors", "log_cosh", (SPREAD, [0.0] * len(SPREAD))),
    Case("distant", "log_cosh", DISTANT),
    Case(
        "infinite", "log_cosh", ([inf, -inf, 0.0], [0.0, 1.0, 0.0]),
        value=[inf, inf, 0], grad=[1, -1, 0], hess=[0, 0, 1], smooth=False,
    ),
    Case("errors", "pinball", (ERRORS, ZEROS)),
    Case("quantile", "pinball", (ERRORS, ZEROS), {"quantile": 0.9}),
    Case(
        "tie", "pinball", ([0.0, 3.0], [0.0, 3.0]), {"quantile": 0.9}, grad=[0, 0], hess=[0, 0], smooth=False
    ),
    Case(
        "infinite", "pinball", ([inf, -inf, inf], [0.0, 1.0, 0.0]), {"quantile": 1.0},
        value=[0, inf, 0], grad=[0, -1, 0], hess=[0, 0, 0], smooth=False,
    ),
    Case("errors", "expectile", (ERRORS, ZEROS)),
    Case("near", "expectile", APART, {"level": 0.9}),
    Case("published", "expectile", ([1.0, 3.0], [3.0, 1.0]), {"level": 0.8}),
    Case(
        "ends", "expectile", ([2.0, inf, -inf], [2.0, 0.0, 0.0]), {"level": 0.25},
        value=[0, inf, inf], grad=[0, inf, -inf], hess=[0.5, 1.5, 0.5], smooth=False,
    ),
    Case(
        "middle", "expectile", ([2.0, inf, -inf], [2.0, 0.0, 0.0]),
        value=[0, inf, inf], grad=[0, inf, -inf], hess=[1, 1, 1], smooth=False,
    ),
    Case("errors", "epsilon_insensitive", (ERRORS, ZEROS)),
    Case("near", "epsilon_insensitive", APART, {"tolerance": 0.0}),
    Case("published", "epsilon_insensitive", ([0.05, 0.3], [0.0, 0.0])),
    Case(
        "edge", "epsilon_insensitive", ([0.5, -0.5, 0.0, inf, -inf], [0.0] * 5), {"tolerance": 0.5},
        value=[0, 0, 0, inf, inf], grad=[0, 0, 0, 1, -1], hess=[0] * 5, smooth=False,
    ),
    Case("errors", "squared_epsilon_insensitive", (ERRORS, ZEROS), {"tolerance": 0.125}),
    Case("near", "squared_epsilon_insensitive", APART, {"tolerance": 2**-22}),
    Case(
        "edge", "squared_epsilon_insensitive", ([0.5, -0.5, 0.0, inf], [0.0] * 4), {"tolerance": 0.5},
        value=[0, 0, 0, inf], grad=[0, 0, 0, inf], hess=[0, 0, 0, 2], smooth=False,
    ),
    *[
        Case("errors", "general_robust", (SPREAD, [0.0] * len(SPREAD)), {"shape": shape}, **bounds)
        for shape, bounds in ROBUST.items()
    ],
    Case("near", "general_robust", NEAR, {"shape": 1.5, "scale": 0.25}),
    Case("distant", "general_robust", DISTANT, {"shape": 0.0, "scale": 2.0}),
    Case("distant-bell", "general_robust", DISTANT, {"shape": -inf, "scale": 16.0}, ulp=(4.0, 8.0, 8.0)),
    Case("published", "general_robust", ([3.0], [0.0]), {"shape": 1e-9, "scale": 2.0}, ulp=TURNING),
    *[
        Case(
            f"infinite{shape:g}", "general_robust", ([inf, -inf, 0.0], [0.0, 1.0, 0.0]),
            {"shape": shape, "scale": 2.0},
            value=[value, value, 0], grad=[grad, -grad, 0], hess=[hess, hess, 0.25], smooth=False,
        )
        for shape, value, grad, hess in (
            (2.0, inf, inf, 0.25), (1.0, inf, 0.5, 0), (0.0, inf, 0, 0), (-2.0, 2, 0, 0), (-inf, 1, 0, 0),
        )
    ],
    Case("errors", "tukey_biweight", (SPREAD, [0.0] * len(SPREAD)), ulp=(4.0, 8.0, 64.0)),
    Case("near", "tukey_biweight", ([2.0, -2.0, 1e6], [2.0 - 2**-20, -1.75, 1e6 + 0.5]), {"scale": 2.0}),
    Case("edge", "tukey_biweight", ([1.999, -1.99, 1e-9], [0.0, 0.0, 0.0]), {"scale": 2.0}, smooth=False),
    Case("published", "tukey_biweight", ([2.0, 5.0, 0.0], [0.0, 0.0, 0.0]), ulp=TURNING),
    Case(
        "ends", "tukey_biweight", ([2.0, -2.0, inf, -inf], [0.0] * 4), {"scale": 2.0},
        value=[2 / 3] * 4, grad=[0] * 4, hess=[0] * 4, smooth=False,
    ),
    Case("errors", "quantile_huber", (ERRORS, ZEROS), {"quantile": 0.9}),
    Case("near", "quantile_huber", APART, {"delta": 0.3}),
    Case("published", "quantile_huber", ([0.0, 0.5], [3.0, 0.0]), {"quantile": 0.25}),
    Case(
        "kinks", "quantile_huber", ([2.0, -2.0, 0.0, inf, -inf], [0.0] * 5), {"quantile": 0.25, "delta": 2.0},
        value=[1.5, 0.5, 0, inf, inf], grad=[1.5, -0.5, 0, 1.5, -0.5], hess=[0.75, 0.25, 0.25, 0, 0],
        smooth=False,
    ),
    Case(
        "one-sided", "quantile_huber", ([inf, -inf], [0.0] * 2), {"quantile": 1.0},
        value=[0, inf], grad=[0, -1], hess=[0, 0], smooth=False,
    ),
    Case("bounds", "interval_score", INTERVALS),
    Case("coverage", "interval_score", INTERVALS, {"coverage": 0.5}),
    Case("published", "interval_score", ([[1.0, 4.0], [1.0, 4.0]], [5.0, 2.0]), {"coverage": 0.9}),
    Case(
        "ends", "interval_score", ([[1.0, 4.0], [1.0, 4.0], [-inf, inf], [0.0, 1.0]], [1.0, 4.0, 3.0, -inf]),
        {"coverage": 0.75}, value=[3, 3, inf, inf], grad=[[-1, 1], [-1, 1], [-1, 1], [7, 1]],
        hess=[[0, 0]] * 4, smooth=False,
    ),
    Case("ratios", "symmetric_absolute_percentage_error", RATIOS),
    Case("published", "symmetric_absolute_percentage_error", ([3.0, -3.0], [1.0, -1.0])),
    Case(
        "ends", "symmetric_absolute_percentage_error",
        ([0.0, 3.0, 0.0, 0.0, 5.0, -5.0, inf, 5.0, inf], [0.0, 3.0, 4.0, -4.0, 0.0, 5.0, -2.0, inf, inf]),
        value=[0, 0, 2, 2, 2, 2, 2, 2, nan], grad=[0, 0, -1, 1, 0, 0, 0, 0, nan],
        hess=[0, 0, 0.5, 0.5, 0, 0, 0, 0, nan], smooth=False,
    ),
    Case("ratios", "absolute_percentage_error", RATIOS),
    Case(
        "tie", "absolute_percentage_error", ([3.0, -2.0], [3.0, -2.0]),
        value=[0, 0], grad=[0, 0], hess=[0, 0], smooth=False,
    ),
    Case(
        "zero", "absolute_percentage_error", ([0.0, 0.0], [8.0, -0.5]),
        value=[1, 1], grad=[-0.125, 2], hess=[0, 0], smooth=False,
    ),
    Case(
        "ends", "absolute_percentage_error", ([1.0, -1.0, 0.0, inf, 5.0], [0.0, 0.0, 0.0, -2.0, -inf]),
        value=[inf, inf, nan, inf, 1], grad=[inf, -inf, nan, 0.5, 0], hess=[nan, nan, nan, 0, 0],
        smooth=False,
    ),
    Case("amounts", "squared_log_error", AMOUNTS),
    Case(
        "tie", "squared_log_error", ([0.0, -0.5, 3.0], [0.0, -0.5, 3.0]),
        value=[0, 0, 0], grad=[0, 0, 0], hess=[2, 8, 0.125], smooth=False,
    ),
    Case(
        "ends", "squared_log_error", ([inf, inf, -1.0], [3.0, inf, -1.0]),
        value=[inf, nan, nan], grad=[0, nan, nan], hess=[0, nan, nan], smooth=False,
    ),
]  # fmt: skip
