"""Softmax cross-entropy of s·(z - m·[label]): its gradient in these is multiplied by s, its Hessian by s²."""

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
    r"""Softmax cross-entropy in which the label must lead by a margin: of cosines, CosFace; of logits, LDAM.

    The margin is subtracted from the label's score before all are scaled. With a margin of 0 and a scale of
    1 it is `softmax_cross_entropy`.

    .. math:: \ell = -\log \frac{e^{s\,(z_y - m_y)}}{e^{s\,(z_y - m_y)} + \sum_{k \ne y} e^{s\,z_k}}

    Parameters
    ----------
    logits : array, shape (..., K, ...)
        Scores :math:`z`, the K classes on `axis`: cosines, or any others; :math:`-\infty` is a class that
        cannot be.
    labels : array
        Class ids 0 to K-1 :math:`y`, shaped as the logits without the class axis.
    margin : float or array of one number per class along `axis`
        :math:`m`: by how much the label should lead, in the units of the logits. LDAM has one for each
        class, in proportion to :math:`n^{-1/4}` of its n examples.
    scale : float
        :math:`s > 0`: cosines are within 1 of each other, which no softmax is sure of. LDAM takes 30.
    axis : int or tuple of int
        The class axis, or several whose classes make one row, in this order: ids count
        through them, the last fastest.
    class_weights : array of K numbers, optional
        How much each example counts, by the class of its label: a factor of the loss, and part of the
        weights of a weighted mean.
    axis_name : str or tuple of str, optional
        Inside `jax.shard_map`: the mapped axis along which the classes are spread, each device having a
        part of `axis`. Class ids count over all of them: see :doc:`sharding`.

    Returns
    -------
    array
        In nats; unreduced it has the shape of the logits without the class axis. At least float32.

    Raises
    ------
    LossInputError
        If the shapes do not fit, an id is not one of the K classes, or a parameter is out of range.

    Notes
    -----
    The gradient is in the logits as they are passed, and so has the factor :math:`s`. At test time there is
    no margin: the label is unknown.

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
