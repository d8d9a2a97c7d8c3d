"""Softmax cross-entropy on s·(z - m·[label]), with its gradient multiplied by s and its Hessian by s²."""

from typing import Any

from lossary._arguments import CLASS_IDS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._typing import AnyArray, Array, ArrayT, Axes, AxisName, Number, Reduction, RowAxes
from lossary.losses.classification._softmax_cross_entropy import OF_IDS as OF_MOVED


def _moved(z: Array, labels: Array, margin: Number, scale: Number, xp: Any) -> Array:
    return scale * xp.where(xp.positions(z, labels), z - margin, z)


def _value(z: Array, labels: Array, *, xp: Any, margin: Number = 0.35, scale: Number = 64.0) -> Array:
    return OF_MOVED.value(_moved(z, labels, margin, scale, xp), labels, xp=xp)


def _grad(z: Array, labels: Array, *, xp: Any, margin: Number = 0.35, scale: Number = 64.0) -> Array:
    return scale * OF_MOVED.grad(_moved(z, labels, margin, scale, xp), labels, xp=xp)


def _hess(z: Array, labels: Array, *, xp: Any, margin: Number = 0.35, scale: Number = 64.0) -> Array:
    return scale * (scale * OF_MOVED.hess(_moved(z, labels, margin, scale, xp), labels, xp=xp))


def _hvp(v: Array, z: Array, labels: Array, *, xp: Any, margin: Number = 0.35, scale: Number = 64.0) -> Array:
    moved = _moved(z, labels, margin, scale, xp)
    return scale * OF_MOVED.times_derivative(scale * v, moved, labels, xp=xp)


KERNEL = Kernel(
    "cosface",
    "(c),()->()",
    (LOGITS, CLASS_IDS),
    _value,
    _grad,
    _hess,
    _hvp,
    per_class=frozenset({"margin"}),
)


@loss
def cosface(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    margin: float | AnyArray = 0.35,
    scale: float | AnyArray = 64.0,
    axis: RowAxes = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
    axis_name: AxisName = None,
) -> Call[ArrayT]:
    r"""Softmax cross-entropy in which the label must lead by a margin: CosFace on cosines, LDAM on logits.

    The margin is subtracted from the label's score before all scores are scaled. With margin 0 and scale 1,
    it is `softmax_cross_entropy`.

    .. math:: \ell = -\log \frac{e^{s\,(z_y - m_y)}}{e^{s\,(z_y - m_y)} + \sum_{k \ne y} e^{s\,z_k}}

    Parameters
    ----------
    logits : array, shape (..., K, ...)
        Scores :math:`z`, cosines or any others, the K classes on `axis`; :math:`-\infty` excludes a class.
    labels : array
        Class ids :math:`y` from 0 to K-1, with the shape of the logits without the class axis.
    margin : float or array of one number per class along `axis`
        :math:`m`, by how much the label should lead, in the units of the logits. LDAM uses one margin per
        class, proportional to :math:`n^{-1/4}` for n examples of the class.
    scale : float
        :math:`s > 0`, multiplies the scores. The range of cosines is too small for a confident softmax. LDAM
        uses 30.
    axis : int or tuple of int
        The class axis. A tuple of axes is flattened into one class axis in the given order, the last axis
        varying fastest; class ids index the flattened axis.
    class_weights : array of K numbers, optional
        The weight of each class: multiplies the loss of examples with that label. ``"weighted_mean"``
        includes it in the denominator.
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
        If shapes do not match, a class id is out of range, or a parameter is out of range.

    Notes
    -----
    The gradient is in the logits as passed, so it includes the factor :math:`s`. At test time there is no
    margin, because the label is unknown.

    References
    ----------
    H. Wang et al., *CosFace: large margin cosine loss for deep face recognition*, CVPR 2018; K. Cao et al.,
    *Learning imbalanced datasets with label-distribution-aware margin loss*, NeurIPS 2019.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> cosines = np.array([[0.6, 0.1], [0.4, 0.3]])
    >>> lossary.cosface(cosines, np.array([0, 0]), reduction="none").round(4).tolist()
    [0.0001, 16.0]
    """
    return Call(
        KERNEL,
        logits,
        labels,
        axis=axis,
        params={"margin": margin, "scale": scale, "class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
        axis_name=axis_name,
    )
