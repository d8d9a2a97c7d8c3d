"""Binary cross-entropy on probabilities, with y and n the probabilities of 1 and 0, q = 1 - p:

value  -y·log p - n·log q, a term of weight 0 being 0
grad   -1/p if n = 0, 1/q if y = 0, else (p - y)/(p·q) (as y + n = 1)
hess   y/p² + n/q²
"""

from typing import Any

from lossary._arguments import LABELS, PROBS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import reciprocal, times
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction
from lossary.losses.classification._labels import both_sides
from lossary.losses.classification._probs import floored, neg_logs


def _value(
    p: Array, y: Array, *, xp: Any, label_smoothing: Number = 0.0, min_prob: float | None = None
) -> Array:
    y, n = both_sides(y, label_smoothing)
    nll_p, nll_q = neg_logs(*floored(p, min_prob, xp), min_prob, xp)
    return times(y, nll_p, xp) + times(n, nll_q, xp)


def _grad(
    p: Array, y: Array, *, xp: Any, label_smoothing: Number = 0.0, min_prob: float | None = None
) -> Array:
    y, n = both_sides(y, label_smoothing)
    p, q = floored(p, min_prob, xp)
    r, s = reciprocal(p, xp), reciprocal(q, xp)
    # Near the target the difference is exact if taken in the smaller of p and q.
    difference = xp.where(p < 0.5, p - y, n - q)
    return xp.where(n == 0, -y * r, xp.where(y == 0, n * s, (difference * r) * s))


def _hess(
    p: Array, y: Array, *, xp: Any, label_smoothing: Number = 0.0, min_prob: float | None = None
) -> Array:
    y, n = both_sides(y, label_smoothing)
    p, q = floored(p, min_prob, xp)
    r, s = reciprocal(p, xp), reciprocal(q, xp)
    return (y * r) * r + (n * s) * s


KERNEL = Kernel(
    "binary_cross_entropy",
    "(),()->()",
    (PROBS, LABELS),
    _value,
    _grad,
    _hess,
    of_logits="sigmoid_binary_cross_entropy",
    infinite_if_swapped=True,
)


@loss
def binary_cross_entropy(
    probs: ArrayT,
    labels: AnyArray | float,
    *,
    label_smoothing: float | AnyArray = 0.0,
    min_prob: float | None = None,
    axis: int = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Cross-entropy of binary labels and probabilities, for evaluating calibrated models.

    To train, use `sigmoid_binary_cross_entropy` on logits: a probability near 1 has already lost its last
    digits to rounding. Nothing is clipped unless you set `min_prob`.

    .. math:: \ell = -y\,\log p - (1-y)\,\log(1-p), \qquad 0\log 0 = 0

    Parameters
    ----------
    probs : array, shape (...)
        Probabilities :math:`p` of 1, in [0, 1].
    labels : array, shape (...)
        0 or 1, or the probability :math:`y` of 1, with the same shape. Any integer, boolean or floating
        dtype.
    label_smoothing : float in [0, 1)
        :math:`\varepsilon`: replaces labels with :math:`(1-\varepsilon)\,y + \varepsilon/2`.
    min_prob : float in (0, 0.5), optional
        A lower bound on both :math:`p` and :math:`1-p`. It biases smaller values; their gradient is the
        gradient at the bound, not 0.
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
        If the shapes differ, probabilities or labels are outside [0, 1], or a parameter is out of range.

    Notes
    -----
    The loss is infinite for a prediction that is certain and wrong. The gradient there is
    :math:`\mp1/\text{tiny}`, the largest reciprocal of a normal number: multiplied by the derivative 0 of a
    saturated sigmoid it gives 0, not NaN.

    References
    ----------
    I. J. Good, *Rational decisions*, J. R. Stat. Soc. B 14 (1952).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> probs = np.array([0.8, 0.2, 0.7, 0.3])
    >>> float(lossary.binary_cross_entropy(probs, np.array([1, 0, 1, 0])))
    0.2899092476264711
    """
    return Call(
        KERNEL,
        probs,
        labels,
        axis=axis,
        params={"label_smoothing": label_smoothing, "min_prob": min_prob, "class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
