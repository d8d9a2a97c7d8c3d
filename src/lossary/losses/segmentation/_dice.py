"""The Dice loss of probabilities: in the formulas of `_overlap` both weights are one half."""

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
    r"""One minus the Dice coefficient: how little two regions overlap, whatever their size.

    To train, use `sigmoid_dice` on logits. Which axes make up a region has to be said: a mean of the loss
    of each image is not the loss of the batch.

    .. math:: \ell = 1 - \frac{2\sum_j p_j y_j + 2s}{\sum_j p_j + \sum_j y_j + 2s}

    Parameters
    ----------
    probs : array, shape (...)
        Probabilities :math:`p` that a pixel is inside, in [0, 1].
    labels : array, shape (...)
        Between 0 and 1, usually 0 or 1, with the same shape. Any integer, boolean or floating dtype. Several
        classes are one-hot.
    axis : int or tuple of int
        The axes whose elements make up one region: of images (batch, height, width, classes) (1, 2) for a
        loss of each image and class, (0, 1, 2) for one of each class in the batch.
    smooth : float
        :math:`s`, a number of pixels; not negative. With 1 the loss of a region that has nothing in it
        falls smoothly with what is found there.
    overlap : {"product", "minimum", "squared"}
        What probability and label of a pixel have in common: :math:`p\,y`; their minimum, by which the loss
        is 0 at p = y for labels between 0 and 1 as well; or :math:`p\,y` with squares in the denominator,
        :math:`1 - (2\sum p\,y + 2s) / (\sum p^2 + \sum y^2 + 2s)`, which is 0 there too.

    Returns
    -------
    array
        Between 0 and 1; without reduction, it has the shape of `probs` without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, `axis` is no axis of them, probabilities or labels are outside [0, 1],
        `smooth` is negative, or `overlap` is none of these.

    Notes
    -----
    With nothing in a region, nothing found and no `smooth` the ratio is 0/0: there loss and derivatives
    are 0. Anything found in an empty region then costs 1, however little it is, and has no gradient: if
    there are empty regions, set `smooth`. A pixel with p = 0 and y = 0 changes nothing: to leave pixels
    out, multiply both by a mask. For labels between 0 and 1 the loss of the `overlap` "product" is not 0
    at p = y: there it still falls towards 0 or 1. At p = y the minimum has a kink, where its slope is 0.

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
