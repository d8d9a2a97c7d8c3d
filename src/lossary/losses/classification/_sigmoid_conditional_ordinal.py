"""Binary cross-entropies of the thresholds i ≤ y of ordered classes: those that a label above the one before
has to answer.

value  Σ_{i<y} softplus(-z_i) + softplus(z_y)
grad   -σ(-z_i) for i < y, σ(z_y), and 0 beyond
hess   σ(z_i)·σ(-z_i) up to y, and 0 beyond
"""

from typing import Any

from lossary._arguments import LOGITS, RANKS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import sigmoids, softpluses
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction, RowAxes


def _value(z: Array, labels: Array, *, xp: Any) -> Array:
    of_below, of_above = softpluses(z, xp)
    return xp.sum(_up_to(of_above, of_below, labels, xp), axis=-1)


def _grad(z: Array, labels: Array, *, xp: Any) -> Array:
    p, q = sigmoids(z, xp)
    return _up_to(-q, p, labels, xp)


def _hess(z: Array, labels: Array, *, xp: Any) -> Array:
    p, q = sigmoids(z, xp)
    return _up_to(p * q, p * q, labels, xp)


def _up_to(above: Array, at: Array, labels: Array, xp: Any) -> Array:
    """What the thresholds below the label have, and that at the label."""
    thresholds, labels = xp.arange_like(above), labels[..., None]
    return xp.where(thresholds < labels, above, xp.where(thresholds == labels, at, 0.0))


KERNEL = Kernel("sigmoid_conditional_ordinal", "(c),()->()", (LOGITS, RANKS), _value, _grad, _hess)


@loss
def sigmoid_conditional_ordinal(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Ordered classes, by a yes or no for each threshold: "is it above, if it is above the one before?".

    CORN. The probability of being above a threshold is the product of the answers so far, and so never rises
    along the row, whatever the logits. `sigmoid_ordinal` asks all thresholds of every example.

    .. math:: \ell = \sum_{i < y} \log(1 + e^{-z_i}) + \log(1 + e^{z_y})

    Parameters
    ----------
    logits : array, shape (..., K - 1, ...)
        Scores :math:`z` on `axis`, one for each threshold between the K classes: the logit of being above it,
        of what is above the one before.
    labels : array
        Class ids 0 to K-1 :math:`y` in their order, shaped as the logits without that axis. The highest has
        no last term.
    axis : int or tuple of int
        The axis of the thresholds, or several whose thresholds make one row, in this order.

    Returns
    -------
    array
        In nats: the sum over the thresholds that are asked; unreduced it has the shape of the labels. At
        least float32.

    Raises
    ------
    LossInputError
        If the shapes do not fit, or an id is not one of the K classes.

    Notes
    -----
    It is the logarithm of the probability of the label's class. `reduction` divides by the examples; other
    implementations divide by the number of questions asked of them all, which changes with the classes that
    are in a batch.

    To weigh examples by their class: ``weights=weight_of_class[labels]``.

    References
    ----------
    X. Shi, W. Cao, S. Raschka, *Deep neural networks for rank-consistent ordinal regression based on
    conditional probabilities*, Pattern Anal. Appl. 26 (2023).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits = np.array([[1.5, 0.2, -1.0]])
    >>> [round(float(lossary.sigmoid_conditional_ordinal(logits, np.array([y]))), 4) for y in range(4)]
    [1.7014, 0.9996, 1.1128, 2.1128]
    """
    return Call(
        KERNEL,
        logits,
        labels,
        axis=axis,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
