"""Rows for the likelihoods: rates and counts small and large, near each other and far; 0 and infinity."""

from itertools import product
from math import inf, log

from tests.cases import Case

_RATES = [1e-30, 1e-8, 0.25, 0.999, 1.0, 1.001, 2.5, 10.0, 87.5, 1e4, 1e6, 1e15]
_COUNTS = [0.0, 1.0, 2.0, 0.5, 3.75, 4.25, 100.0, 1e6]
RATES = ([m for m in _RATES for _ in _COUNTS], _COUNTS * len(_RATES))
_LOG_RATES = [0.0, 1e-8, -1e-8, 0.5, -0.5, 4.5, -4.5, 20.0, -20.0, 60.0, -60.0, -1e3]
LOG_RATES = ([s for s in _LOG_RATES for _ in _COUNTS], _COUNTS * len(_LOG_RATES))
_ERRORS = [0.0, 1e-8, -0.25, 0.5, 3.0, -1e3, 1e15]
_VARIANCES = [1e-10, 0.25, 1.0, 1.5, 1e4, 1e20]
NORMAL = (
    [e for e in _ERRORS for _ in _VARIANCES],
    [0.0] * (len(_ERRORS) * len(_VARIANCES)),
    _VARIANCES * len(_ERRORS),
)
FULL = {"constant": True}

_AMOUNTS = [0.0, 1e-30, 1e-8, 0.5, 1.0, 3.75, 100.0, 1e6, 1e20]
_LOG_MEANS = [0.0, 1e-8, -1e-8, 0.5, -0.5, 3.0, -4.5, 20.0, -20.0, 75.0, -82.0]
LOG_AMOUNTS = ([s for s in _LOG_MEANS for _ in _AMOUNTS], _AMOUNTS * len(_LOG_MEANS))
_DISPERSIONS = [0.0, 1e-12, 1e-4, 0.1, 0.25, 0.3, 2.0, 1e4]


def _crossed(*lists: list[float]) -> tuple[list[float], ...]:
    """Every third of all combinations."""
    return tuple([list(column) for column in zip(*list(product(*lists))[::3], strict=True)])


DISPERSED = _crossed([1e-8, 0.25, 1.0, 1.001, 10.0, 1e4, 1e15], _COUNTS, _DISPERSIONS)
LOG_DISPERSED = _crossed([0.0, 1e-8, 0.5, -4.5, 20.0, -20.0, 60.0, -60.0, 85.0], _COUNTS, _DISPERSIONS)
TURNING = (4.0, 4.0, 64.0)
"""Beside the point where the curvature changes its sign, its terms nearly cancel."""
EXPONENTIALS = (4.0, 16.0, 64.0)
"""In an exponential of a rate that is one itself, its rounding counts as often as the rate says."""
COUNTED = (8.0, 4.0, 64.0)
"""And the value is a sum of five terms, each of which is off by some units."""
_ERRORS_OF_SCALES = [0.0, 1e-8, -0.25, 0.5, 3.0, -7.0, 1e3, 1e15, 1e25]
SCALED = _crossed(_ERRORS_OF_SCALES[1:], [0.0], [1e-10, 0.25, 1.0, 1.5, 1e4, 1e20])
INFLATED = _crossed(
    [0.0, 1e-8, 0.5, -4.5, 2.0, 3.0, -30.0, -1e3], _COUNTS[:5], [0.0, 0.5, -2.5, 7.0, -20.0, 20.0]
)
NORMAL_ERRORS = _crossed(
    [0.0, 1e-8, -0.25, 0.5, 1.0, 1.5, -3.0, 5.0, 8.0, 1e3, 1e15], [0.0], [1e-10, 0.25, 1.0, 2.25, 64.0, 1e20]
)
ENSEMBLES = (
    [[0.0, 1.0, 4.0, -2.0], [0.5, 0.25, 3.0, 1e6], [280.0, 281.5, 279.0, 280.25], [1e-8, 2e-8, -1e-8, 3.0]],
    [2.0, 1.0, 280.125, 0.0],
)

