"""The logistic loss, with m = y·x for a label y = ±1:

value  log(1 + exp(-m)) = max(-m, 0) + log1p(exp(-|m|))
grad   -y·σ(-m)
hess   y²·σ(m)·σ(-m)
"""

from typing import Any

from lossary._arguments import LOGITS
from lossary._encodings import both_encodings, of_encoding
from lossary._engine import Call, loss
from lossary._math import negative_part, sigmoids, signed_times, softplus_tail
from lossary._typing import AnyArray, Array, ArrayT, Axes, LabelsIn, Reduction


def _value(x: Array, y: Array, *, xp: Any) -> Array:
    m = signed_times(y, x, xp)
    return negative_part(m, xp) + softplus_tail(m, xp)


def _grad(x: Array, y: Array, *, xp: Any) -> Array:
    return -y * sigmoids(signed_times(y, x, xp), xp)[1]


def _hess(x: Array, y: Array, *, xp: Any) -> Array:
    p, q = sigmoids(signed_times(y, x, xp), xp)
    return (y * y) * (p * q)


OF_BITS, OF_SIGNS = both_encodings("logistic", "(),()->()", (LOGITS,), _value, _grad, _hess, own="pm1")


@loss
def logistic(
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
    r"""The logistic loss, also called soft margin loss, for labels of ±1 or 0 and 1; it never overflows.

    For labels 0 and 1 it equals `sigmoid_binary_cross_entropy`, which also has label smoothing.

    .. math:: \ell = \log(1 + e^{-y\,x}), \qquad y = \pm1

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
        In nats. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, labels are outside [0, 1] (or [-1, 1] with ``"pm1"``), or `labels_in` is
        invalid.

    Notes
    -----
    A label between the two goes into the formula as it is: at :math:`y = 0` the loss is :math:`\log 2` for
    every score. A cross-entropy would mix the losses of both labels instead. For such labels :math:`y x` is
    rounded, and the exponential amplifies the rounding to about :math:`|y x|/2` ULP. Labels of ±1 lose no
    accuracy.

    References
    ----------
    J. Friedman, T. Hastie, R. Tibshirani, *Additive logistic regression*, Ann. Statist. 28 (2000).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits, labels = np.array([2.0, 0.0, -1000.0]), np.array([1, 1, 1])
    >>> lossary.logistic(logits, labels, reduction="none").round(4).tolist()
    [0.1269, 0.6931, 1000.0]
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
