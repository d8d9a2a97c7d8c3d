"""Polynomials by Horner's rule."""

from typing import Any, NamedTuple

from lossary._typing import Array

_NEGLIGIBLE = 2.0**-28
"""Relative to the constant term; a sixteenth of a unit in the last place of float32."""


class Polynomial(NamedTuple):
    """Coefficients, highest power first."""

    double: tuple[float, ...]
    single: tuple[float, ...]
    """Without the highest powers that make no difference in float32."""


def of_powers(coefficients: tuple[float, ...], up_to: float) -> Polynomial:
    """A polynomial for |x| <= `up_to`, where it is not much smaller than its constant term."""
    degree, left_out = len(coefficients) - 1, 0.0
    for i, c in enumerate(coefficients):
        left_out += abs(c) * up_to ** (degree - i)
        if i == degree - 1 or left_out > _NEGLIGIBLE * abs(coefficients[-1]):
            break
    return Polynomial(coefficients, coefficients[i:])


def polynomial(x: Array, of: Polynomial, xp: Any) -> Array:
    first, second, *rest = of.single if xp.finfo(x.dtype).bits <= 32 else of.double
    result = first * x + second
    for c in rest:
        if xp.overwrites and result.ndim:
            xp.multiply(result, x, out=result)
            xp.add(result, c, out=result)
        else:
            result = result * x + c
    return result
