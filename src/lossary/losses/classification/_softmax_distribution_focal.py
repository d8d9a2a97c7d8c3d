"""Softmax cross-entropy of labels between bins: of a label y the bins j beside it bear 1 - |j - y|.

The derivatives are those of a cross-entropy with distributions.
"""

from math import nan
from typing import Any

from lossary._arguments import BINS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.classification._softmax_cross_entropy import OF_DISTRIBUTIONS as OF_TWO_HOT


def _two_hot(z: Array, y: Array, xp: Any) -> Array:
    bins = xp.astype(xp.arange_like(z), z.dtype)
    y = xp.where(y <= xp.max(bins), y, nan)[..., None]  # which no check has seen where sizes are unknown
    left = xp.floor(y)
    right = y - left
    return xp.where(bins == left, 1.0 - right, xp.where(bins == left + 1.0, right, 0.0 * right))


def _value(z: Array, y: Array, *, xp: Any) -> Array:
    return OF_TWO_HOT.value(z, _two_hot(z, y, xp), xp=xp)


def _grad(z: Array, y: Array, *, xp: Any) -> Array:
    return OF_TWO_HOT.grad(z, _two_hot(z, y, xp), xp=xp)


def _hess(z: Array, y: Array, *, xp: Any) -> Array:
    return OF_TWO_HOT.hess(z, _two_hot(z, y, xp), xp=xp)


def _hvp(v: Array, z: Array, y: Array, *, xp: Any) -> Array:
    return OF_TWO_HOT.times_derivative(v, z, _two_hot(z, y, xp), xp=xp)


KERNEL = Kernel("softmax_distribution_focal", "(c),()->()", (LOGITS, BINS), _value, _grad, _hess, _hvp)


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
    r"""Softmax cross-entropy of a number between bins, which the two beside it share: learn its distribution.

    The distribution focal loss of box edges, and the two-hot loss of value heads. In spite of its name there
    is no focal factor in it.

    .. math:: \ell = -(j + 1 - y) \log p_j - (y - j) \log p_{j+1}, \qquad j = \lfloor y \rfloor,
              \quad p = \operatorname{softmax}(z)

    Parameters
    ----------
    logits : array, shape (..., K, ...)
        Unbounded scores :math:`z`, the K bins on `axis`; :math:`-\infty` is one that cannot be.
    labels : array
        Where each number lies among the bins, :math:`y` from 0 to K-1, shaped as the logits without the axis
        of the bins: ``(x - low) / (high - low) * (K - 1)``.
    axis : int or tuple of int
        The axis of the bins, or several whose bins make one row, in this order.

    Returns
    -------
    array
        In nats; unreduced it has the shape of the labels. At least float32.

    Raises
    ------
    LossInputError
        If the shapes do not fit, or a label is not between the bins.

    Notes
    -----
    A whole label has one bin, the last one as well: the loss is then `softmax_cross_entropy`. The prediction
    is the mean of the bins, ``softmax(logits) @ bins``. Where the label is no whole number the least loss is
    not 0.

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
