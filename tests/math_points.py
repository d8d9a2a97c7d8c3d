"""Where the formulas of `_math` are tried, and what some of them are to any number of digits."""

from collections.abc import Callable
from math import inf
from typing import Any

import mpmath as mp
import numpy as np

HARD = [1e-30, 1e-8, 1e-4, 0.1, 0.25, 0.41, 0.5, 1.0, 8.5, 16.0, 17.0, 20.0, 37.4, 56.27, 87.0]

Arrays = tuple[np.ndarray, ...]


def positive(dtype: str) -> Arrays:
    """Hard points, ordinary ones, and down to where exp is no longer normal."""
    rng = np.random.default_rng(0)
    end = 87 if dtype == "float32" else 708
    ordinary = np.concatenate([np.abs(rng.normal(0, 3, 500)), rng.uniform(0, end, 500)])
    return (np.asarray([0.0, *HARD, 1e3, 1e15, *ordinary], dtype),)


def reals(dtype: str) -> Arrays:
    (x,) = positive(dtype)
    return (np.concatenate([x, -x]),)


def distances(dtype: str) -> Arrays:
    """Pairs whose difference is rounded."""
    (x,) = reals(dtype)
    return x, np.random.default_rng(5).normal(0, 20, x.size).astype(dtype)


def units(dtype: str) -> Arrays:
    """From 0 to 1, crowded at both ends and around where a formula changes."""
    rng = np.random.default_rng(1)
    info = np.finfo(dtype)
    small = 10 ** rng.uniform(np.log10(info.smallest_normal), 0, 300)
    large = 1 - 10 ** rng.uniform(np.log10(info.eps), 0, 300)
    around = 0.25 + rng.normal(0, 1e-6, 50)
    points = [0.0, *HARD[:7], *small, *large, *around, *rng.uniform(0, 1, 500), 1 - info.eps]
    return (np.asarray(points, dtype),)


def rows(dtype: str) -> Arrays:
    """Logits: ties, certainty, far from 0, a class that cannot be, and ordinary ones."""
    rng = np.random.default_rng(2)
    made = [[0.0] * 4, [1.0, -2.0, 0.5, 1.0], [56.27, -36.44, 7.726, -9.193], [0.1, 0.1, 30.0, 0.1]]
    made += [[1e4, 1e4 - 1, 1e4 - 3, -1e4], [-80.0, 1e3, 0.0, 1e3 - 20], [0.5, -inf, 1.5, -inf]]
    made += [[d, 0.0, -1.0, 0.5] for d in HARD] + [[0.0, d, d, -d] for d in HARD]
    for scale in (0.1, 1, 5, 20, 50):
        made += rng.normal(0, scale, (60, 4)).tolist()
    return (np.asarray(made + rng.normal(-1e4, 10, (30, 4)).tolist(), dtype),)


def labeled(dtype: str) -> Arrays:
    """Each row with each of its classes as the label."""
    (z,) = rows(dtype)
    return np.repeat(z, z.shape[1], axis=0), np.tile(np.arange(z.shape[1]), len(z))


def tangents(dtype: str) -> Arrays:
    (z,) = rows(dtype)
    return np.random.default_rng(3).normal(size=z.shape).astype(dtype), z


def sizes(dtype: str) -> Arrays:
    """Rows of numbers of very different size, and one of them to pick."""
    rng = np.random.default_rng(4)
    return (10 ** rng.uniform(-20, 5, (200, 4))).astype(dtype), rng.integers(0, 4, 200)


def vectors(dtype: str) -> Arrays:
    """Elements of like and of very different size, with zeros, and squares beyond the range."""
    rng = np.random.default_rng(5)
    made = [rng.normal(size=(50, 5)), 10 ** rng.uniform(-8, 3, (50, 5)), rng.normal(size=(5, 5)) * 1e25]
    made += [rng.normal(size=(5, 5)) * 1e-25, np.eye(5), 2e38 * np.eye(5)]
    return (np.concatenate(made).astype(dtype),)


