"""Polynomials by Horner's rule."""

from functools import lru_cache
from typing import Any

from lossary._typing import Array

_NEGLIGIBLE = 2.0**-28
"""Relative to the constant term; a sixteenth of a unit in the last place of float32."""


def polynomial(x: Array, coefficients: tuple[float, ...], xp: Any, up_to: float) -> Array:
    """A polynomial of several terms, highest power first, for |x| <= `up_to`; not 0 there.

    float32 does without the highest powers if they make no difference.
    """
    if xp.finfo(x.dtype).bits <= 32:
        coefficients = _in_single(coefficients, up_to)
    first, second, *rest = coefficients
    result = first * x + second
    for c in rest:
        if xp.overwrites and result.ndim:
            xp.multiply(result, x, out=result)
            xp.add(result, c, out=result)
        else:
            result = result * x + c
    return result


@lru_cache
def _in_single(coefficients: tuple[float, ...], up_to: float) -> tuple[float, ...]:
    left_out = 0.0
    for i, c in enumerate(coefficients[:-2]):
        left_out += abs(c) * up_to ** (len(coefficients) - 1 - i)
        if left_out > _NEGLIGIBLE * abs(coefficients[-1]):
            return coefficients[i:]
    return coefficients[-2:]
