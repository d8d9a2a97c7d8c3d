"""Brier score on class probabilities, with t the smoothed label distribution and class weights c:

value  Σ c_j (p_j - t_j)²
grad   2 c_j (p_j - t_j)
hess   2 c_j
"""

from typing import Any

from lossary._arguments import CLASS_IDS, CLASS_LABELS, CLASS_PROBS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction
from lossary.losses.classification._labels import is_plain_id, target


def _value(
    p: Array, labels: Array, *, xp: Any, label_smoothing: Number = 0.0, class_weights: Array = None
) -> Array:
    d = _difference(p, labels, label_smoothing, xp)
    return xp.sum(_weighed(d, class_weights) * d, axis=-1)


def _grad(
    p: Array, labels: Array, *, xp: Any, label_smoothing: Number = 0.0, class_weights: Array = None
) -> Array:
    return 2.0 * _weighed(_difference(p, labels, label_smoothing, xp), class_weights)


def _hess(
    p: Array, labels: Array, *, xp: Any, label_smoothing: Number = 0.0, class_weights: Array = None
) -> Array:
    return _weighed(2.0 + 0.0 * _difference(p, labels, label_smoothing, xp), class_weights)


def _difference(p: Array, labels: Array, label_smoothing: Number, xp: Any) -> Array:
    if is_plain_id(p, labels, label_smoothing):
        return xp.replaced(p, labels, xp.pick(p, labels)[..., None] - 1.0)
    return p - target(p, labels, label_smoothing, None, xp)


def _weighed(d: Array, class_weights: Array) -> Array:
    return d if class_weights is None else class_weights * d


OF_IDS = Kernel("brier", "(c),()->()", (CLASS_PROBS, CLASS_IDS), _value, _grad, _hess)
OF_DISTRIBUTIONS = Kernel("brier", "(c),(c)->()", (CLASS_PROBS, CLASS_LABELS), _value, _grad, _hess)


@loss
def brier(
    probs: ArrayT,
    labels: AnyArray | float,
    *,
    label_smoothing: float | AnyArray = 0.0,
    axis: int = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Brier score on class probabilities: a proper score that charges at most 2 for a confident mistake.

    For evaluating probabilities, along with `categorical_cross_entropy`. For two classes and a single
    probability, `squared_error` is half of it.

    .. math:: \ell = \sum_j c_j\,(p_j - y_j)^2

    Parameters
    ----------
    probs : array, shape (..., K, ...)
        Probabilities of the K classes on `axis`; each row lies in [0, 1] and sums to 1.
    labels : array
        Class ids 0 to K-1, with the shape of `probs` without the class axis; or distributions :math:`y`, with
        the shape of `probs`, whose rows sum to 1.
    label_smoothing : float in [0, 1)
        :math:`\varepsilon`: replaces labels with :math:`(1-\varepsilon)\,y + \varepsilon/K`.
    axis : int
        The class axis.
    class_weights : array of K numbers, optional
        :math:`c`, the weight of each class's term. ``"weighted_mean"`` includes the weight of the label's
        class in the denominator.

    Returns
    -------
    array
        From 0 to 2; without reduction, it has the shape of `probs` without the class axis. At least float32.

    Raises
    ------
    LossInputError
        If shapes do not match, a row is not a distribution, a class id is out of range, or a parameter is out
        of range.

    Notes
    -----
    It sums over the classes, as Brier defined it and as scikit-learn does for three or more classes. The mean
    over the classes is K times smaller. The gradient treats the probabilities as independent variables,
    ignoring that they sum to 1.

    References
    ----------
    G. W. Brier, *Verification of forecasts expressed in terms of probability*, Mon. Weather Rev. 78 (1950).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> probs = np.array([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]])
    >>> lossary.brier(probs, np.array([0, 2]), reduction="none")
    array([0.375, 2.   ])
    """
    return Call(
        (OF_IDS, OF_DISTRIBUTIONS),
        probs,
        labels,
        axis=axis,
        params={"label_smoothing": label_smoothing, "class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
