"""Softmax cross-entropy of cosines c whose label's angle θ is made larger by m. With φ(c) = cos(θ + m),

φ    c·cos m - r·sin m,  r = √((1 - c)(1 + c)) = sin θ
φ'   cos m + c·sin m / r
φ''  sin m / r³

and c - m·sin m, of slope 1, where θ + m would be beyond π. The label's part of the gradient has the factor
s·φ', that of the Hessian s²·φ'², and s·φ'' times the slope in the logit beside it.
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
    """φ' of the label's cosine."""
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
    r"""ArcFace: softmax cross-entropy of cosines, the angle to the label's class made larger by a margin.

    .. math:: \ell = -\log \frac{e^{s\,\varphi}}{e^{s\,\varphi} + \sum_{k \ne y} e^{s\,c_k}}, \qquad
              \varphi = \begin{cases} \cos(\theta_y + m) & \theta_y + m \le \pi \\
              c_y - m \sin m & \text{otherwise} \end{cases}, \qquad c = \cos\theta

    Parameters
    ----------
    cosines : array, shape (..., K, ...)
        Cosines :math:`c` of the angles between an embedding and the K classes, which are on `axis`: products
        of vectors that both have length 1. Beyond -1 and 1 by rounding they count as these.
    labels : array
        Class ids 0 to K-1 :math:`y`, shaped as the cosines without the class axis.
    angular_margin : float in [0, π/2)
        :math:`m`, in radians: 0.5 is 28.6 degrees.
    scale : float
        :math:`s > 0`: cosines are within 1 of each other, which no softmax is sure of.
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
        In nats; unreduced it has the shape of the cosines without the class axis. At least float32.

    Raises
    ------
    LossInputError
        If the shapes do not fit, an id is not one of the K classes, a cosine is beyond [-1, 1] by more than
        rounding, or a parameter is out of range.

    Notes
    -----
    The slope in the label's cosine has no bound near 1 and -1: it is :math:`\cos m + c \sin m / \sin\theta`.
    At these ends themselves it is :math:`\cos m`, as the derivative of a cosine in its vectors is 0 there.
    Nothing is clipped. Of embeddings and classes' vectors take `linear_arcface`, whose gradient is bounded.

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
