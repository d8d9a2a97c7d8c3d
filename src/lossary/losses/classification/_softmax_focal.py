"""The focal loss on a softmax, with t the smoothed and class-weighted label distribution.

With q = 1 - p, m = q^γ and r = l/q (1 where q = 0), class c contributes t_c·f(l_c) (`_softmax_terms`) with

f    m·l
f'   m·(1 + γ·p·r)
f''  m·γ·g/q with g = p·(2 + (γ-1)·p·r - l)
"""

from functools import partial
from typing import Any

from lossary._arguments import CLASS_IDS, CLASS_LABELS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import OfLabel, Softmax, power, times
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, AxisName, Number, Reduction, RowAxes
from lossary.losses.classification import _softmax_terms as terms
from lossary.losses.classification._focal_terms import ratio, term


def _cost(at: OfLabel | Softmax, gamma: Number, xp: Any) -> Array:
    return term(at.q, at.nll, gamma, xp)


def _first(at: OfLabel | Softmax, gamma: Number, xp: Any) -> Array:
    return power(at.q, gamma, xp) * (1.0 + gamma * _beside(at, xp))


def _second(at: OfLabel | Softmax, gamma: Number, xp: Any) -> Array:
    p, q, nll = at.p, at.q, at.nll
    g = 2.0 * p + (gamma - 1.0) * p * _beside(at, xp) - times(p, nll, xp)
    unsure = q > 0
    return xp.where(unsure, power(q, gamma, xp) * gamma * g / xp.where(unsure, q, 1.0), 0.0)


def _beside(at: OfLabel | Softmax, xp: Any) -> Array:
    """p·r"""
    return times(at.p, ratio(at.nll, at.q, xp), xp)


def _value(
    z: Array,
    labels: Array,
    *,
    xp: Any,
    gamma: Number = 2.0,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> Array:
    of = terms.Labels(labels, label_smoothing, class_weights)
    return terms.value(partial(_cost, gamma=gamma, xp=xp), z, of, xp)


def _grad(
    z: Array,
    labels: Array,
    *,
    xp: Any,
    gamma: Number = 2.0,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> Array:
    of = terms.Labels(labels, label_smoothing, class_weights)
    return terms.grad(partial(_first, gamma=gamma, xp=xp), z, of, xp)


def _both(
    z: Array,
    labels: Array,
    *,
    xp: Any,
    again: Again,
    gamma: Number = 2.0,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> tuple[Array, Array]:
    of = terms.Labels(labels, label_smoothing, class_weights)
    cost, first = (partial(f, gamma=gamma, xp=xp) for f in (_cost, _first))
    return terms.both(cost, first, z, of, again, xp)


def _hess(
    z: Array,
    labels: Array,
    *,
    xp: Any,
    gamma: Number = 2.0,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> Array:
    of = terms.Labels(labels, label_smoothing, class_weights)
    return terms.hess(_slopes(z, of, gamma, xp), xp)


def _hvp(
    v: Array,
    z: Array,
    labels: Array,
    *,
    xp: Any,
    gamma: Number = 2.0,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> Array:
    of = terms.Labels(labels, label_smoothing, class_weights)
    return terms.hvp(v, _slopes(z, of, gamma, xp), xp)


def _slopes(z: Array, of: terms.Labels, gamma: Number, xp: Any) -> terms.Slopes:
    first, second = (partial(f, gamma=gamma, xp=xp) for f in (_first, _second))
    return terms.slopes(first, second, z, of, xp)


_NAME = "softmax_focal"
OF_IDS = Kernel(_NAME, "(c),()->()", (LOGITS, CLASS_IDS), _value, _grad, _hess, _hvp, _both)
OF_DISTRIBUTIONS = Kernel(
    _NAME, "(c),(c)->()", (LOGITS, CLASS_LABELS), _value, _grad, _hess, _hvp, _both, by_column=True
)


@loss
def softmax_focal(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    gamma: float | AnyArray = 2.0,
    label_smoothing: float | AnyArray = 0.0,
    axis: RowAxes = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
    axis_name: AxisName = None,
) -> Call[ArrayT]:
    r"""Focal loss on logits: softmax cross-entropy that down-weights well-classified examples.

    For unbalanced classes. With `gamma` 0 it is exactly `softmax_cross_entropy`.

    .. math:: \ell = -\sum_j c_j\,y_j\,(1-p_j)^\gamma\log p_j, \qquad p = \operatorname{softmax}(z)

    Parameters
    ----------
    logits : array, shape (..., K, ...)
        Unbounded scores :math:`z`, the K classes on `axis`; :math:`-\infty` excludes a class.
    labels : array
        Class ids 0 to K-1, with the shape of the logits without the class axis; or distributions :math:`y`,
        with the shape of the logits, whose rows sum to 1.
    gamma : float
        How quickly an example loses weight as its prediction improves; any real number >= 0.
    label_smoothing : float in [0, 1)
        :math:`\varepsilon`: replaces labels with :math:`(1-\varepsilon)\,y + \varepsilon/K`, over the classes
        that are not excluded.
    axis : int or tuple of int
        The class axis. A tuple of axes is flattened into one class axis in the given order, the last axis
        varying fastest; class ids index the flattened axis.
    class_weights : array of K numbers, optional
        :math:`c`, the weight of each class; other libraries call it `alpha`. ``"weighted_mean"`` includes the
        weight of the label's class in the denominator.
    axis_name : str or tuple of str, optional
        The mapped axis inside `jax.shard_map` over which the classes are sharded: each device holds a part of
        `axis`. Class ids are global: see :doc:`sharding`.

    Returns
    -------
    array
        In nats; without reduction, it has the shape of the logits without the class axis. At least float32.

    Raises
    ------
    LossInputError
        If shapes do not match, a class id is out of range, a row is not a distribution, or a parameter is out
        of range.

    Notes
    -----
    If the label's class has the logit :math:`-\infty`, the loss is infinite. The loss is not convex: the
    diagonal of the Hessian is negative where the label's probability is small.

    References
    ----------
    T.-Y. Lin et al., *Focal loss for dense object detection*, 2017.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits = np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    >>> lossary.softmax_focal(logits, np.array([0, 2]), reduction="none").round(4).tolist()
    [0.0456, 0.4883]
    """
    return Call(
        (OF_IDS, OF_DISTRIBUTIONS),
        logits,
        labels,
        axis=axis,
        params={"gamma": gamma, "label_smoothing": label_smoothing, "class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
        axis_name=axis_name,
    )
