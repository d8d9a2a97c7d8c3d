"""Rows for the likelihoods: rates and counts small and large, near each other and far; 0 and infinity."""

from math import inf

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
    Case(
        "ends", "gaussian_nll", ([0.0, 1.0], [0.0, 0.0], [0.0, inf]),
        value=[-inf, inf], grad=[0, 0], hess=[inf, 0], smooth=False,
    ),
]  # fmt: skip
