"""Binary cross-entropies for ordered classes, at each threshold i, with u_i = z_i for i < y and -z_i for
others:

value  Σ softplus(-u_i)
grad   -σ(-z_i) for i < y, σ(z_i) for others
hess   σ(z_i)·σ(-z_i)
"""

from typing import Any

from lossary._arguments import LOGITS, RANKS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import sigmoids, softpluses
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction, RowAxes


def _value(z: Array, labels: Array, *, xp: Any) -> Array:
    of_below, of_above = softpluses(z, xp)
    return xp.sum(xp.where(_is_above(z, labels, xp), of_above, of_below), axis=-1)


def _grad(z: Array, labels: Array, *, xp: Any) -> Array:
    p, q = sigmoids(z, xp)
    return xp.where(_is_above(z, labels, xp), -q, p)


def _hess(z: Array, labels: Array, *, xp: Any) -> Array:
    p, q = sigmoids(z, xp)
    return p * q


def _is_above(z: Array, labels: Array, xp: Any) -> Array:
    """Whether the label is above each threshold."""
    return xp.arange_like(z) < labels[..., None]


KERNEL = Kernel("sigmoid_ordinal", "(c),()->()", (LOGITS, RANKS), _value, _grad, _hess)


@loss
def sigmoid_ordinal(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""CORAL, for ordinal classification such as grades: is each threshold between classes exceeded?

    In CORAL, the thresholds share one score and have separate biases. With any other logits, it is the
    extended binary classification that CORAL comes from. `sigmoid_conditional_ordinal` uses a threshold only
    if the label is above the one before.

    .. math:: \ell = \sum_{i < y} \log(1 + e^{-z_i}) + \sum_{i \ge y} \log(1 + e^{z_i})

    Parameters
    ----------
    logits : array, shape (..., K - 1, ...)
        Scores :math:`z` on `axis`, one for each threshold between the K classes: the logit of being above it.
    labels : array
        Class ids :math:`y` from 0 to K-1 in their order, with the shape of the logits without `axis`.
    axis : int or tuple of int
        The axis of the thresholds. A tuple of axes is flattened into one axis, in the given order.

    Returns
    -------
    array
        In nats: the sum over the thresholds; without reduction, it has the shape of the labels. At least
        float32.

    Raises
    ------
    LossInputError
        If shapes do not match, or a class id is out of range.

    Notes
    -----
    There is one logit fewer than there are classes. To predict a class, count the logits above 0. They
    decrease along the row only if the model ensures it; the loss does not.

    To weight examples by class: ``weights=weight_of_class[labels]``.

    References
    ----------
    W. Cao, V. Mirjalili, S. Raschka, *Rank consistent ordinal regression for neural networks*, Pattern
    Recognit. Lett. 140 (2020); L. Li, H.-T. Lin, *Ordinal regression by extended binary classification*, NIPS
    2006.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits = np.array([[1.5, 0.2, -1.0]])
    >>> [round(float(lossary.sigmoid_ordinal(logits, np.array([y]))), 4) for y in range(4)]
    [2.8128, 1.3128, 1.1128, 2.1128]
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
