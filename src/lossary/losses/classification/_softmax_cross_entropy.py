"""Cross-entropy of a softmax, with t the smoothed and class-weighted label distribution, T its sum:

value  Σ t_j·(-log p_j)
grad   T·p_j - t_j
hess   T·p_j·(1 - p_j)
hvp    T·p_j·(v_j - Σ p_k·v_k)

A z-loss adds its own terms (`_z_loss`).
"""

from typing import Any

from lossary._arguments import CLASS_IDS, CLASS_LABELS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import (
    Softmax,
    is_number,
    neg_log_softmax,
    neg_log_softmax_and_slope,
    softmax_minus_label,
    softmax_tangent,
    times,
    total,
)
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, AxisName, Number, Reduction, RowAxes
from lossary.losses.classification import _z_loss as z_loss
from lossary.losses.classification._labels import is_plain_id, target


def _value(
    z: Array,
    labels: Array,
    *,
    xp: Any,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
    z_weight: Number = 0.0,
) -> Array:
    if is_plain_id(z, labels, label_smoothing, class_weights):
        loss = neg_log_softmax(z, labels, xp)
    else:
        loss = cost(Softmax(z, xp), target(z, labels, label_smoothing, class_weights, xp), xp)
    return loss if is_number(z_weight, 0) else loss + z_loss.value(z, z_weight, xp)


def cost(at: Softmax, t: Array, xp: Any) -> Array:
    return xp.sum(times(t, at.nll, xp), axis=-1)


def _grad(
    z: Array,
    labels: Array,
    *,
    xp: Any,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
    z_weight: Number = 0.0,
) -> Array:
    if is_plain_id(z, labels, label_smoothing, class_weights):
        slope = softmax_minus_label(z, labels, xp)
    else:
        slope = Softmax(z, xp).minus(target(z, labels, label_smoothing, class_weights, xp))
    return slope if is_number(z_weight, 0) else slope + z_loss.grad(z, z_weight, xp)


def _hess(
    z: Array,
    labels: Array,
    *,
    xp: Any,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
    z_weight: Number = 0.0,
) -> Array:
    at = Softmax(z, xp)
    curvature = at.p * at.q
    if not is_plain_id(z, labels, label_smoothing, class_weights):
        curvature = total(target(z, labels, label_smoothing, class_weights, xp), xp) * curvature
    return curvature if is_number(z_weight, 0) else curvature + z_loss.hess(z, z_weight, xp)


def _hvp(
    v: Array,
    z: Array,
    labels: Array,
    *,
    xp: Any,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
    z_weight: Number = 0.0,
) -> Array:
    at = Softmax(z, xp)
    product = at.p * softmax_tangent(v, at, xp)
    if not is_plain_id(z, labels, label_smoothing, class_weights):
        product = total(target(z, labels, label_smoothing, class_weights, xp), xp) * product
    return product if is_number(z_weight, 0) else product + z_loss.hvp(v, z, z_weight, xp)


def _both(
    z: Array,
    labels: Array,
    *,
    xp: Any,
    again: Again,
    label_smoothing: Number = 0.0,
    class_weights: Array = None,
    z_weight: Number = 0.0,
) -> tuple[Array, Array]:
    options = {"label_smoothing": label_smoothing, "class_weights": class_weights, "z_weight": z_weight}
    if is_plain_id(z, labels, label_smoothing, class_weights) and is_number(z_weight, 0):
        return neg_log_softmax_and_slope(z, labels, xp, again)
    if is_plain_id(z, labels, label_smoothing, class_weights) or not is_number(z_weight, 0):
        anew = z if again is None else again(z)
        return _value(z, labels, xp=xp, **options), _grad(anew, labels, xp=xp, **options)
    of_value, of_grad = Softmax.twice(z, xp, again)
    t = target(z, labels, label_smoothing, class_weights, xp)
    return cost(of_value, t, xp), of_grad.minus(t)


_NAME = "softmax_cross_entropy"
OF_IDS = Kernel(_NAME, "(c),()->()", (LOGITS, CLASS_IDS), _value, _grad, _hess, _hvp, _both, widens=True)
OF_DISTRIBUTIONS = Kernel(
    _NAME, "(c),(c)->()", (LOGITS, CLASS_LABELS), _value, _grad, _hess, _hvp, _both, by_column=True
)


@loss
def softmax_cross_entropy(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes = -1,
    label_smoothing: float | AnyArray = 0.0,
    z_weight: float | AnyArray = 0.0,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
    axis_name: AxisName = None,
) -> Call[ArrayT]:
    r"""Softmax cross-entropy on logits: the loss for training classifiers with exclusive classes.

    Labels are class ids (integers, one axis fewer than the logits) or distributions (the shape of the
    logits); the shape tells which. It takes logits: do not apply a softmax first.

    .. math:: \ell = -\sum_j c_j\,y_j\,\log p_j, \qquad p = \operatorname{softmax}(z)

    Parameters
    ----------
    logits : array, shape (..., K, ...)
        Unbounded scores :math:`z`, the K classes on `axis`; :math:`-\infty` excludes a class.
    labels : array
        Class ids 0 to K-1, with the shape of the logits without the class axis; or distributions :math:`y`,
        with the shape of the logits, whose rows sum to 1.
    axis : int or tuple of int
        The class axis. A tuple of axes is flattened into one class axis in the given order, the last axis
        varying fastest; class ids index the flattened axis.
    label_smoothing : float in [0, 1)
        :math:`\varepsilon`: replaces labels with :math:`(1-\varepsilon)\,y + \varepsilon/K`, over the classes
        that are not excluded.
    z_weight : float
        :math:`\lambda`: adds :math:`\lambda\,(\log\sum_j e^{z_j})^2`, which keeps the logits of a large model
        from drifting; 1e-4 is the usual choice. Class weights do not apply to it.
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
    If the label's class has the logit :math:`-\infty`, the loss is infinite. A single logit of
    :math:`+\infty` is certainty. Two of them, or a row of only :math:`-\infty`, give NaN.

    References
    ----------
    J. S. Bridle, *Probabilistic interpretation of feedforward classification network outputs*, 1990;
    C. Szegedy et al., *Rethinking the Inception architecture*, 2016 (label smoothing);
    A. Chowdhery et al., *PaLM: scaling language modeling with pathways*, 2022 (z-loss).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits = np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    >>> lossary.softmax_cross_entropy(logits, np.array([0, 2]), reduction="none").round(4).tolist()
    [0.4076, 1.0986]
    """
    return Call(
        (OF_IDS, OF_DISTRIBUTIONS),
        logits,
        labels,
        axis=axis,
        params={"label_smoothing": label_smoothing, "z_weight": z_weight, "class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
        axis_name=axis_name,
    )
