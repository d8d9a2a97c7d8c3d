"""Polynomials by Horner's rule."""

from lossary._typing import Array


def polynomial(x: Array, coefficients: tuple[float, ...]) -> Array:
    """Of two coefficients or more, that of the highest power first."""
    result = coefficients[0] * x + coefficients[1]
    for c in coefficients[2:]:
        result = result * x + c
    return result