def pairs(dtype: str) -> Arrays:
    """Vectors at all angles: b is a multiple of a, and a share of something else."""
    rng = np.random.default_rng(6)
    a, off = rng.normal(size=(2, 200, 5))
    angle = 10 ** rng.uniform(-8 if dtype == "float64" else -4, 1, (200, 1))
    return a.astype(dtype), (rng.choice([1, -0.7, 3, 1e10], (200, 1)) * (a + angle * off)).astype(dtype)


def crossed(numbers: list[float], grid: Callable[[str], Arrays]) -> Callable[[str], Arrays]:
    """Each of the numbers, as an array, with each point."""
    return lambda dtype: tuple(a.ravel() for a in np.meshgrid(np.asarray(numbers, dtype), *grid(dtype)))


def power(exponent: float, base: Any) -> Any:
    return base ** mp.mpf(exponent) if base or exponent >= 0 else mp.inf


def softmax(z: list) -> tuple[list, list, list]:
    e = [mp.exp(x - max(z)) for x in z]
    others = [mp.fsum(e[:j] + e[j + 1 :]) for j in range(len(e))]
    nll = [mp.log1p(rest / own) if own else mp.inf for rest, own in zip(others, e, strict=True)]
    return [x / mp.fsum(e) for x in e], [x / mp.fsum(e) for x in others], nll


def tangent(v: list, z: list) -> list:
    p, q, _ = softmax(z)
    parts = [-a * b for a, b in zip(p, v, strict=True)]
    return [[q[j] * v[j], *parts[:j], *parts[j + 1 :]] for j in range(len(v))]


def neg_log_p(z: list, label: Any) -> Any:
    return softmax(z)[2][int(label)]


def log_sum_exp(z: list) -> list:
    return [[max(z), mp.log(mp.fsum(mp.exp(x - max(z)) for x in z))]]


def others(x: list, _: Any) -> list:
    largest = x.index(max(x))
    return [x[:j] + x[j + 1 :] if j == largest else [mp.fsum(x), -x[j]] for j in range(len(x))]


def running_total(x: list, _: Any) -> list:
    return [x[: j + 1] for j in range(len(x))]


def beside(dtype: str) -> Arrays:
    """Pairs of positive numbers: from nearly equal to as far apart as can be."""
    rng = np.random.default_rng(5)
    p = 10 ** rng.uniform(-30, 3, 600)
    near = p * (1 + 10 ** rng.uniform(-7, 0, 600) * rng.choice([-0.9, 1], 600))
    return np.concatenate([p, p, p]).astype(dtype), np.concatenate([near, p, p[::-1]]).astype(dtype)


def normal(dtype: str) -> Arrays:
    return (sizes(dtype)[0].ravel(),)


def small(dtype: str) -> Arrays:
    (x,) = reals(dtype)
    return (x[np.abs(x) <= 1],)


def divergence(t: Any, p: Any) -> Any:
    return t * mp.log(t / p) - t + p


def exponents(dtype: str) -> Arrays:
    """Amounts, and numbers whose exponentials they bring back into the range, or not."""
    rng = np.random.default_rng(7)
    end = 120 if dtype == "float32" else 900
    s = np.concatenate([rng.normal(0, 3, 300), rng.uniform(-end, end, 300)])
    most = np.log(float(np.finfo(dtype).max)) - 5
    y = np.exp(np.clip(rng.normal(0, 20, 600) + rng.choice([0, 1], 600) * s / 2, -most, most))
    y[np.abs(np.log(y)) + np.abs(s) > most] = 1.0
    return y.astype(dtype), np.clip(s, -most, most).astype(dtype)


def dispersions(dtype: str) -> Arrays:
    """Counts, whole or not, and dispersions from almost none to very large."""
    rng = np.random.default_rng(8)
    y = np.concatenate([rng.integers(0, 50, 300), 10 ** rng.uniform(-3, 6, 300)])
    return y.astype(dtype), (10 ** rng.uniform(-12, 6, 600)).astype(dtype)


def rising(y: Any, a: Any) -> list:
    """In units of what the likelihood that it is part of has beside it: y·log(1 + a), log y!, the mean."""
    with mp.workdps(80):
        r = 1 / a
        exact = mp.loggamma(y + r) - mp.loggamma(r) - y * mp.log(r)
        beside = max(y * mp.log1p(a), mp.loggamma(y + 1), min(y * a, mp.mpf(1)))
    return [[exact, beside, -beside]]
