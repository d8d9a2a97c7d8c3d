"""The multiclass hinge loss, with r the first of the best rivals of the label y and d = s_r - s_y:

value  max(margin + d, 0)
grad   1 at r and -1 at y where margin + d > 0, else 0
hess   0
"""

from typing import Any

from lossary._arguments import CLASS_IDS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import relu, step
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction, RowAxes
from lossary.losses.classification._rivals import lead, toward_rival


def _value(z: Array, labels: Array, *, xp: Any, margin: Number = 1.0) -> Array:
    return relu(margin + lead(z, labels, xp), xp)


def _grad(z: Array, labels: Array, *, xp: Any, margin: Number = 1.0) -> Array:
    return toward_rival(step(margin + lead(z, labels, xp), xp), z, labels, xp)


def _hess(z: Array, labels: Array, *, xp: Any, margin: Number = 1.0) -> Array:
    return xp.zeros_like(z)


KERNEL = Kernel("multiclass_hinge", "(c),()->()", (LOGITS, CLASS_IDS), _value, _grad, _hess)


@loss
def multiclass_hinge(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    margin: float | AnyArray = 1.0,
    axis: RowAxes = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Hinge loss for exclusive classes: zero once the label leads the best rival by the margin.

    The loss of Crammer and Singer, which uses one rival. `multi_margin` sums over all rivals.

    .. math:: \ell = \max(0,\ m + \max_{k \ne y} s_k - s_y)

    Parameters
    ----------
    logits : array, shape (..., K, ...)
        Unbounded scores :math:`s`, the K classes on `axis`; :math:`-\infty` excludes a class.
    labels : array
        Class ids :math:`y`, 0 to K-1, with the shape of the logits without the class axis.
    margin : float
        :math:`m`, the lead that the label should have, in the units of the logits.
    axis : int or tuple of int
        The class axis. A tuple of axes is flattened into one class axis in the given order, the last axis
        varying fastest; class ids index the flattened axis.
    class_weights : array of K numbers, optional
        The weight of each class: multiplies the loss of examples with that label. ``"weighted_mean"``
        includes it in the denominator.

    Returns
    -------
    array
        In the units of the logits; without reduction, it has the shape of the logits without the class axis.
        At least float32.

    Raises
    ------
    LossInputError
        If shapes do not match, or a class id is out of range.

    Notes
    -----
    If several rivals tie for the best, the first gets the derivative; where the lead equals the margin, it is
    0, the value on the side where the loss is 0. The loss is infinite if the label's class is excluded, and 0
    if the label has no rivals.

    References
    ----------
    K. Crammer, Y. Singer, *On the algorithmic implementation of multiclass kernel-based vector machines*,
    JMLR 2 (2001).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits = np.array([[3.0, 1.0, 0.0], [0.5, 1.0, 0.0]])
    >>> lossary.multiclass_hinge(logits, np.array([0, 0]), reduction="none").tolist()
    [0.0, 1.5]
    """
    return Call(
        KERNEL,
        logits,
        labels,
        axis=axis,
        params={"margin": margin, "class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
