"""The second derivative of a cosine, shared by the losses built on it.

With u the direction of a, c the cosine and `rest` the term of its first derivative, it is

    -(u restᵀ + rest uᵀ + c (1 - u uᵀ)) / |a|²,

where 1 - u_j² is the sum of the other squares, each element separate from the others.
"""

from typing import Any

from lossary._math import Cosine, besides
from lossary._typing import Array


def bend(a: Array, at: Cosine, xp: Any) -> Array:
    """The diagonal of the second derivative."""
    return -at.per_size * (at.per_size * _diagonal(a * at.per_size, at, xp))


def bend_times(w: Array, a: Array, at: Cosine, xp: Any) -> Array:
    """The product of the second derivative with w."""
    u = a * at.per_size
    along = besides(u * w, xp, u)
    product = u * (besides(at.rest * w, xp, at.rest) - at.c * along) + at.rest * along
    return -at.per_size * (at.per_size * (_diagonal(u, at, xp) * w + product))


def _diagonal(u: Array, at: Cosine, xp: Any) -> Array:
    return 2.0 * u * at.rest + at.c * besides(u * u, xp)
