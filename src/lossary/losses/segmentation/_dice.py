"""The Dice loss on probabilities: the formulas of `_overlap` with both weights one half."""

from lossary._arguments import LABELS, PROBS
from lossary._check import choice
from lossary._engine import Call, loss
from lossary._typing import AnyArray, ArrayT, Axes, Overlap, Reduction, RowAxes
from lossary.losses.segmentation._overlap import OF_PROBS, kernels

WAYS = ("product", "minimum", "squared")
KERNELS = kernels("dice", (PROBS, LABELS), OF_PROBS, *WAYS, of_logits="sigmoid_dice")


@loss
def dice(
    probs: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes,
    smooth: float | AnyArray = 0.0,
    overlap: Overlap = "product",
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Dice loss on probabilities: one minus the Dice coefficient, independent of the size of regions.

    To train, use `sigmoid_dice` on logits. You must say which axes make up a region, because the mean of
    per-image losses is not the loss of the batch.

    .. math:: \ell = 1 - \frac{2\sum_j p_j y_j + 2s}{\sum_j p_j + \sum_j y_j + 2s}

    Parameters
    ----------
    probs : array, shape (...)
        Probabilities :math:`p`, in [0, 1], that a pixel is inside the region.
    labels : array, shape (...)
        Between 0 and 1, usually 0 or 1, with the same shape. Any integer, boolean or floating dtype. One-hot
        encode several classes.
    axis : int or tuple of int
        The axes that make up one region. For images (batch, height, width, classes), (1, 2) gives a loss per
        image and class, (0, 1, 2) a loss per class over the batch.
    smooth : float
        :math:`s`, in pixels; not negative. With 1, the loss of an empty region decreases smoothly as false
        positives shrink.
    overlap : {"product", "minimum", "squared"}
        How to measure the overlap of probability and label at a pixel: :math:`p\,y`; their minimum, which
        makes the loss 0 at p = y for labels between 0 and 1 too; or :math:`p\,y` with squares in the
        denominator, :math:`1 - (2\sum p\,y + 2s) / (\sum p^2 + \sum y^2 + 2s)`, which is 0 there as well.

    Returns
    -------
    array
        Between 0 and 1; without reduction, it has the shape of `probs` without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, `axis` does not exist, probabilities or labels are outside [0, 1], `smooth` is
        negative, or `overlap` is invalid.

    Notes
    -----
    If labels and probabilities of a region are all 0 and `smooth` is 0, the ratio is 0/0; loss and
    derivatives are then 0. Without `smooth`, any false positive in an empty region costs 1, however small,
    and has zero gradient: if your data have empty regions, set `smooth`. A pixel with p = 0 and y = 0 has no
    effect, so to exclude pixels, multiply both by a mask. For labels between 0 and 1, the loss with the
    "product" overlap is not 0 at p = y and still decreases toward p = 0 or 1. The minimum has a kink at p =
    y, where its slope is 0.

    References
    ----------
    F. Milletari et al., *V-Net: fully convolutional neural networks for volumetric medical image
    segmentation*, 2016;
    Z. Wang et al., *Dice semimetric losses: optimizing the Dice score with soft labels*, 2023 (minimum).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> probs, labels = np.array([[0.5, 1.0], [0.5, 0.0]]), np.array([[1, 1], [0, 0]])
    >>> float(lossary.dice(probs, labels, axis=(0, 1)))
    0.25
    """
    choice("dice", "overlap", overlap, WAYS)
    return Call(
        KERNELS[overlap],
        probs,
        labels,
        axis=axis,
        params={"smooth": smooth},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
