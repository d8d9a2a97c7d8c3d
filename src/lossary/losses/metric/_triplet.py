"""Two distances of which one should be a margin below the other:

value  relu(d⁺ - d⁻ + m)
grad   1 where the triplet costs something
hess   0
"""

from typing import Any

from lossary._engine import evaluate
from lossary._kernel import NEGATIVE_DISTANCES, POSITIVE_DISTANCES, Kernel
from lossary._math import relu, step
from lossary._typing import Array, Axes, Number, Reduction


def _value(near: Array, far: Array, *, xp: Any, margin: Number = 1.0) -> Array:
    return relu(near - far + margin, xp)


def _grad(near: Array, far: Array, *, xp: Any, margin: Number = 1.0) -> Array:
    return step(near - far + margin, xp)


def _hess(near: Array, far: Array, *, xp: Any, margin: Number = 1.0) -> Array:
    return xp.zeros_like(near)


KERNEL = Kernel("triplet", "(),()->()", (POSITIVE_DISTANCES, NEGATIVE_DISTANCES), _value, _grad, _hess)


def triplet(
    positive_distances: Array,
    negative_distances: Array,
    *,
    margin: Number = 1.0,
    weights: Array = None,
    where: Array = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Any:
    r"""Bring each anchor nearer to its positive than to its negative, by distances of any kind.

    `triplet_margin` measures the distances of embeddings itself; this is for those that it does not know.
    Where the positive should be pushed from the negative as well, pass the smaller of the two distances from
    the negative.

    .. math:: \ell = \max(0,\, d^+ - d^- + m)

    Parameters
    ----------
    positive_distances : array, shape (...)
        :math:`d^+`: how far each anchor is from what it belongs to.
    negative_distances : array, shape (...)
        :math:`d^-`: how far it is from what it does not belong to; of the same shape.
    margin : float
        :math:`m`: by how much the second should be larger.
    weights, where, over, reduction
        Which triplets count, how much, and how they are summed: see :doc:`aggregation`.

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
    Only differences count, so that negated similarities serve as distances. Where the margin is kept exactly,
    the derivative is that of the side where triplets cost nothing.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> lossary.triplet(np.array([0.5, 0.25]), np.array([0.75, 2.0]), reduction="none").tolist()
    [0.75, 0.0]
    """
    return evaluate(
        KERNEL,
        positive_distances,
        negative_distances,
        params={"margin": margin},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
