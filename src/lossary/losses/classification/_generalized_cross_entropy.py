"""Generalized cross-entropy on class probabilities, with t the smoothed and class-weighted label distribution
and s the power:

value  Σ t_j·(1 - p_j^s)/s
grad   -t_j·p_j^s/p_j
hess   (1-s)·t_j·p_j^s/p_j²
"""

from typing import Any

from lossary._arguments import CLASS_IDS, CLASS_LABELS, CLASS_PROBS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import is_number, one_minus_exp, positive, reciprocal
from lossary._math import power as raised
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction, RowAxes
from lossary.losses.classification._labels import borne
from lossary.losses.classification._probs import neg_log


def _value(
    p: Array,
    labels: Array,
    *,
    xp: Any,
    power: Number = 0.5,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> Array:
    part, t, _ = of = borne(p, labels, label_smoothing, class_weights, xp)
    return of.sum(t * _cost(part, power, xp), xp)


def _cost(p: Array, power: Number, xp: Any) -> Array:
    if is_number(power, 0.5) and xp.overwrites:  # XLA takes longer for it
        return 2.0 * (1.0 - p) / (1.0 + xp.sqrt(p))
    return one_minus_exp(power * neg_log(p, xp), xp) / power


def _grad(
    p: Array,
    labels: Array,
    *,
    xp: Any,
    power: Number = 0.5,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> Array:
    part, t, _ = of = borne(p, labels, label_smoothing, class_weights, xp)
    part = positive(part, xp)
    slope = -t * raised(part, power, xp) * reciprocal(part, xp)
    return of.whole(slope, p, labels, xp)


def _hess(
    p: Array,
    labels: Array,
    *,
    xp: Any,
    power: Number = 0.5,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> Array:
    part, t, _ = of = borne(p, labels, label_smoothing, class_weights, xp)
    part = positive(part, xp)
    r = reciprocal(part, xp)
    curvature = (((1.0 - power) * t * raised(part, power, xp)) * r) * r
    return of.whole(curvature, p, labels, xp)


_NAME = "generalized_cross_entropy"
_ADVICE: Any = {"of_logits": "softmax_generalized_cross_entropy"}
OF_IDS = Kernel(_NAME, "(c),()->()", (CLASS_PROBS, CLASS_IDS), _value, _grad, _hess, **_ADVICE)
OF_DISTRIBUTIONS = Kernel(_NAME, "(c),(c)->()", (CLASS_PROBS, CLASS_LABELS), _value, _grad, _hess, **_ADVICE)


@loss
def generalized_cross_entropy(
    probs: ArrayT,
    labels: AnyArray | float,
    *,
    power: float | AnyArray = 0.5,
    label_smoothing: float | AnyArray = 0.0,
    axis: RowAxes = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Generalized cross-entropy on probabilities: cross-entropy to absolute error, for noisy labels.

    To train, use `softmax_generalized_cross_entropy` on logits. As `power` goes to 0 it becomes
    `categorical_cross_entropy`; at 1 it is :math:`1 - p`.

    .. math:: \ell = \sum_j c_j\,y_j\,\frac{1 - p_j^s}{s}

    Parameters
    ----------
    probs : array, shape (..., K, ...)
        Probabilities of the K classes on `axis`; each row lies in [0, 1] and sums to 1.
    labels : array
        Class ids 0 to K-1, with the shape of `probs` without the class axis; or distributions :math:`y`, with
        the shape of `probs`, whose rows sum to 1.
    power : float
        :math:`s`, positive; small values lose no accuracy. The paper uses 0.7.
    label_smoothing : float in [0, 1)
        :math:`\varepsilon`: replaces labels with :math:`(1-\varepsilon)\,y + \varepsilon/K`.
    axis : int or tuple of int
        The class axis. A tuple of axes is flattened into one class axis in the given order, the last axis
        varying fastest; class ids index the flattened axis.
    class_weights : array of K numbers, optional
        :math:`c`, the weight of each class. ``"weighted_mean"`` includes the weight of the label's class in
        the denominator.

    Returns
    -------
    array
        Between 0 and 1/s; without reduction, it has the shape of `probs` without the class axis. At least
        float32.

    Raises
    ------
    LossInputError
        If shapes do not match, a row is not a distribution, a class id is out of range, or a parameter is out
        of range.

    Notes
    -----
    If the label's class has probability 0, the loss is :math:`1/s` and the gradient is the one at the
    smallest normal number. The gradient treats the probabilities as independent variables, ignoring that they
    sum to 1.

    References
    ----------
    Z. Zhang, M. Sabuncu, *Generalized cross entropy loss for training deep neural networks with noisy
    labels*, 2018.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> probs = np.array([[0.7, 0.2, 0.1], [0.25, 0.25, 0.5]])
    >>> lossary.generalized_cross_entropy(probs, np.array([0, 2]), reduction="none").round(4).tolist()
    [0.3267, 0.5858]
    """
    return Call(
        (OF_IDS, OF_DISTRIBUTIONS),
        probs,
        labels,
        axis=axis,
        params={"power": power, "label_smoothing": label_smoothing, "class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
