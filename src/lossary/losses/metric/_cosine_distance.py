"""1 - c, with c the cosine of the angle between two vectors, computed without the subtraction:

value  |v - c u|² / (1 + c)
grad   -(v - c u) / |a|
hess   (2 u_j (v_j - c u_j) + c (1 - u_j²)) / |a|²
"""

from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import Cosine, cosine
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.metric._cosine_bend import bend, bend_times


def _value(a: Array, b: Array, *, xp: Any) -> Array:
    return _distance(cosine(a, b, xp), xp)


def _grad(a: Array, b: Array, *, xp: Any) -> Array:
    return _slope(cosine(a, b, xp))


def _both(a: Array, b: Array, *, xp: Any, again: Again) -> tuple[Array, Array]:
    at = cosine(a, b, xp)
    return _distance(at, xp), _slope(at if again is None else cosine(again(a), again(b), xp))


def _distance(at: Cosine, xp: Any) -> Array:
    return xp.where(at.c > 0, at.gap, 1.0 - at.c)[..., 0]


def _slope(at: Cosine) -> Array:
    return at.rest * -at.per_size


def _hess(a: Array, b: Array, *, xp: Any) -> Array:
    return -bend(a, cosine(a, b, xp), xp)


def _hvp(w: Array, a: Array, b: Array, *, xp: Any) -> Array:
    return -bend_times(w, a, cosine(a, b, xp), xp)


KERNEL = Kernel("cosine_distance", "(c),(c)->()", (PREDICTIONS, TARGETS), _value, _grad, _hess, _hvp, _both)


@loss
def cosine_distance(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    axis: RowAxes = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""One minus the cosine similarity: 0 if two vectors point the same way, 2 if they point opposite ways.

    Only directions matter. For small angles it is half the squared angle.

    .. math:: \ell = 1 - \frac{a \cdot b}{|a|\,|b|}
              = \tfrac12 \left| \frac{a}{|a|} - \frac{b}{|b|} \right|^2

    Parameters
    ----------
    predictions : array, shape (..., D, ...)
        Vectors :math:`a` along `axis`, of any length.
    targets : array, shape (..., D, ...)
        Vectors :math:`b`, with the same shape.
    axis : int or tuple of int
        The axis of the vectors, or a tuple of axes that together form one vector.

    Returns
    -------
    array
        From 0 to 2, even after rounding; without reduction, it has the shape of the vectors without `axis`.
        At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ.

    Notes
    -----
    All digits are correct even for nearly parallel vectors, because no rounded cosine is subtracted from 1.
    Where the result should be 0, it is 0 or negligible (1e-30 in float32). A zero vector has no direction:
    its distance to any other vector is 1, with zero derivatives. No epsilon is added, and no length is too
    large or too small. An infinite coordinate gives NaN.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> a, b = np.array([[3.0, 4.0], [1.0, 0.0]]), np.array([[4.0, 3.0], [1.0, 1e-12]])
    >>> lossary.cosine_distance(a, b, reduction="none").tolist()
    [0.04, 5e-25]
    """
    return Call(
        KERNEL,
        predictions,
        targets,
        axis=axis,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
