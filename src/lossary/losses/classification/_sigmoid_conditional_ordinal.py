"""Binary cross-entropies for ordered classes, at the thresholds i ≤ y, where the label exceeds the one
before:

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
    """`above` at thresholds below the label, `at` at the label's threshold, 0 beyond."""
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
    r"""CORN, for ordinal classification: is each threshold exceeded, given that the one before is?

    The probability of being above a threshold is the product of the conditional probabilities so far. It
    never increases along the row, whatever the logits. `sigmoid_ordinal` uses all thresholds for every
    example.

    .. math:: \ell = \sum_{i < y} \log(1 + e^{-z_i}) + \log(1 + e^{z_y})

    Parameters
    ----------
    logits : array, shape (..., K - 1, ...)
        Scores :math:`z` on `axis`, one for each threshold between the K classes: the logit of being above it,
        given being above the one before.
    labels : array
        Class ids :math:`y` from 0 to K-1 in their order, with the shape of the logits without `axis`. The
        highest class has no last term.
    axis : int or tuple of int
        The axis of the thresholds. A tuple of axes is flattened into one axis, in the given order.

    Returns
    -------
    array
        In nats: the sum over the thresholds used; without reduction, it has the shape of the labels. At least
        float32.

    Raises
    ------
    LossInputError
        If shapes do not match, or a class id is out of range.

    Notes
    -----
    The loss is the negative log-probability of the label's class. `reduction` divides by the number of
    examples. Other implementations divide by the number of thresholds used in the batch, which depends on the
    classes in it.

    To weight examples by class: ``weights=weight_of_class[labels]``.

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