CASES = [
    Case("rates", "poisson", RATES),
    Case("constant", "poisson", RATES, FULL),
    Case("ids", "poisson", ([0.5, 2.0, 7.0], [0, 1, 12]), FULL),
    Case(
        "ends", "poisson", ([0.0, inf, inf, inf], [0.0, 0.0, 3.0, 0.5]),
        value=[0, inf, inf, inf], grad=[1] * 4, hess=[0] * 4, smooth=False,
    ),
    Case("rates", "log_poisson", LOG_RATES),
    Case("constant", "log_poisson", LOG_RATES, FULL),
    Case(
        "ends", "log_poisson", ([-inf, -inf, inf, inf], [0.0, 2.0, 0.0, 3.0]),
        value=[0, inf, inf, inf], grad=[0, -2, inf, inf], hess=[0, 0, inf, inf], smooth=False,
    ),
    Case("errors", "gaussian_nll", NORMAL),
    Case("constant", "gaussian_nll", NORMAL, FULL),
    Case("near", "gaussian_nll", ([1.0, -2.5, 1e6], [1.0 - 2**-20, -2.5, 1e6 + 0.5], [0.5, 1.0, 1e-6])),
    Case("plain", "log_gamma_nll", ([0.0, 0.5, -2.0, 3.0], [0.0, 2.0, 0.25, 7.5])),
    Case("means", "log_gamma_nll", LOG_AMOUNTS),
    Case("published", "log_gamma_nll", ([log(2)], [3.0])),
    Case(
        "ends", "log_gamma_nll", ([-inf, -inf, inf, inf, 0.0], [0.0, 2.0, 0.0, 3.0, 0.0]),
        value=[-inf, inf, inf, inf, 0], grad=[1, -inf, 1, 1, 1], hess=[0, inf, 0, 0, 0], smooth=False,
    ),
    Case("plain", "log_tweedie", ([0.0, 0.5, -2.0, 3.0], [0.0, 2.0, 0.25, 7.5])),
    Case("means", "log_tweedie", LOG_AMOUNTS),
    Case("power", "log_tweedie", LOG_AMOUNTS, {"variance_power": 1.25}),
    # The power, 1.9, is a rounded number: in float32 its rest counts as often as the exponent says.
    Case("power2", "log_tweedie", LOG_AMOUNTS, {"variance_power": 1.9}),
    Case("published", "log_tweedie", ([log(2), log(2)], [3.0, 0.0])),
    Case(
        "ends", "log_tweedie", ([-inf, -inf, inf, inf], [0.0, 2.0, 0.0, 3.0]),
        value=[0, inf, inf, inf], grad=[0, -inf, inf, inf], hess=[0, inf, inf, inf], smooth=False,
    ),
    Case("plain", "negative_binomial", ([0.5, 2.0, 7.0], [0.0, 1.0, 12.0], [0.25, 0.5, 1.5])),
    Case("means", "negative_binomial", DISPERSED, ulp=COUNTED),
    Case("constant", "negative_binomial", DISPERSED, FULL, ulp=COUNTED),
    Case("published", "negative_binomial", ([2.0] * 3, [3.0, 0.0, 3.0], [0.5, 0.5, 1e-8]), FULL),
    Case(
        "ends", "negative_binomial", ([0.0, inf, inf, 2.0], [0.0, 0.0, 3.0, 0.0], [0.5, 0.5, 0.0, 0.0]),
        value=[0, inf, inf, 2], grad=[1, 0, 1, 1], hess=[-0.5, 0, 0, 0], smooth=False,
    ),
    Case("plain", "log_negative_binomial", ([-0.5, 0.5, 2.0], [0.0, 1.0, 12.0], [0.25, 0.5, 1.5])),
    Case("means", "log_negative_binomial", LOG_DISPERSED, ulp32=(8.0, 4.0, 8.0)),
    Case("constant", "log_negative_binomial", LOG_DISPERSED, FULL, ulp32=(8.0, 4.0, 8.0)),
    Case(
        "ends", "log_negative_binomial",
        ([-inf, -inf, inf, inf, inf], [0.0, 2.0, 0.0, 3.0, 3.0], [0.5, 0.5, 0.5, 0.5, 0.0]),
        value=[0, inf, inf, inf, inf], grad=[0, -2, 2, 2, inf], hess=[0, 0, 0, 0, inf], smooth=False,
    ),
    Case("errors", "student_t_nll", SCALED, ulp=TURNING),
    Case("constant", "student_t_nll", SCALED, {**FULL, "df": 2.5}, ulp=TURNING),
    Case("normal", "student_t_nll", SCALED, {**FULL, "df": 2.0**60}),
    Case("published", "student_t_nll", ([3.0], [0.0], [2.0]), FULL),
    Case(
        "ends", "student_t_nll", ([0.0, 1.0, inf, -inf], [0.0] * 4, [0.0, 0.0, 1.0, 1.0]),
        value=[-inf, inf, inf, inf], grad=[0, 5, 0, 0], hess=[inf, -5, 0, 0], smooth=False,
    ),
    Case("errors", "laplace_nll", SCALED),
    Case("constant", "laplace_nll", SCALED, FULL),
    Case("published", "laplace_nll", ([3.0], [0.0], [2.0]), FULL),
    Case(
        "ends", "laplace_nll", ([0.0, 1.0, 2.0, inf], [0.0, 0.0, 2.0, 0.0], [0.0, 0.0, 4.0, 2.0]),
        value=[-inf, inf, 2 * log(2), inf], grad=[0, inf, 0, 0.5], hess=[0, 0, 0, 0], smooth=False,
    ),
    Case("plain", "zero_inflated_poisson", ([0.5, 2.0, 1.0], [0.0, 2.0, 0.0], [-1.0, 0.5, 2.0]), ulp=TURNING),
    Case("rates", "zero_inflated_poisson", INFLATED, ulp=EXPONENTIALS),
    Case("constant", "zero_inflated_poisson", INFLATED, FULL, ulp=EXPONENTIALS),
    Case("published", "zero_inflated_poisson", ([log(2), log(2)], [0.0, 3.0], [-1.0, -1.0]), FULL),
    Case(
        "ends", "zero_inflated_poisson",
        ([-inf, -inf, inf, inf, 1.0, 0.0], [0.0, 2.0, 0.0, 3.0, 0.0, 2.0], [0.0, 0.0, 0.0, 0.0, inf, inf]),
        value=[0, inf, log(2), inf, 0, inf], grad=[0, -2, 0, inf, 0, -1], hess=[0, 0, 0, inf, 0, 1],
        smooth=False,
    ),
    Case("errors", "gaussian_crps", NORMAL_ERRORS),
    Case("near", "gaussian_crps", ([1.0, -2.5, 1e6], [1.0 - 2**-20, -2.5, 1e6 + 0.5], [0.5, 1.0, 1e-6])),
    Case("published", "gaussian_crps", ([1.0, 0.0], [0.0, 0.0], [4.0, 4.0])),
    Case(
        "ends", "gaussian_crps", ([0.0, -3.0, inf, 1.0], [0.0] * 4, [0.0, 0.0, 1.0, inf]),
        value=[0, 3, inf, inf], grad=[0, -1, 1, 0], hess=[inf, 0, 0, 0], smooth=False,
    ),
    Case("members", "crps_ensemble", ENSEMBLES),
    Case("fair", "crps_ensemble", ENSEMBLES, {"estimator": "fair"}),
    Case("published", "crps_ensemble", ([[0.0, 1.0, 4.0]], [2.0])),
    Case(
        "ties", "crps_ensemble", ([[1.0, 1.0, 3.0, 2.0], [inf, 0.0, 0.0, -1.0]], [2.0, 0.0]),
        value=[5 / 16, inf], grad=[[-1 / 8, -1 / 8, 1 / 16, -1 / 16], [1 / 16, 0, 0, -1 / 16]],
        hess=[[0] * 4] * 2, smooth=False,
    ),
    Case(
        "one", "crps_ensemble", ([[3.0], [-1.0]], [1.0, 1.0]),
        value=[2, 2], grad=[[1], [-1]], hess=[[0], [0]],
    ),
    Case(
        "intervals", "discrete_hazard",
        (
            [[-1.0, 0.5, 2.0], [-1.0, 0.5, 2.0], [0.0, 0.0, 0.0], [40.0, -40.0, 1e4], [-1e4, 800.0, -3.0]],
            [1, 1, 0, 2, 2],
            [1.0, 0.0, 1.0, 1.0, 0.25],
        ),
    ),
    Case(
        "ends", "discrete_hazard",
        ([[-inf, inf, 0.0], [-inf, inf, 0.0], [0.0, -inf, inf]], [1, 1, 0], [1, 0, 0]),
        value=[0, inf, log(2)], grad=[[0, 0, 0], [0, 1, 0], [0.5, 0, 0]],
        hess=[[0, 0, 0], [0, 0, 0], [0.25, 0, 0]], smooth=False,
    ),
    Case(
        "ends", "gaussian_nll", ([0.0, 1.0], [0.0, 0.0], [0.0, inf]),
        value=[-inf, inf], grad=[0, 0], hess=[inf, 0], smooth=False,
    ),
]  # fmt: skip
