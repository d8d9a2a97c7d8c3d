"""The second derivative of a cosine, which the losses made of it share.

With u the direction of a, c the cosine and `rest` what its first derivative is made of, it is

    -(u restᵀ + rest uᵀ + c (1 - u uᵀ)) / |a|²,

where 1 - u_j² is the sum of the other squares: each element is kept apart from those beside it.
"""

from typing import Any

from lossary._math import Cosine, besides
from lossary._typing import Array


def bend(a: Array, at: Cosine, xp: Any) -> Array:
    """Its diagonal."""
    return -at.per_size * (at.per_size * _diagonal(a * at.per_size, at, xp))


def bend_times(w: Array, a: Array, at: Cosine, xp: Any) -> Array:
    """Its product with w."""
    u = a * at.per_size
    along = besides(u * w, xp, u)
    product = u * (besides(at.rest * w, xp, at.rest) - at.c * along) + at.rest * along
    return -at.per_size * (at.per_size * (_diagonal(u, at, xp) * w + product))


def _diagonal(u: Array, at: Cosine, xp: Any) -> Array:
    return 2.0 * u * at.rest + at.c * besides(u * u, xp)
