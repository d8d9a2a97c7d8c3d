"""Cosine and sine of an angle, which some libraries have only in float32."""

import math
from typing import Any

from lossary._math._polynomial import of_powers, polynomial
from lossary._typing import Number

_SQUARE = (0.5 * math.pi) ** 2
_COS = of_powers(tuple([(-1) ** k / math.factorial(2 * k) for k in range(13, -1, -1)]), up_to=_SQUARE)
_SIN = of_powers(tuple([(-1) ** k / math.factorial(2 * k + 1) for k in range(13, -1, -1)]), up_to=_SQUARE)
"""Taylor series in the square of the angle."""


def cos_sin(angle: Number, xp: Any) -> tuple[Number, Number]:
    """The cosine and sine of an angle from 0 to π/2."""
    if isinstance(angle, float | int):
        return math.cos(angle), math.sin(angle)
    square = angle * angle
    return polynomial(square, _COS, xp), angle * polynomial(square, _SIN, xp)
