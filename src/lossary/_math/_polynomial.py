"""Polynomials by Horner's rule."""

from lossary._typing import Array


def polynomial(x: Array, coefficients: tuple[float, ...]) -> Array:
    """A polynomial with at least two coefficients, highest power first."""
    result = coefficients[0] * x + coefficients[1]
    for c in coefficients[2:]:
        result = result * x + c
    return result
