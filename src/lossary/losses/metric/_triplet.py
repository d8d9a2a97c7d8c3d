"""Two distances, one of which should be a margin below the other:

value  relu(d⁺ - d⁻ + m)
grad   1 where the triplet costs something
hess   0
"""

from typing import Any

from lossary._arguments import NEGATIVE_DISTANCES, POSITIVE_DISTANCES
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import relu, step
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction


def _value(near: Array, far: Array, *, xp: Any, margin: Number = 1.0) -> Array:
    return relu(near - far + margin, xp)


def _grad(near: Array, far: Array, *, xp: Any, margin: Number = 1.0) -> Array:
    return step(near - far + margin, xp)


def _hess(near: Array, far: Array, *, xp: Any, margin: Number = 1.0) -> Array:
    return xp.zeros_like(near)


KERNEL = Kernel("triplet", "(),()->()", (POSITIVE_DISTANCES, NEGATIVE_DISTANCES), _value, _grad, _hess)


@loss
def triplet(
    positive_distances: ArrayT,
    negative_distances: AnyArray | float,
    *,
    margin: float | AnyArray = 1.0,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Triplet loss on distances of any kind: the positive should be closer than the negative by a margin.

    `triplet_margin` computes distances from embeddings; use this loss for distances that it does not offer.
    To push the positive away from the negative as well, pass the smaller of the two distances to the
    negative.

    .. math:: \ell = \max(0,\, d^+ - d^- + m)

    Parameters
    ----------
    positive_distances : array, shape (...)
        :math:`d^+`, the distance of each anchor to its positive.
    negative_distances : array, shape (...)
        :math:`d^-`, the distance of each anchor to its negative, with the same shape.
    margin : float
        :math:`m`, by how much the negative should be farther away.

    Returns
    -------
    array
        In the units of the distances. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ.

    Notes
    -----
    Only differences matter, so negated similarities work as distances. Where the difference equals the
    margin, the derivative is the one on the side where triplets cost nothing.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> lossary.triplet(np.array([0.5, 0.25]), np.array([0.75, 2.0]), reduction="none").tolist()
    [0.75, 0.0]
    """
    return Call(
        KERNEL,
        positive_distances,
        negative_distances,
        params={"margin": margin},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
