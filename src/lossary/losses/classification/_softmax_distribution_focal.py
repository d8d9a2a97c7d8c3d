"""Softmax cross-entropy with labels between bins: the two bins j next to a label y get 1 - |j - y|.

The derivatives are those of a cross-entropy with label distributions.
"""

from math import nan
from typing import Any

from lossary._arguments import BINS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import Softmax
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.classification._softmax_cross_entropy import OF_DISTRIBUTIONS as OF_TWO_HOT
from lossary.losses.classification._softmax_cross_entropy import cost


def _two_hot(z: Array, y: Array, xp: Any) -> Array:
    bins = xp.arange_like(z)
    last = xp.max(xp.astype(bins, z.dtype))
    y = xp.where(y <= last, y, nan)[..., None]  # not checked before if sizes are unknown
    left = xp.floor(y)
    place, right = xp.astype(left, bins.dtype)[..., 0], y - left
    at_left, at_right = xp.positions(z, place), xp.positions(z, place + 1)
    return xp.where(at_left, 1.0 - right, xp.where(at_right, right, 0.0 * right))


def _value(z: Array, y: Array, *, xp: Any) -> Array:
    return OF_TWO_HOT.value(z, _two_hot(z, y, xp), xp=xp)


def _grad(z: Array, y: Array, *, xp: Any) -> Array:
    return OF_TWO_HOT.grad(z, _two_hot(z, y, xp), xp=xp)


def _hess(z: Array, y: Array, *, xp: Any) -> Array:
    return OF_TWO_HOT.hess(z, _two_hot(z, y, xp), xp=xp)


def _hvp(v: Array, z: Array, y: Array, *, xp: Any) -> Array:
    return OF_TWO_HOT.times_derivative(v, z, _two_hot(z, y, xp), xp=xp)


def _both(z: Array, y: Array, *, xp: Any, again: Again) -> tuple[Array, Array]:
    at, anew = Softmax.twice(z, xp, again)
    t = _two_hot(z, y, xp)
    return cost(at, t, xp), anew.minus(t)


KERNEL = Kernel(
    "softmax_distribution_focal",
    "(c),()->()",
    (LOGITS, BINS),
    _value,
    _grad,
    _hess,
    _hvp,
    _both,
    by_column=True,
)


@loss
def softmax_distribution_focal(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Distribution focal loss: softmax cross-entropy with a number between two bins, which share the label.

    For distributions of box edges and, as two-hot loss, for value heads. Despite its name, it has no focal
    factor.

    .. math:: \ell = -(j + 1 - y) \log p_j - (y - j) \log p_{j+1}, \qquad j = \lfloor y \rfloor,
              \quad p = \operatorname{softmax}(z)

    Parameters
    ----------
    logits : array, shape (..., K, ...)
        Unbounded scores :math:`z`, the K bins on `axis`; :math:`-\infty` excludes a bin.
    labels : array
        :math:`y` from 0 to K-1, the position of each number among the bins, with the shape of the logits
        without `axis`: ``(x - low) / (high - low) * (K - 1)``.
    axis : int or tuple of int
        The axis of the bins. A tuple of axes is flattened into one axis, in the given order.

    Returns
    -------
    array
        In nats; without reduction, it has the shape of the labels. At least float32.

    Raises
    ------
    LossInputError
        If shapes do not match, or a label is not between 0 and K-1.

    Notes
    -----
    An integer label falls on one bin, and the loss is `softmax_cross_entropy`. The prediction is the mean of
    the bins, ``softmax(logits) @ bins``. For other labels, the minimum of the loss is not 0.

    References
    ----------
    X. Li et al., *Generalized focal loss: learning qualified and distributed bounding boxes for dense object
    detection*, NeurIPS 2020; M. G. Bellemare, W. Dabney, R. Munos, *A distributional perspective on
    reinforcement learning*, ICML 2017.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits = np.array([[0.1, -1.0, 2.0, 0.5]])
    >>> round(float(lossary.softmax_distribution_focal(logits, np.array([1.25]))), 6)
    2.602406
    """
    return Call(
        KERNEL,
        logits,
        labels,
        axis=axis,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
