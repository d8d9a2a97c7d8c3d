"""Losses of real numbers."""

from typing import Any

import mpmath as mp

from tests.reference.terms import Terms


def squared_error(x: Any, y: Any) -> Terms:
    return [(x - y) ** 2]


def absolute_error(x: Any, y: Any) -> Terms:
    return [abs(x - y)]


def huber(x: Any, y: Any, *, delta: float = 1) -> Terms:
    e, d = abs(x - y), mp.mpf(delta)
    return [e * e / 2 if e <= d else d * (e - d / 2)]
