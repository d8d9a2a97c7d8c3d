"""Cross-entropy on log-probabilities, with t the smoothed and class-weighted label distribution:

value  -Σ t_j·log p_j, a class of weight 0 being 0
grad   -t_j
hess   0
"""

from typing import Any

from lossary._arguments import CLASS_IDS, CLASS_LABELS, LOG_PROBS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import is_number, times
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction, RowAxes
from lossary.losses.classification._labels import borne, is_plain_id, weight_of


def _value(
    log_p: Array, labels: Array, *, xp: Any, label_smoothing: Number = 0.0, class_weights: Array = None
) -> Array:
    part, t, _ = of = borne(log_p, labels, label_smoothing, class_weights, xp)
    return of.sum(times(t, -part, xp), xp)


def _grad(
    log_p: Array, labels: Array, *, xp: Any, label_smoothing: Number = 0.0, class_weights: Array = None
) -> Array:
    zeros = xp.zeros_like(log_p)
    if is_plain_id(log_p, labels, label_smoothing):
        weight: Any = weight_of(log_p, labels, class_weights, xp)
        return xp.put(zeros, labels, -1.0 if is_number(weight, 1) else -weight[..., None])
    return zeros - borne(log_p, labels, label_smoothing, class_weights, xp).t


def _hess(
    log_p: Array, labels: Array, *, xp: Any, label_smoothing: Number = 0.0, class_weights: Array = None
) -> Array:
    return xp.zeros_like(log_p)


_NAME = "negative_log_likelihood"
OF_IDS = Kernel(_NAME, "(c),()->()", (LOG_PROBS, CLASS_IDS), _value, _grad, _hess)
OF_DISTRIBUTIONS = Kernel(_NAME, "(c),(c)->()", (LOG_PROBS, CLASS_LABELS), _value, _grad, _hess)


@loss
def negative_log_likelihood(
    log_probs: ArrayT,
    labels: AnyArray | float,
    *,
    label_smoothing: float | AnyArray = 0.0,
    axis: RowAxes = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Cross-entropy of exclusive classes on log-probabilities, such as the output of a log-softmax.

    For logits, use `softmax_cross_entropy`: it is more accurate than a log-softmax followed by this.

    .. math:: \ell = -\sum_j c_j\,y_j\,\log p_j

    Parameters
    ----------
    log_probs : array, shape (..., K, ...)
        Logarithms of the probabilities of the K classes on `axis`, at most 0; :math:`-\infty` excludes a
        class.
    labels : array
        Class ids 0 to K-1, with the shape of `log_probs` without the class axis; or distributions :math:`y`,
        with the shape of `log_probs`, whose rows sum to 1.
    label_smoothing : float in [0, 1)
        :math:`\varepsilon`: replaces labels with :math:`(1-\varepsilon)\,y + \varepsilon/K`, over the classes
        that are not excluded.
    axis : int or tuple of int
        The class axis. A tuple of axes is flattened into one class axis in the given order, the last axis
        varying fastest; class ids index the flattened axis.
    class_weights : array of K numbers, optional
        :math:`c`, the weight of each class. ``"weighted_mean"`` includes the weight of the label's class in
        the denominator.

    Returns
    -------
    array
        In nats; without reduction, it has the shape of `log_probs` without the class axis. At least float32.

    Raises
    ------
    LossInputError
        If shapes do not match, a log-probability is positive, a class id is out of range, a row of labels is
        not a distribution, or a parameter is out of range.

    Notes
    -----
    If the label's class has log-probability :math:`-\infty`, the loss is infinite.

    References
    ----------
    R. A. Fisher, *On the mathematical foundations of theoretical statistics*, 1922.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> log_probs = np.log(np.array([[0.5, 0.25, 0.25]]))
    >>> round(float(lossary.negative_log_likelihood(log_probs, np.array([1]))), 4)
    1.3863
    """
    return Call(
        (OF_IDS, OF_DISTRIBUTIONS),
        log_probs,
        labels,
        axis=axis,
        params={"label_smoothing": label_smoothing, "class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
