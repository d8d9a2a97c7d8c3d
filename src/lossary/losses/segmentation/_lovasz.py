"""The Lovász loss on probabilities p: the formulas are in `_lovasz_terms`, with errors m = |p - y|."""

from typing import Any

from lossary._arguments import PROBS
from lossary._engine import Call, loss
from lossary._math import absolute
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.segmentation._lovasz_terms import kernel


def errors(p: Array, y: Array, xp: Any) -> tuple[Array, Array]:
    d = p - y
    return absolute(d, xp), xp.sign(d)


KERNEL = kernel("lovasz", PROBS, errors, of_logits="lovasz_hinge")


@loss
def lovasz(
    probs: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Lovász loss on probabilities, for segmentation: the Jaccard (IoU) loss of a region, made convex.

    Each pixel is weighted by the effect of its error on the IoU. Its mean over classes is `lovasz_softmax`.
    For logits of one class, use `lovasz_hinge`.

    .. math:: \ell = \sum_i m_{(i)}\, (J_i - J_{i-1}), \qquad
              m_j = |p_j - y_j|, \quad m_{(1)} \ge m_{(2)} \ge \dots

    with :math:`J_i` the Jaccard loss, 1 - IoU, if only the pixels with the first :math:`i` errors are wrong.

    Parameters
    ----------
    probs : array, shape (...)
        Probabilities :math:`p`, in [0, 1], that a pixel is inside the region.
    labels : array, shape (...)
        :math:`y`: 0 or 1, with the same shape. Any integer, boolean or floating dtype. One-hot encode several
        classes. Labels between 0 and 1 go into the formula as they are.
    axis : int or tuple of int
        The axes that make up one region. For images (batch, height, width), (1, 2) gives a loss per image,
        (0, 1, 2) one loss for the batch.

    Returns
    -------
    array
        Between 0 and 1; without reduction, it has the shape of `probs` without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, `axis` does not exist, probabilities or labels are outside [0, 1], or a region
        has more pixels than its dtype can count: 16,777,216 in float32.

    Notes
    -----
    It is convex and piecewise linear, so the second derivative is 0. Equal errors share the mean of their
    slopes, so their order does not matter. In a region without labels, only the largest error counts, so an
    absent class costs its largest probability.

    References
    ----------
    M. Berman, A. Rannen Triki, M. B. Blaschko, *The Lovász-Softmax loss: a tractable surrogate for the
    optimization of the intersection-over-union measure in neural networks*, CVPR 2018.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> probs = np.array([0.7, 0.2, 0.9])
    >>> print(f"{lossary.lovasz(probs, np.array([1, 0, 0]), axis=-1):.2f}")
    0.60
    """
    return Call(
        KERNEL,
        probs,
        labels,
        axis=axis,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
