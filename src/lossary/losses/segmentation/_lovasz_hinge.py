"""The Lovász hinge on logits x: the formulas are in `_lovasz_terms`, with errors m = 1 - (2y - 1)·x."""

from typing import Any

from lossary._arguments import LOGITS
from lossary._engine import Call, loss
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.segmentation._lovasz_terms import kernel


def _errors(x: Array, y: Array, xp: Any) -> tuple[Array, Array]:
    sign = 2.0 * y - 1.0
    return 1.0 - sign * x, -sign


KERNEL = kernel("lovasz_hinge", LOGITS, _errors)


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
    r"""Lovász hinge loss on logits, for segmentation: the Jaccard (IoU) loss of a region, made convex.

    Each pixel is weighted by the effect of its error on the IoU. Unlike `sigmoid_tversky`, it depends only on
    margins and the order of errors, not on probabilities: once every pixel is right by a margin of 1, it is
    0.

    .. math:: \ell = \sum_i \max(m_{(i)}, 0)\, (J_i - J_{i-1}), \qquad
              m_j = 1 - (2 y_j - 1)\, x_j, \quad m_{(1)} \ge m_{(2)} \ge \dots

    with :math:`J_i` the Jaccard loss, 1 - IoU, if only the pixels with the first :math:`i` errors are wrong.

    Parameters
    ----------
    logits : array, shape (...)
        Unbounded scores :math:`x`, positive inside the region.
    labels : array, shape (...)
        :math:`y`: 0 or 1, with the same shape. Any integer, boolean or floating dtype. One-hot encode several
        classes. Labels between 0 and 1 go into the formula as they are.
    axis : int or tuple of int
        The axes that make up one region. For images (batch, height, width), (1, 2) gives a loss per image,
        (0, 1, 2) one loss for the batch.

    Returns
    -------
    array
        In the units of the logits; without reduction, it has the shape of `logits` without `axis`. At least
        float32.

    Raises
    ------
    LossInputError
        If the shapes differ, `axis` does not exist, labels are outside [0, 1], or a region has more pixels
        than its dtype can count: 16,777,216 in float32.

    Notes
    -----
    It is convex and piecewise linear, so the second derivative is 0. Equal errors share the mean of their
    slopes, so their order does not matter. In a region without labels, only the largest error counts.

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
