"""Exact results for the regression losses beyond squares: value and both derivatives, with their limits.

Second derivatives that change sign are kept as a positive and a negative term.
"""

from typing import Any

import mpmath as mp

from bench._exact_terms import Signed, signed

_ZERO, _ONE = mp.mpf(0), mp.mpf(1)


def of_robust_error(loss: str, e: Any, options: dict[str, Any]) -> list[Signed]:
    """In the prediction, where e is the prediction minus the target."""
    found: list[list[Any]] = {
        "pseudo_huber": _pseudo_huber,
        "expectile": _expectile,
        "epsilon_insensitive": _epsilon_insensitive,
        "squared_epsilon_insensitive": _squared_epsilon_insensitive,
        "general_robust": _general_robust,
        "tukey_biweight": _tukey_biweight,
        "quantile_huber": _quantile_huber,
    }[loss](e, **{k: mp.mpf(v) for k, v in options.items()})
    return [signed(terms) for terms in found]


def _pseudo_huber(e: Any, delta: Any) -> list[list[Any]]:
    if mp.isinf(e):
        return [[mp.inf], [delta * mp.sign(e)], [_ZERO]]
    w = mp.sqrt(1 + (e / delta) ** 2)
    return [[e**2 / (w + 1)], [e / w], [1 / w**3]]


def _expectile(e: Any, level: Any) -> list[list[Any]]:
    weight = 1 - level if e > 0 else level
    return [[weight * e * e], [2 * weight * e], [2 * weight]]


def _epsilon_insensitive(e: Any, tolerance: Any) -> list[list[Any]]:
    beyond = abs(e) - tolerance
    return [[max(beyond, _ZERO)], [mp.sign(e) if beyond > 0 else _ZERO], [_ZERO]]


def _squared_epsilon_insensitive(e: Any, tolerance: Any) -> list[list[Any]]:
    beyond = max(abs(e) - tolerance, _ZERO)
    return [[beyond**2], [2 * mp.sign(e) * beyond], [mp.mpf(2) if beyond > 0 else _ZERO]]


def _general_robust(e: Any, shape: Any, scale: Any) -> list[list[Any]]:
    if mp.isinf(e):
        value = mp.inf if shape >= 0 else _ONE if mp.isinf(shape) else (shape - 2) / shape
        slope = mp.sign(e) * (mp.inf if shape > 1 else 1 / scale if shape == 1 else _ZERO)
        return [[value], [slope], [1 / scale**2 if shape == 2 else _ZERO]]
    u = (e / scale) ** 2
    if shape == 2:
        return [[u / 2], [e / scale**2], [1 / scale**2]]
    if mp.isinf(shape):
        bell = mp.exp(-u / 2)
        return [[-mp.expm1(-u / 2)], [e / scale**2 * bell], [bell / scale**2, -u * bell / scale**2]]
    b = 2 - shape
    logarithm = mp.log1p(u / b)
    value = b / shape * mp.expm1(shape / 2 * logarithm) if shape else logarithm
    w = mp.exp((shape / 2 - 2) * logarithm) / scale**2
    slope = e / scale**2 * mp.exp((shape / 2 - 1) * logarithm)
    return [[value], [slope], [w, (shape - 1) * u / b * w]]


def _tukey_biweight(e: Any, scale: Any) -> list[list[Any]]:
    k = 1 - (e / scale) ** 2
    if k <= 0:
        return [[scale**2 / 6], [_ZERO], [_ZERO]]
    return [[e**2 * (1 + k + k**2) / 6], [e * k**2], [5 * k**2, -4 * k]]


def _quantile_huber(e: Any, quantile: Any, delta: Any) -> list[list[Any]]:
    weight, q = 1 - quantile if e > 0 else quantile, min(abs(e), delta)
    inside = weight if abs(e) <= delta else _ZERO
    return [[weight * q * (abs(e) - q / 2)], [weight * mp.sign(e) * q], [inside]]
