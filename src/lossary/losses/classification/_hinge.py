"""The hinge loss, with m = y·x for a label y = ±1:

value  max(1 - m, 0)
grad   -y where m < 1, else 0
hess   0
"""

from typing import Any

from lossary._arguments import LOGITS
from lossary._encodings import both_encodings, of_encoding
from lossary._engine import Call, loss
from lossary._math import relu, signed_times, step
from lossary._typing import AnyArray, Array, ArrayT, Axes, LabelsIn, Reduction


def _value(x: Array, y: Array, *, xp: Any) -> Array:
    return relu(1.0 - signed_times(y, x, xp), xp)


def _grad(x: Array, y: Array, *, xp: Any) -> Array:
    return -y * step(1.0 - signed_times(y, x, xp), xp)


def _hess(x: Array, y: Array, *, xp: Any) -> Array:
    return xp.zeros_like(x)


OF_BITS, OF_SIGNS = both_encodings("hinge", "(),()->()", (LOGITS,), _value, _grad, _hess, own="pm1")


@loss
def hinge(
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
    r"""The hinge loss of support vector machines: zero once the score is right by a margin of 1.

    .. math:: \ell = \max(0,\ 1 - y\,x), \qquad y = \pm1

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
    At :math:`y x = 1` the derivative is 0, the value on the side where the loss is 0. A label between the two
    goes into the formula as it is: at :math:`y = 0` the loss is 1 for every score.

    References
    ----------
    C. Cortes, V. Vapnik, *Support-vector networks*, Machine Learning 20 (1995).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits, labels = np.array([2.0, 0.5, -1.0]), np.array([1, 1, 1])
    >>> lossary.hinge(logits, labels, reduction="none").tolist()
    [0.0, 0.5, 2.0]
    >>> lossary.hinge(logits, -labels, labels_in="pm1", reduction="none").tolist()
    [3.0, 1.5, 0.0]
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
