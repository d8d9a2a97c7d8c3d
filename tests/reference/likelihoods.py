"""Negative log-likelihoods."""

from functools import cache
from typing import Any

import mpmath as mp

from tests.reference.terms import Terms, log, times


@cache  # and never to hundreds of digits, for a derivative that is 0
def _log_factorial(y: Any) -> Any:
    with mp.workdps(60):
        return mp.loggamma(mp.mpf(1) + y)


def poisson(m: Any, y: Any, *, constant: bool = False) -> Terms:
    return [m, times(y, -log(m)), _log_factorial(y) if constant else mp.mpf(0)]


def log_poisson(s: Any, y: Any, *, constant: bool = False) -> Terms:
    return [mp.exp(s), times(y, -s), _log_factorial(y) if constant else mp.mpf(0)]


def gaussian_nll(x: Any, y: Any, v: Any, *, constant: bool = False) -> Terms:
    return [mp.log(v) / 2, (x - y) ** 2 / (2 * mp.mpf(v)), mp.log(2 * mp.pi) / 2 if constant else mp.mpf(0)]


def log_gamma_nll(s: Any, y: Any) -> Terms:
    return [times(y, mp.exp(-s)), mp.mpf(s)]


def log_tweedie(s: Any, y: Any, *, variance_power: float = 1.5) -> Terms:
    rho = mp.mpf(variance_power)
    return [-times(y, mp.exp((1 - rho) * s)) / (1 - rho), mp.exp((2 - rho) * s) / (2 - rho)]


@cache
def _log_rising(y: Any, a: Any) -> Any:
    """log Γ(y + 1/a) - log Γ(1/a) + y log a, with digits for what cancels if a is small."""
    with mp.workdps(120):
        return mp.loggamma(y + 1 / mp.mpf(a)) - mp.loggamma(1 / mp.mpf(a)) + y * mp.log(a) if a else mp.mpf(0)


def negative_binomial(m: Any, y: Any, a: Any, *, constant: bool = False) -> Terms:
    spread = mp.log1p(a * m)
    whole = _log_factorial(y) if constant else mp.mpf(0)
    return [spread / a if a else m, y * spread, times(y, -log(m)), -_log_rising(y, a), whole]


def log_negative_binomial(s: Any, y: Any, a: Any, *, constant: bool = False) -> Terms:
    first, second, _, *rest = negative_binomial(mp.exp(s), y, a, constant=constant)
    return [first, second, times(y, -s), *rest]


def student_t_nll(x: Any, y: Any, scale: Any, *, df: float = 4, constant: bool = False) -> Terms:
    v, w = mp.mpf(df), ((x - y) / mp.mpf(scale)) ** 2
    ratio = mp.loggamma(v / 2) - mp.loggamma((v + 1) / 2) + mp.log(v * mp.pi) / 2
    return [(v + 1) / 2 * mp.log1p(w / v), mp.log(scale), ratio if constant else mp.mpf(0)]


def laplace_nll(x: Any, y: Any, b: Any, *, constant: bool = False) -> Terms:
    return [mp.log(b), abs(x - y) / mp.mpf(b), mp.log(2) if constant else mp.mpf(0)]


def zero_inflated_poisson(s: Any, y: Any, z: Any, *, constant: bool = False) -> Terms:
    q = 1 / (1 + mp.exp(z))
    if y == 0:
        return [-mp.log1p(q * mp.expm1(-mp.exp(s)))]
    return [-mp.log(q), mp.exp(s), times(y, -s), _log_factorial(y) if constant else mp.mpf(0)]


def gaussian_crps(x: Any, y: Any, v: Any) -> Terms:
    sd = mp.sqrt(v)
    w = (x - y) / sd
    return [(x - y) * mp.erf(w / mp.sqrt(2)), 2 * sd * mp.npdf(w), -sd / mp.sqrt(mp.pi)]


def crps_ensemble(x: Any, y: Any, *, estimator: str = "empirical") -> Terms:
    m = len(x)
    pairs = m * (m - (estimator == "fair"))
    return [mp.fsum(abs(a - y) for a in x) / m - mp.fsum(abs(a - b) for a in x for b in x) / (2 * pairs)]


def discrete_hazard(z: Any, k: int, event: Any) -> Terms:
    survived = [mp.log(1 + mp.exp(v)) for v in z[:k]]
    return [*survived, times(event, mp.log(1 + mp.exp(-z[k]))), times(1 - event, mp.log(1 + mp.exp(z[k])))]


ROWS = NUMBERS = [crps_ensemble, discrete_hazard]
"""Whose first array has rows; and whose others have not."""
