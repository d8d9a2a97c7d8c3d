"""The cosine of the angle between two vectors, with u and v their directions and rest = v - c u:

value  c = u·v
grad   rest / |a|
hess   -(2 u_j rest_j + c (1 - u_j²)) / |a|²
hvp    -(u (rest·w) + rest (u·w) + c (w - u (u·w))) / |a|²
"""

from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import cosine
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.metric._cosine_bend import bend, bend_times


def _value(a: Array, b: Array, *, xp: Any) -> Array:
    return cosine(a, b, xp).c[..., 0]


def _grad(a: Array, b: Array, *, xp: Any) -> Array:
    at = cosine(a, b, xp)
    return at.rest * at.per_size


def _both(a: Array, b: Array, *, xp: Any, again: Again) -> tuple[Array, Array]:
    at = cosine(a, b, xp)
    anew = at if again is None else cosine(again(a), again(b), xp)
    return at.c[..., 0], anew.rest * anew.per_size


def _hess(a: Array, b: Array, *, xp: Any) -> Array:
    return bend(a, cosine(a, b, xp), xp)


def _hvp(w: Array, a: Array, b: Array, *, xp: Any) -> Array:
    return bend_times(w, a, cosine(a, b, xp), xp)


KERNEL = Kernel("cosine_similarity", "(c),(c)->()", (PREDICTIONS, TARGETS), _value, _grad, _hess, _hvp, _both)


@loss
def cosine_similarity(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    axis: RowAxes = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Cosine similarity of two vectors: 1 if they point the same way, -1 if they point opposite ways.

    Larger is better, so use it as a metric. To train, minimize `cosine_distance`.

    .. math:: c = \frac{a \cdot b}{|a|\,|b|}

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
        From -1 to 1, even after rounding; without reduction, it has the shape of the vectors without `axis`.
        At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ.

    Notes
    -----
    A zero vector has no direction: its similarity to any other is 0, with zero derivatives. No epsilon is
    added, and no length is too large or too small. An infinite coordinate gives NaN.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> a, b = np.array([[3.0, 4.0], [1.0, 0.0]]), np.array([[4.0, 3.0], [-2.0, 0.0]])
    >>> lossary.cosine_similarity(a, b, reduction="none").tolist()
    [0.96, -1.0]
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
