"""Generalized cross-entropy on a softmax, with t the smoothed and class-weighted label distribution.

With l = -log p and the power s, class c contributes t_c·f(l_c) (`_softmax_terms`) with

f    (1 - exp(-s·l))/s
f'   exp(-s·l) = p^s
f''  -s·p^s
"""

from functools import partial
from typing import Any

from lossary._arguments import CLASS_IDS, CLASS_LABELS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import OfLabel, Softmax, is_number, one_minus_exp
from lossary._math import power as raised
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, AxisName, Number, Reduction, RowAxes
from lossary.losses.classification import _softmax_terms as terms


def _cost(at: OfLabel | Softmax, power: Number, xp: Any) -> Array:
    if is_number(power, 0.5) and xp.overwrites:  # XLA takes longer for it
        return 2.0 * at.q / (1.0 + xp.sqrt(at.p))
    return one_minus_exp(power * at.nll, xp) / power


def _first(at: OfLabel | Softmax, power: Number, xp: Any) -> Array:
    """p^s, also where p underflows; elsewhere p has more digits than its logarithm."""
    lost = at.p < float(xp.finfo(at.p.dtype).smallest_normal)
    return xp.where(lost, xp.exp(-power * at.nll), raised(xp.where(lost, 1.0, at.p), power, xp))


def _second(at: OfLabel | Softmax, power: Number, xp: Any) -> Array:
    return -power * _first(at, power, xp)


def _value(
    z: Array,
    labels: Array,
    *,
    xp: Any,
    power: Number = 0.5,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> Array:
    of = terms.Labels(labels, label_smoothing, class_weights)
    return terms.value(partial(_cost, power=power, xp=xp), z, of, xp)


def _grad(
    z: Array,
    labels: Array,
    *,
    xp: Any,
    power: Number = 0.5,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> Array:
    of = terms.Labels(labels, label_smoothing, class_weights)
    return terms.grad(partial(_first, power=power, xp=xp), z, of, xp)


def _both(
    z: Array,
    labels: Array,
    *,
    xp: Any,
    again: Again,
    power: Number = 0.5,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> tuple[Array, Array]:
    of = terms.Labels(labels, label_smoothing, class_weights)
    cost, first = (partial(f, power=power, xp=xp) for f in (_cost, _first))
    return terms.both(cost, first, z, of, again, xp)


def _hess(
    z: Array,
    labels: Array,
    *,
    xp: Any,
    power: Number = 0.5,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> Array:
    of = terms.Labels(labels, label_smoothing, class_weights)
    return terms.hess(_slopes(z, of, power, xp), xp)


def _hvp(
    v: Array,
    z: Array,
    labels: Array,
    *,
    xp: Any,
    power: Number = 0.5,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> Array:
    of = terms.Labels(labels, label_smoothing, class_weights)
    return terms.hvp(v, _slopes(z, of, power, xp), xp)


def _slopes(z: Array, of: terms.Labels, power: Number, xp: Any) -> terms.Slopes:
    first, second = (partial(f, power=power, xp=xp) for f in (_first, _second))
    return terms.slopes(first, second, z, of, xp)


_NAME = "softmax_generalized_cross_entropy"
OF_IDS = Kernel(_NAME, "(c),()->()", (LOGITS, CLASS_IDS), _value, _grad, _hess, _hvp, _both)
OF_DISTRIBUTIONS = Kernel(
    _NAME, "(c),(c)->()", (LOGITS, CLASS_LABELS), _value, _grad, _hess, _hvp, _both, by_column=True
)


@loss
def softmax_generalized_cross_entropy(
    logits: ArrayT,
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
    axis_name: AxisName = None,
) -> Call[ArrayT]:
    r"""Generalized cross-entropy on logits: cross-entropy to absolute error, for noisy labels.

    As `power` goes to 0 it becomes `softmax_cross_entropy`; at 1 it is :math:`1 - p`, whose gradient vanishes
    for labels the model considers improbable.

    .. math:: \ell = \sum_j c_j\,y_j\,\frac{1 - p_j^s}{s}, \qquad p = \operatorname{softmax}(z)

    Parameters
    ----------
    logits : array, shape (..., K, ...)
        Unbounded scores :math:`z`, the K classes on `axis`; :math:`-\infty` excludes a class.
    labels : array
        Class ids 0 to K-1, with the shape of the logits without the class axis; or distributions :math:`y`,
        with the shape of the logits, whose rows sum to 1.
    power : float
        :math:`s`, positive; small values lose no accuracy. The paper uses 0.7.
    label_smoothing : float in [0, 1)
        :math:`\varepsilon`: replaces labels with :math:`(1-\varepsilon)\,y + \varepsilon/K`, over the classes
        that are not excluded.
    axis : int or tuple of int
        The class axis. A tuple of axes is flattened into one class axis in the given order, the last axis
        varying fastest; class ids index the flattened axis.
    class_weights : array of K numbers, optional
        :math:`c`, the weight of each class. ``"weighted_mean"`` includes the weight of the label's class in
        the denominator.
    axis_name : str or tuple of str, optional
        The mapped axis inside `jax.shard_map` over which the classes are sharded: each device holds a part of
        `axis`. Class ids are global: see :doc:`sharding`.

    Returns
    -------
    array
        Between 0 and 1/s; without reduction, it has the shape of the logits without the class axis. At least
        float32.

    Raises
    ------
    LossInputError
        If shapes do not match, a class id is out of range, a row is not a distribution, or a parameter is out
        of range.

    Notes
    -----
    The loss is bounded and not convex: if the label's class has the logit :math:`-\infty`, the loss is
    :math:`1/s` and the gradient 0.

    References
    ----------
    Z. Zhang, M. Sabuncu, *Generalized cross entropy loss for training deep neural networks with noisy
    labels*, 2018.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits, labels = np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]]), np.array([0, 2])
    >>> lossary.softmax_generalized_cross_entropy(logits, labels, reduction="none").round(4).tolist()
    [0.3687, 0.8453]
    """
    return Call(
        (OF_IDS, OF_DISTRIBUTIONS),
        logits,
        labels,
        axis=axis,
        params={"power": power, "label_smoothing": label_smoothing, "class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
        axis_name=axis_name,
    )
