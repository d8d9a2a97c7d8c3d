"""The focal loss on class probabilities: Σ t_j·F(p_j), with F from `_focal_terms` and t the smoothed and
class-weighted label distribution:

value  Σ t_j·F(p_j)
grad   t_j·F'(p_j)
hess   t_j·F''(p_j)
"""

from typing import Any

from lossary._arguments import CLASS_IDS, CLASS_LABELS, CLASS_PROBS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import positive, reciprocal, times
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction, RowAxes
from lossary.losses.classification._focal_terms import term, term_curvature, term_slope
from lossary.losses.classification._labels import borne
from lossary.losses.classification._probs import floored, neg_log


def _value(
    p: Array,
    labels: Array,
    *,
    xp: Any,
    gamma: Number = 2.0,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
    min_prob: float | None = None,
) -> Array:
    part, t, _ = of = borne(p, labels, label_smoothing, class_weights, xp)
    part, q = floored(part, min_prob, xp)
    return of.sum(times(t, term(q, neg_log(part, xp), gamma, xp), xp), xp)


def _grad(
    p: Array,
    labels: Array,
    *,
    xp: Any,
    gamma: Number = 2.0,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
    min_prob: float | None = None,
) -> Array:
    part, t, _ = of = borne(p, labels, label_smoothing, class_weights, xp)
    part, q = floored(part, min_prob, xp)
    slope = times(t, term_slope(reciprocal(part, xp), q, -xp.log(positive(part, xp)), gamma, xp), xp)
    return of.whole(slope, p, labels, xp)


def _hess(
    p: Array,
    labels: Array,
    *,
    xp: Any,
    gamma: Number = 2.0,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
    min_prob: float | None = None,
) -> Array:
    part, t, _ = of = borne(p, labels, label_smoothing, class_weights, xp)
    part, q = floored(part, min_prob, xp)
    curvature = term_curvature(t, reciprocal(part, xp), q, -xp.log(positive(part, xp)), gamma, xp)
    return of.whole(curvature, p, labels, xp)


_NAME = "categorical_focal"
_ADVICE: Any = {"of_logits": "softmax_focal", "infinite_if_swapped": True}
OF_IDS = Kernel(_NAME, "(c),()->()", (CLASS_PROBS, CLASS_IDS), _value, _grad, _hess, **_ADVICE)
OF_DISTRIBUTIONS = Kernel(_NAME, "(c),(c)->()", (CLASS_PROBS, CLASS_LABELS), _value, _grad, _hess, **_ADVICE)


@loss
def categorical_focal(
    probs: ArrayT,
    labels: AnyArray | float,
    *,
    gamma: float | AnyArray = 2.0,
    label_smoothing: float | AnyArray = 0.0,
    min_prob: float | None = None,
    axis: RowAxes = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Focal loss on probabilities: `categorical_cross_entropy` that down-weights well-classified examples.

    To train, use `softmax_focal` on logits. With `gamma` 0 it is exactly `categorical_cross_entropy`.

    .. math:: \ell = -\sum_j c_j\,y_j\,(1-p_j)^\gamma\log p_j

    Parameters
    ----------
    probs : array, shape (..., K, ...)
        Probabilities of the K classes on `axis`; each row lies in [0, 1] and sums to 1.
    labels : array
        Class ids 0 to K-1, with the shape of `probs` without the class axis; or distributions :math:`y`, with
        the shape of `probs`, whose rows sum to 1.
    gamma : float
        How quickly an example loses weight as its prediction improves; any real number >= 0.
    label_smoothing : float in [0, 1)
        :math:`\varepsilon`: replaces labels with :math:`(1-\varepsilon)\,y + \varepsilon/K`.
    min_prob : float in (0, 0.5), optional
        A lower bound on :math:`p` and :math:`1-p`. It biases smaller values; their gradient is the gradient
        at the bound, not 0.
    axis : int or tuple of int
        The class axis. A tuple of axes is flattened into one class axis in the given order, the last axis
        varying fastest; class ids index the flattened axis.
    class_weights : array of K numbers, optional
        :math:`c`, the weight of each class; other libraries call it `alpha`. ``"weighted_mean"`` includes the
        weight of the label's class in the denominator.

    Returns
    -------
    array
        In nats; without reduction, it has the shape of `probs` without the class axis. At least float32.

    Raises
    ------
    LossInputError
        If shapes do not match, a row is not a distribution, a class id is out of range, or a parameter is out
        of range.

    Notes
    -----
    If the label's class has probability 0, the loss is infinite and the gradient is -1/tiny. The gradient
    treats the probabilities as independent variables, ignoring that they sum to 1.

    References
    ----------
    T.-Y. Lin et al., *Focal loss for dense object detection*, 2017.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> probs = np.array([[0.7, 0.2, 0.1], [0.25, 0.25, 0.5]])
    >>> lossary.categorical_focal(probs, np.array([0, 2]), reduction="none").round(4).tolist()
    [0.0321, 0.1733]
    """
    return Call(
        (OF_IDS, OF_DISTRIBUTIONS),
        probs,
        labels,
        axis=axis,
        params={
            "gamma": gamma,
            "label_smoothing": label_smoothing,
            "min_prob": min_prob,
            "class_weights": class_weights,
        },
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
