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
