"""The multiclass perceptron loss, with r the first of the best rivals of y and d = s_r - s_y:

value  max(d, 0)
grad   1 at r and -1 at y where d >= 0, else 0
hess   0
"""

from math import inf
from typing import Any

from lossary._arguments import CLASS_IDS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import largest, negative_part, step
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.classification._rivals import lead, toward_rival


def _value(z: Array, labels: Array, *, xp: Any) -> Array:
    if xp.is_differentiated:  # it picks one where several tie
        return negative_part(-lead(z, labels, xp), xp)
    top, y = largest(z, xp), xp.pick(z, labels)
    return xp.where((top == inf) & (y == inf), 0.0, top - y)


def _grad(z: Array, labels: Array, *, xp: Any) -> Array:
    return toward_rival(1.0 - step(-lead(z, labels, xp), xp), z, labels, xp)


def _hess(z: Array, labels: Array, *, xp: Any) -> Array:
    return xp.zeros_like(z)


KERNEL = Kernel("multiclass_perceptron", "(c),()->()", (LOGITS, CLASS_IDS), _value, _grad, _hess)


@loss
def multiclass_perceptron(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Perceptron loss for exclusive classes: zero once the label has the largest score.

    .. math:: \ell = \max_k s_k - s_y

    Parameters
    ----------
    logits : array, shape (..., K, ...)
        Unbounded scores :math:`s`, the K classes on `axis`; :math:`-\infty` excludes a class.
    labels : array
        Class ids :math:`y`, 0 to K-1, with the shape of the logits without the class axis.
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
    If several rivals tie for the best, the first gets the derivative. As in `perceptron`, a tie with the
    label counts as wrong, so a model with zero weights can learn. The loss is infinite if the label's class
    is excluded.

    References
    ----------
    M. Collins, *Discriminative training methods for hidden Markov models*, EMNLP 2002.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits = np.array([[3.0, 1.0, 0.0], [0.5, 1.0, 0.0]])
    >>> lossary.multiclass_perceptron(logits, np.array([0, 0]), reduction="none").tolist()
    [0.0, 0.5]
    """
    return Call(
        KERNEL,
        logits,
        labels,
        axis=axis,
        params={"class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
