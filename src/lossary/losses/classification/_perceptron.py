"""The perceptron loss, with m = y·x for a label y = ±1:

value  max(-m, 0)
grad   -y where m <= 0, else 0
hess   0
"""

from typing import Any

from lossary._arguments import LOGITS
from lossary._encodings import both_encodings, of_encoding
from lossary._engine import Call, loss
from lossary._math import negative_part, signed_times, step
from lossary._typing import AnyArray, Array, ArrayT, Axes, LabelsIn, Reduction


def _value(x: Array, y: Array, *, xp: Any) -> Array:
    return negative_part(signed_times(y, x, xp), xp)


def _grad(x: Array, y: Array, *, xp: Any) -> Array:
    return y * (step(signed_times(y, x, xp), xp) - 1.0)


def _hess(x: Array, y: Array, *, xp: Any) -> Array:
    return xp.zeros_like(x)


OF_BITS, OF_SIGNS = both_encodings("perceptron", "(),()->()", (LOGITS,), _value, _grad, _hess, own="pm1")


@loss
def perceptron(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    labels_in: LabelsIn = "01",
    axis: int = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""The perceptron loss: zero once the score is on the right side of 0.

    .. math:: \ell = \max(0,\ -y\,x), \qquad y = \pm1

    Parameters
    ----------
    logits : array, shape (...)
        Unbounded scores :math:`x`. At :math:`\pm\infty` the loss takes its limit.
    labels : array, shape (...)
        0 or 1, or -1 or 1 with ``labels_in="pm1"``; same shape as the logits. Any integer, boolean or
        floating dtype.
    labels_in : "01" or "pm1"
        The encoding of the labels, which is never inferred from their values. Labels 0 and 1 stand for
        :math:`y` = -1 and 1.
    axis : int
        The axis of the classes, for `class_weights`.
    class_weights : array of one number per class along `axis`, optional
        The weight of each class. ``"weighted_mean"`` includes it in the denominator.

    Returns
    -------
    array
        In the units of the logits. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, labels are outside [0, 1] (or [-1, 1] with ``"pm1"``), or `labels_in` is
        invalid.

    Notes
    -----
    At :math:`x = 0` the derivative is :math:`-y`: as in Rosenblatt's rule, an undecided score counts as
    wrong, so a model with zero weights can learn. A label between the two goes into the formula as it is: at
    :math:`y = 0` the loss is 0.

    References
    ----------
    F. Rosenblatt, *The perceptron*, Psychological Review 65 (1958).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits, labels = np.array([2.0, 0.5, -1.0]), np.array([1, 0, 1])
    >>> lossary.perceptron(logits, labels, reduction="none").tolist()
    [0.0, 0.5, 1.0]
    """
    return Call(
        of_encoding((OF_BITS, OF_SIGNS), labels_in),
        logits,
        labels,
        axis=axis,
        params={"class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
