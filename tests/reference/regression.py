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


def log_cosh(x: Any, y: Any) -> Terms:
    return [mp.log1p(2 * mp.sinh((x - y) / 2) ** 2)]


def pinball(x: Any, y: Any, *, quantile: float = 0.5) -> Terms:
    u, tau = y - x, mp.mpf(quantile)
    return [max(tau * u, (tau - 1) * u)]


def absolute_percentage_error(x: Any, y: Any) -> Terms:
    return [abs(x - y) / abs(y)]


def squared_log_error(x: Any, y: Any) -> Terms:
    return [(mp.log(mp.mpf(1) + x) - mp.log(mp.mpf(1) + y)) ** 2]
