"""The focal loss on probabilities: y·F(p) + n·F(1 - p), with F from `_focal_terms`:

value  y·F(p) + n·F(q)
grad   y·F'(p) - n·F'(q)
hess   y·F''(p) + n·F''(q)
"""

from typing import Any

from lossary._arguments import LABELS, PROBS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import positive, reciprocal, times
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction
from lossary.losses.classification._focal_terms import term, term_curvature, term_slope
from lossary.losses.classification._labels import both_sides, sides
from lossary.losses.classification._probs import floored, neg_logs


def _value(
    p: Array,
    y: Array,
    *,
    xp: Any,
    gamma: Number = 2.0,
    alpha: Number | None = None,
    label_smoothing: Number = 0.0,
    min_prob: float | None = None,
) -> Array:
    y, n = sides(*both_sides(y, label_smoothing), alpha)
    p, q = floored(p, min_prob, xp)
    nll_p, nll_q = neg_logs(p, q, min_prob, xp)
    return times(y, term(q, nll_p, gamma, xp), xp) + times(n, term(p, nll_q, gamma, xp), xp)


def _grad(
    p: Array,
    y: Array,
    *,
    xp: Any,
    gamma: Number = 2.0,
    alpha: Number | None = None,
    label_smoothing: Number = 0.0,
    min_prob: float | None = None,
) -> Array:
    y, n = sides(*both_sides(y, label_smoothing), alpha)
    p, q = floored(p, min_prob, xp)
    nll_p, nll_q = neg_logs(positive(p, xp), positive(q, xp), min_prob, xp)
    pos = term_slope(reciprocal(p, xp), q, nll_p, gamma, xp)
    neg = term_slope(reciprocal(q, xp), p, nll_q, gamma, xp)
    return times(y, pos, xp) - times(n, neg, xp)


def _hess(
    p: Array,
    y: Array,
    *,
    xp: Any,
    gamma: Number = 2.0,
    alpha: Number | None = None,
    label_smoothing: Number = 0.0,
    min_prob: float | None = None,
) -> Array:
    y, n = sides(*both_sides(y, label_smoothing), alpha)
    p, q = floored(p, min_prob, xp)
    nll_p, nll_q = neg_logs(positive(p, xp), positive(q, xp), min_prob, xp)
    pos = term_curvature(y, reciprocal(p, xp), q, nll_p, gamma, xp)
    neg = term_curvature(n, reciprocal(q, xp), p, nll_q, gamma, xp)
    return pos + neg


KERNEL = Kernel(
    "binary_focal",
    "(),()->()",
    (PROBS, LABELS),
    _value,
    _grad,
    _hess,
    of_logits="sigmoid_focal",
    infinite_if_swapped=True,
)


@loss
def binary_focal(
    probs: ArrayT,
    labels: AnyArray | float,
    *,
    gamma: float | AnyArray = 2.0,
    alpha: float | AnyArray | None = None,
    label_smoothing: float | AnyArray = 0.0,
    min_prob: float | None = None,
    axis: int = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Focal loss on probabilities: `binary_cross_entropy` that down-weights well-classified examples.

    To train, use `sigmoid_focal` on logits. With `gamma` 0 it is exactly `binary_cross_entropy`.

    .. math:: \ell = -\alpha\,y\,(1-p)^\gamma\log p - (1-\alpha)(1-y)\,p^\gamma\log(1-p)

    Parameters
    ----------
    probs : array, shape (...)
        Probabilities :math:`p` of 1, in [0, 1].
    labels : array, shape (...)
        0 or 1, or the probability :math:`y` of 1, with the same shape. Any integer, boolean or floating
        dtype.
    gamma : float
        How quickly an example loses weight as its prediction improves; any real number >= 0.
    alpha : float in [0, 1], optional
        The weight of positives; negatives get :math:`1-\alpha`. With None, both have weight 1.
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
    For a prediction that is certain and wrong, the loss is infinite and the gradient is
    :math:`\mp1/\text{tiny}`. For :math:`0<\gamma<1` the second derivative is infinite where the prediction is
    certain and right.

    References
    ----------
    T.-Y. Lin et al., *Focal loss for dense object detection*, 2017.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> probs, labels = np.array([0.9, 0.1, 0.5]), np.array([1, 1, 0])
    >>> lossary.binary_focal(probs, labels, reduction="none").round(4).tolist()
    [0.0011, 1.8651, 0.1733]
    """
    return Call(
        KERNEL,
        probs,
        labels,
        axis=axis,
        params={
            "gamma": gamma,
            "alpha": alpha,
            "label_smoothing": label_smoothing,
            "min_prob": min_prob,
            "class_weights": class_weights,
        },
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
