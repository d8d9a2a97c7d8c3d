"""Norms and angles of vectors."""

from math import inf
from typing import Any

import mpmath as mp


def size(x: list, p: float) -> Any:
    """The p-norm."""
    return max(map(abs, x)) if p == inf else mp.fsum(abs(v) ** mp.mpf(p) for v in x) ** (1 / mp.mpf(p))


def direction(x: list, p: float) -> list:
    """Its derivative."""
    n = size(x, p)
    shares = [abs(v) == n if p == inf else (abs(v) / n) ** (mp.mpf(p) - 1) for v in x]
    return [mp.sign(v) * share for v, share in zip(x, shares, strict=True)]


def bend(x: list, p: float) -> list:
    """The diagonal of its second derivative."""
    n, q = size(x, p), mp.mpf(p) - 1
    ratios = [abs(v) / n for v in x]
    others = [mp.fsum(r ** (q + 1) for r in [*ratios[:j], *ratios[j + 1 :]]) for j in range(len(x))]
    powers = [r ** (q - 1) if r else mp.mpf(p == 2) for r in ratios]
    return [q / n * w * rest for w, rest in zip(powers, others, strict=True)]


def bent(v: list, x: list) -> list:
    """The terms of the second derivative of the Euclidean norm, times v."""
    n, u = size(x, 2), direction(x, 2)
    return [[(v[j] * (j == k) - u[j] * u[k] * v[k]) / n for k in range(len(x))] for j in range(len(x))]


def gap(a: list, b: list) -> Any:
    """1 less the size of a cosine."""
    u, v = direction(a, 2), direction(b, 2)
    return 1 - abs(mp.fsum(x * y for x, y in zip(u, v, strict=True)))


def rest(a: list, b: list) -> list:
    """What of b's direction is not along a, in units of the largest element."""
    u, v = direction(a, 2), direction(b, 2)
    c = mp.fsum(x * y for x, y in zip(u, v, strict=True))
    left = [y - c * x for x, y in zip(u, v, strict=True)]
    most = max(map(abs, left))
    return [[x, most, -most] for x in left]
