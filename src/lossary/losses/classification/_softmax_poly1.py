"""Poly-1 cross-entropy on a softmax, with t the smoothed and class-weighted label distribution.

With q = 1 - p and l = -log p, class c contributes t_c·f(l_c) (`_softmax_terms`) with

f    l + ε·q
f'   1 + ε·p
f''  -ε·p
"""

from functools import partial
from typing import Any

from lossary._arguments import CLASS_IDS, CLASS_LABELS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import OfLabel, Softmax
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, AxisName, Number, Reduction, RowAxes
from lossary.losses.classification import _softmax_terms as terms


def _cost(at: OfLabel | Softmax, epsilon: Number, xp: Any) -> Array:
    return at.nll + epsilon * at.q


def _first(at: OfLabel | Softmax, epsilon: Number, xp: Any) -> Array:
    return 1.0 + epsilon * at.p


def _second(at: OfLabel | Softmax, epsilon: Number, xp: Any) -> Array:
    return -epsilon * at.p


def _value(
    z: Array,
    labels: Array,
    *,
    xp: Any,
    epsilon: Number = 1.0,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> Array:
    of = terms.Labels(labels, label_smoothing, class_weights)
    return terms.value(partial(_cost, epsilon=epsilon, xp=xp), z, of, xp)


def _grad(
    z: Array,
    labels: Array,
    *,
    xp: Any,
    epsilon: Number = 1.0,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> Array:
    of = terms.Labels(labels, label_smoothing, class_weights)
    return terms.grad(partial(_first, epsilon=epsilon, xp=xp), z, of, xp)


def _both(
    z: Array,
    labels: Array,
    *,
    xp: Any,
    again: Again,
    epsilon: Number = 1.0,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> tuple[Array, Array]:
    of = terms.Labels(labels, label_smoothing, class_weights)
    cost, first = (partial(f, epsilon=epsilon, xp=xp) for f in (_cost, _first))
    return terms.both(cost, first, z, of, again, xp)


def _hess(
    z: Array,
    labels: Array,
    *,
    xp: Any,
    epsilon: Number = 1.0,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> Array:
    of = terms.Labels(labels, label_smoothing, class_weights)
    return terms.hess(_slopes(z, of, epsilon, xp), xp)


def _hvp(
    v: Array,
    z: Array,
    labels: Array,
    *,
    xp: Any,
    epsilon: Number = 1.0,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
) -> Array:
    of = terms.Labels(labels, label_smoothing, class_weights)
    return terms.hvp(v, _slopes(z, of, epsilon, xp), xp)


def _slopes(z: Array, of: terms.Labels, epsilon: Number, xp: Any) -> terms.Slopes:
    first, second = (partial(f, epsilon=epsilon, xp=xp) for f in (_first, _second))
    return terms.slopes(first, second, z, of, xp)


_NAME = "softmax_poly1"
OF_IDS = Kernel(_NAME, "(c),()->()", (LOGITS, CLASS_IDS), _value, _grad, _hess, _hvp, _both)
OF_DISTRIBUTIONS = Kernel(
    _NAME, "(c),(c)->()", (LOGITS, CLASS_LABELS), _value, _grad, _hess, _hvp, _both, by_column=True
)


@loss
def softmax_poly1(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    epsilon: float | AnyArray = 1.0,
    label_smoothing: float | AnyArray = 0.0,
    axis: RowAxes = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
    axis_name: AxisName = None,
) -> Call[ArrayT]:
    r"""Poly-1 loss: softmax cross-entropy with an adjusted weight on the first term of its series in 1 - p.

    A positive `epsilon` keeps the gradient larger for nearly right predictions; with 0 it is exactly
    `softmax_cross_entropy`.

    .. math:: \ell = \sum_j c_j\,y_j\,(-\log p_j + \epsilon\,(1 - p_j)), \qquad
              p = \operatorname{softmax}(z)

    Parameters
    ----------
    logits : array, shape (..., K, ...)
        Unbounded scores :math:`z`, the K classes on `axis`; :math:`-\infty` excludes a class.
    labels : array
        Class ids 0 to K-1, with the shape of the logits without the class axis; or distributions :math:`y`,
        with the shape of the logits, whose rows sum to 1.
    epsilon : float
        :math:`\epsilon`, added to the first coefficient; -1 drops the term. Values below -1 can reward
        mistakes.
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
        In nats; without reduction, it has the shape of the logits without the class axis. At least float32.

    Raises
    ------
    LossInputError
        If shapes do not match, a class id is out of range, a row is not a distribution, or a parameter is out
        of range.

    Notes
    -----
    If the label's class has the logit :math:`-\infty`, the loss is infinite. For a positive `epsilon` the
    loss is not convex: the diagonal of the Hessian is negative where the label's probability is small.

    References
    ----------
    Z. Leng et al., *PolyLoss: a polynomial expansion perspective of classification loss functions*, 2022.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits = np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    >>> lossary.softmax_poly1(logits, np.array([0, 2]), reduction="none").round(4).tolist()
    [0.7424, 1.7653]
    """
    return Call(
        (OF_IDS, OF_DISTRIBUTIONS),
        logits,
        labels,
        axis=axis,
        params={"epsilon": epsilon, "label_smoothing": label_smoothing, "class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
        axis_name=axis_name,
    )
