"""The two-class sparsemax loss, with m = y·x for a label y = ±1 and q = 1 - m between 0 and 2:

value  q²/4, plus the excess of -m over 1
grad   -y·q/2
hess   y²/2 where -1 <= m < 1, else 0

Beyond 1, q²/4 is 1 and the rest -m - 1: their sum is -m.
"""

from typing import Any

from lossary._arguments import LOGITS
from lossary._encodings import both_encodings, of_encoding
from lossary._engine import Call, loss
from lossary._math import least, relu, signed_times, step
from lossary._typing import AnyArray, Array, ArrayT, Axes, LabelsIn, Reduction


def _value(x: Array, y: Array, *, xp: Any) -> Array:
    m = signed_times(y, x, xp)
    q = _limited(1.0 - m, xp)
    return 0.25 * (q * q) + relu(-m - 1.0, xp)


def _grad(x: Array, y: Array, *, xp: Any) -> Array:
    return -0.5 * (y * _limited(1.0 - signed_times(y, x, xp), xp))


def _hess(x: Array, y: Array, *, xp: Any) -> Array:
    m = signed_times(y, x, xp)
    return 0.5 * (y * y) * step(1.0 - m, xp) * (1.0 - step(-m - 1.0, xp))


def _limited(q: Array, xp: Any) -> Array:
    return relu(least(q, 2.0, xp), xp)


OF_BITS, OF_SIGNS = both_encodings("sparsemax", "(),()->()", (LOGITS,), _value, _grad, _hess, own="pm1")


@loss
def sparsemax(
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
    r"""Two-class sparsemax loss: like the logistic loss, but zero for margins of 1 and above.

    The smooth loss for probabilities that can be exactly 0 or 1. For more classes use `multiclass_sparsemax`,
    which equals this one for the logits 0 and :math:`x`.

    .. math:: \ell = \begin{cases} 0 & y x \ge 1 \\ \tfrac14 (1 - y x)^2 & -1 \le y x \le 1 \\
              -y x & y x \le -1 \end{cases} \qquad y = \pm1

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
    The derivative is continuous. The second derivative takes its inner value at :math:`y x = -1`, and is 0 at
    :math:`y x = 1`, where the loss becomes 0. A label between the two goes into the formula as it is: at
    :math:`y = 0` the loss is 1/4 for every score.

    References
    ----------
    M. Blondel, A. F. T. Martins, V. Niculae, *Learning with Fenchel-Young losses*, JMLR 21 (2020),
    section 4.4.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits, labels = np.array([2.0, 0.0, -3.0]), np.array([1, 1, 1])
    >>> lossary.sparsemax(logits, labels, reduction="none").tolist()
    [0.0, 0.25, 3.0]
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
