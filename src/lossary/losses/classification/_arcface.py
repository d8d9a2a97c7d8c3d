"""Softmax cross-entropy on cosines c, with the label's angle θ increased by m. With φ(c) = cos(θ + m):

φ    c·cos m - r·sin m,  r = √((1 - c)(1 + c)) = sin θ
φ'   cos m + c·sin m / r
φ''  sin m / r³

Where θ + m would exceed π, φ is c - m·sin m, with slope 1. The label's entry has the factor s·φ' in the
gradient. In the Hessian it has s²·φ'², plus s·φ'' times the slope in the logit.
"""

from typing import Any, NamedTuple

from lossary._arguments import CLASS_IDS, COSINES
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import cos_sin, relu
from lossary._typing import AnyArray, Array, ArrayT, Axes, AxisName, Number, Reduction, RowAxes
from lossary.losses.classification._softmax_cross_entropy import OF_IDS as OF_MOVED


class _Turned(NamedTuple):
    z: Array
    """The logits."""
    is_label: Array
    rate: Array
    """φ' at the label's cosine."""
    bend: Array
    """φ''"""


def _turned(c: Array, labels: Array, angle: Number, scale: Number, xp: Any) -> _Turned:
    cos, sin = cos_sin(angle, xp)
    is_label, y = xp.positions(c, labels), xp.pick(c, labels)[..., None]
    r = xp.sqrt(relu((1.0 - y) * (1.0 + y), xp))
    turns, ends = y >= -cos, r == 0
    per = xp.where(ends, 0.0, 1.0 / xp.where(ends, 1.0, r))
    turned = xp.where(turns, y * cos - r * sin, y - angle * sin)
    rate = xp.where(turns, cos + y * (sin * per), 1.0)
    bend = xp.where(turns, sin * (per * per * per), 0.0)
    return _Turned(scale * xp.where(is_label, turned, c), is_label, rate, bend)


def _value(c: Array, labels: Array, *, xp: Any, angular_margin: Number = 0.5, scale: Number = 64.0) -> Array:
    return OF_MOVED.value(_turned(c, labels, angular_margin, scale, xp).z, labels, xp=xp)


def _grad(c: Array, labels: Array, *, xp: Any, angular_margin: Number = 0.5, scale: Number = 64.0) -> Array:
    z, is_label, rate, _ = _turned(c, labels, angular_margin, scale, xp)
    slope = scale * OF_MOVED.grad(z, labels, xp=xp)
    return xp.where(is_label, rate * slope, slope)


def _hess(c: Array, labels: Array, *, xp: Any, angular_margin: Number = 0.5, scale: Number = 64.0) -> Array:
    z, is_label, rate, bend = _turned(c, labels, angular_margin, scale, xp)
    slope = scale * OF_MOVED.grad(z, labels, xp=xp)
    curvature = scale * (scale * OF_MOVED.hess(z, labels, xp=xp))
    return xp.where(is_label, rate * (rate * curvature) + bend * slope, curvature)


def _hvp(
    v: Array, c: Array, labels: Array, *, xp: Any, angular_margin: Number = 0.5, scale: Number = 64.0
) -> Array:
    z, is_label, rate, bend = _turned(c, labels, angular_margin, scale, xp)
    slope = scale * OF_MOVED.grad(z, labels, xp=xp)
    along = scale * xp.where(is_label, rate * v, v)
    product = scale * OF_MOVED.times_derivative(along, z, labels, xp=xp)
    return xp.where(is_label, rate * product + bend * slope * v, product)


KERNEL = Kernel("arcface", "(c),()->()", (COSINES, CLASS_IDS), _value, _grad, _hess, _hvp)


@loss
def arcface(
    cosines: ArrayT,
    labels: AnyArray | float,
    *,
    angular_margin: float | AnyArray = 0.5,
    scale: float | AnyArray = 64.0,
    axis: RowAxes = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
    axis_name: AxisName = None,
) -> Call[ArrayT]:
    r"""ArcFace, to learn embeddings: softmax cross-entropy on cosines, with a margin on the label's angle.

    .. math:: \ell = -\log \frac{e^{s\,\varphi}}{e^{s\,\varphi} + \sum_{k \ne y} e^{s\,c_k}}, \qquad
              \varphi = \begin{cases} \cos(\theta_y + m) & \theta_y + m \le \pi \\
              c_y - m \sin m & \text{otherwise} \end{cases}, \qquad c = \cos\theta

    Parameters
    ----------
    cosines : array, shape (..., K, ...)
        Cosines :math:`c` of the angles between an embedding and the K classes on `axis`: dot products of unit
        vectors. Values beyond -1 or 1 by rounding count as -1 or 1.
    labels : array
        Class ids :math:`y` from 0 to K-1, with the shape of the cosines without the class axis.
    angular_margin : float in [0, π/2)
        :math:`m`, in radians: 0.5 is 28.6 degrees.
    scale : float
        :math:`s > 0`, multiplies the cosines, whose range is too small for a confident softmax.
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
        In nats; without reduction, it has the shape of the cosines without the class axis. At least float32.

    Raises
    ------
    LossInputError
        If shapes do not match, a class id is out of range, a cosine is beyond [-1, 1] by more than rounding,
        or a parameter is out of range.

    Notes
    -----
    The slope in the label's cosine, :math:`\cos m + c \sin m / \sin\theta`, grows without bound toward 1. At
    exactly 1 it is :math:`\cos m`, because the derivative of a cosine in its vectors is 0 there. Nothing is
    clipped. For embeddings and class vectors, use `linear_arcface`, whose gradient is bounded.

    References
    ----------
    J. Deng et al., *ArcFace: additive angular margin loss for deep face recognition*, CVPR 2019.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> cosines = np.array([[0.6, 0.1], [1.0, 0.3]])
    >>> lossary.arcface(cosines, np.array([0, 0]), reduction="none").round(6).tolist()
    [0.061813, 0.0]
    """
    return Call(
        KERNEL,
        cosines,
        labels,
        axis=axis,
        params={"angular_margin": angular_margin, "scale": scale, "class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
        axis_name=axis_name,
    )
