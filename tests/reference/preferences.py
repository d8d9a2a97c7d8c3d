"""Losses of preferences."""

from typing import Any

import mpmath as mp

from tests.reference.terms import Terms, times


def dpo(x: Any, y: Any, *, beta: float = 0.1, flip_rate: float = 0, robust: bool = False) -> Terms:
    h, e = mp.mpf(beta) * (x - y), mp.mpf(flip_rate)
    right, wrong = (1 - e) * mp.log1p(mp.exp(-h)), times(e, mp.log1p(mp.exp(h)))
    return [right / (1 - 2 * e), -wrong / (1 - 2 * e)] if robust else [right, wrong]


def ipo(x: Any, y: Any, *, beta: float = 0.1) -> Terms:
    return [(x - y - 1 / (2 * mp.mpf(beta))) ** 2]


def simpo(x: Any, y: Any, *, beta: float = 2, margin: float = 0.5) -> Terms:
    return [mp.log1p(mp.exp(mp.mpf(margin) - mp.mpf(beta) * (x - y)))]


def orpo(x: Any, y: Any) -> Terms:
    return [mp.log1p(mp.exp(y - x) * mp.expm1(x) / mp.expm1(y))]


def kto(x: Any, y: Any, k: Any, *, beta: float = 0.1) -> Terms:
    z = mp.mpf(beta) * (x - k)
    return [times(y, 1 / (1 + mp.exp(z))), times(1 - y, 1 / (1 + mp.exp(-z)))]
