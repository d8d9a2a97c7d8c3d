"""Losses of real numbers."""

from typing import Any

import mpmath as mp

from tests.reference.terms import Terms


def squared_error(x: Any, y: Any) -> Terms:
    return [(x - y) ** 2]


def absolute_error(x: Any, y: Any) -> Terms:
    return [abs(x - y)]


def half_squared_error(x: Any, y: Any) -> Terms:
    return [(x - y) ** 2 / 2]


def huber(x: Any, y: Any, *, delta: float = 1) -> Terms:
    e, d = abs(x - y), mp.mpf(delta)
    return [e * e / 2 if e <= d else d * (e - d / 2)]


def pseudo_huber(x: Any, y: Any, *, delta: float = 1) -> Terms:
    d = mp.mpf(delta)
    return [d**2 * (mp.sqrt(1 + ((x - y) / d) ** 2) - 1)]


def smooth_l1(x: Any, y: Any, *, beta: float = 1) -> Terms:
    e, b = abs(x - y), mp.mpf(beta)
    return [e * e / (2 * b) if e <= b else e - b / 2]


def expectile(x: Any, y: Any, *, level: float = 0.5) -> Terms:
    tau = mp.mpf(level)
    return [(1 - tau if x > y else tau) * (x - y) ** 2]


def epsilon_insensitive(x: Any, y: Any, *, tolerance: float = 0.1) -> Terms:
    return [max(abs(x - y) - mp.mpf(tolerance), mp.mpf(0))]


def squared_epsilon_insensitive(x: Any, y: Any, *, tolerance: float = 0.1) -> Terms:
    return [max(abs(x - y) - mp.mpf(tolerance), mp.mpf(0)) ** 2]


def general_robust(x: Any, y: Any, *, shape: float = 1, scale: float = 1) -> Terms:
    u, a = ((x - y) / mp.mpf(scale)) ** 2, mp.mpf(shape)
    if mp.isinf(a):
        return [-mp.expm1(-u / 2)]
    if a == 0:
        return [mp.log1p(u / 2)]
    return [u / 2 if a == 2 else abs(a - 2) / a * mp.expm1(a / 2 * mp.log1p(u / abs(a - 2)))]


def tukey_biweight(x: Any, y: Any, *, scale: float = 4.685) -> Terms:
    c = mp.mpf(scale)
    return [c**2 / 6 * (1 - (1 - min(((x - y) / c) ** 2, mp.mpf(1))) ** 3)]


def quantile_huber(x: Any, y: Any, *, quantile: float = 0.5, delta: float = 1) -> Terms:
    tau = mp.mpf(quantile)
    return [(1 - tau if x > y else tau) * huber(x, y, delta=delta)[0]]


def interval_score(x: Any, y: Any, *, coverage: float = 0.9) -> Terms:
    low, high, alpha = x[0], x[1], 1 - mp.mpf(coverage)
    return [high, -low, 2 / alpha * max(low - y, mp.mpf(0)), 2 / alpha * max(y - high, mp.mpf(0))]


def symmetric_absolute_percentage_error(x: Any, y: Any) -> Terms:
    return [2 * abs(x - y) / (abs(x) + abs(y))]


def log_cosh(x: Any, y: Any) -> Terms:
    return [mp.log1p(2 * mp.sinh((x - y) / 2) ** 2)]


def pinball(x: Any, y: Any, *, quantile: float = 0.5) -> Terms:
    u, tau = y - x, mp.mpf(quantile)
    return [max(tau * u, (tau - 1) * u)]


def absolute_percentage_error(x: Any, y: Any) -> Terms:
    return [abs(x - y) / abs(y)]


def squared_log_error(x: Any, y: Any) -> Terms:
    return [(mp.log(mp.mpf(1) + x) - mp.log(mp.mpf(1) + y)) ** 2]


ROWS = NUMBERS = [interval_score]
"""Whose first array has rows; and whose others have not."""
