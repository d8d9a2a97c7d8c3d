"""The Lovász loss of probabilities p: the formulas are in `_lovasz_terms`, of errors m = |p - y|."""

from typing import Any

from lossary._arguments import LABELS, PROBS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute, sign, step
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.segmentation._lovasz_terms import slope_of, value_of


def _value(p: Array, y: Array, *, xp: Any) -> Array:
    return value_of(absolute(p - y, xp), y, xp)


def _grad(p: Array, y: Array, *, xp: Any) -> Array:
    d = p - y
    return sign(d, xp) * slope_of(absolute(d, xp), y, xp)


def _hess(p: Array, y: Array, *, xp: Any) -> Array:
    return 0.0 * step(p, xp)


KERNEL = Kernel("lovasz", "(s),(s)->()", (PROBS, LABELS), _value, _grad, _hess, of_logits="lovasz_hinge")


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
    r"""The Jaccard loss of a region, made convex, of probabilities: each pixel counts by what its error
    does to the IoU.

    Of a softmax, with one-hot labels and the pixels as `axis`, it is the loss of each class, and the mean
    over classes the Lovász-Softmax loss. Of logits of one class there is `lovasz_hinge`.

    .. math:: \ell = \sum_i m_{(i)}\, (J_i - J_{i-1}), \qquad
              m_j = |p_j - y_j|, \quad m_{(1)} \ge m_{(2)} \ge \dots

    with :math:`J_i` the Jaccard loss, 1 - IoU, if the pixels of the first :math:`i` errors are wrong and no
    others.

    Parameters
    ----------
    probs : array, shape (...)
        Probabilities :math:`p` that a pixel is inside, in [0, 1].
    labels : array, shape (...)
        :math:`y`: 0 or 1, of the same shape; any integer, boolean or floating dtype. Several classes are
        one-hot. Of labels between, the formula is taken as it is.
    axis : int or tuple of int
        The axes whose elements make up one region: of images (batch, height, width) (1, 2) for a loss of
        each image, (0, 1, 2) for one of the batch.

    Returns
    -------
    array
        Between 0 and 1; unreduced it has the shape of `probs` without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, `axis` is no axis of them, probabilities or labels are outside [0, 1], or a
        region has more pixels than its dtype can count, which is 16,777,216 in float32.

    Notes
    -----
    It is convex and piecewise linear, so the second derivative is 0. Errors that are equal have the same
    slope, whatever their order: the mean of what they have in any. In a region
    without labels only the largest error counts: so a class that is absent costs what is found of it. To
    leave absent classes out: ``where=labels.any(axis)``, of one-hot labels.

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
