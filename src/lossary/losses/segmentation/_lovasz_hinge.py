"""The Lovász hinge of logits x: the formulas are in `_lovasz_terms`, of errors m = 1 - (2y - 1)·x."""

from typing import Any

from lossary._arguments import LABELS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import step
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.segmentation._lovasz_terms import slope_of, value_of


def _value(x: Array, y: Array, *, xp: Any) -> Array:
    return value_of(1.0 - (2.0 * y - 1.0) * x, y, xp)


def _grad(x: Array, y: Array, *, xp: Any) -> Array:
    sign = 2.0 * y - 1.0
    return -sign * slope_of(1.0 - sign * x, y, xp)


def _hess(x: Array, y: Array, *, xp: Any) -> Array:
    return 0.0 * step(x, xp)


KERNEL = Kernel("lovasz_hinge", "(s),(s)->()", (LOGITS, LABELS), _value, _grad, _hess)


@loss
def lovasz_hinge(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""The Jaccard loss of a region, made convex, of logits: each pixel counts by what its error does to
    the IoU.

    Unlike `sigmoid_tversky` it does not look at how large a probability is, only at the order of errors and
    at margins: once all pixels are right by 1 it is 0.

    .. math:: \ell = \sum_i \max(m_{(i)}, 0)\, (J_i - J_{i-1}), \qquad
              m_j = 1 - (2 y_j - 1)\, x_j, \quad m_{(1)} \ge m_{(2)} \ge \dots

    with :math:`J_i` the Jaccard loss, 1 - IoU, if the pixels of the first :math:`i` errors are wrong and no
    others.

    Parameters
    ----------
    logits : array, shape (...)
        Unbounded scores :math:`x`: positive inside.
    labels : array, shape (...)
        :math:`y`: 0 or 1, of the same shape; any integer, boolean or floating dtype. Several classes are
        one-hot. Of labels between, the formula is taken as it is.
    axis : int or tuple of int
        The axes whose elements make up one region: of images (batch, height, width) (1, 2) for a loss of
        each image, (0, 1, 2) for one of the batch.

    Returns
    -------
    array
        In the units of the logits; unreduced it has the shape of `logits` without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, `axis` is no axis of them, labels are outside [0, 1], or a region has more
        pixels than its dtype can count, which is 16,777,216 in float32.

    Notes
    -----
    It is convex and piecewise linear, so the second derivative is 0. Errors that are equal have the same
    slope, whatever their order: the mean of what they have in any. In a region
    without labels only the largest error counts.

    References
    ----------
    M. Berman, A. Rannen Triki, M. B. Blaschko, *The Lovász-Softmax loss: a tractable surrogate for the
    optimization of the intersection-over-union measure in neural networks*, CVPR 2018.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits = np.array([0.5, -1.0, 2.0])
    >>> print(f"{lossary.lovasz_hinge(logits, np.array([1, 0, 0]), axis=-1):.2f}")
    1.75
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
