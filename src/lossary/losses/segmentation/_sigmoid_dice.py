"""The Dice loss on logits: the formulas of `_overlap` with both weights one half."""

from lossary._arguments import LABELS, LOGITS
from lossary._check import choice
from lossary._engine import Call, loss
from lossary._typing import AnyArray, ArrayT, Axes, Overlap, Reduction, RowAxes
from lossary.losses.segmentation._overlap import OF_LOGITS, kernels

WAYS = ("product", "minimum", "squared")
KERNELS = kernels("sigmoid_dice", (LOGITS, LABELS), OF_LOGITS, *WAYS)


@loss
def sigmoid_dice(
    logits: ArrayT,
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
    r"""Dice loss on logits, for training segmentation models when regions are small.

    It takes logits: do not apply a sigmoid first. For exclusive classes, pass their softmax to `dice`.

    .. math:: \ell = 1 - \frac{2\sum_j p_j y_j + 2s}{\sum_j p_j + \sum_j y_j + 2s}, \qquad p = \sigma(x)

    Parameters
    ----------
    logits : array, shape (...)
        Unbounded scores :math:`x`. At :math:`\pm\infty` the loss takes its limit.
    labels : array, shape (...)
        Between 0 and 1, usually 0 or 1, with the same shape. Any integer, boolean or floating dtype.
    axis : int or tuple of int
        The axes that make up one region. For images (batch, height, width), (1, 2) gives a loss per image,
        (0, 1, 2) one loss for the batch.
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
        Between 0 and 1; without reduction, it has the shape of `logits` without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, `axis` does not exist, labels are outside [0, 1], `smooth` is negative, or
        `overlap` is invalid.

    Notes
    -----
    Without `smooth`, any false positive in an empty region costs 1, however small, and has zero gradient: if
    your data have empty regions, set `smooth`. Where all probabilities are 0, including logits below -87 that
    underflow in float32, loss and derivatives are 0. To exclude pixels, set their logits to :math:`-\infty`
    and their labels to 0.

    References
    ----------
    F. Milletari et al., *V-Net: fully convolutional neural networks for volumetric medical image
    segmentation*, 2016;
    Z. Wang et al., *Dice semimetric losses: optimizing the Dice score with soft labels*, 2023 (minimum).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits, labels = np.array([[0.0, np.inf], [0.0, -np.inf]]), np.array([[1, 1], [0, 0]])
    >>> float(lossary.sigmoid_dice(logits, labels, axis=(0, 1)))
    0.25
    """
    choice("sigmoid_dice", "overlap", overlap, WAYS)
    return Call(
        KERNELS[overlap],
        logits,
        labels,
        axis=axis,
        params={"smooth": smooth},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
