"""The Dice loss of logits: in the formulas of `_overlap` both weights are one half."""

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
    r"""`dice` of the sigmoid of logits: to train segmentation with few pixels inside.

    It takes logits: do not apply a sigmoid first. For classes that exclude each other, pass their softmax to
    `dice`.

    .. math:: \ell = 1 - \frac{2\sum_j p_j y_j + 2s}{\sum_j p_j + \sum_j y_j + 2s}, \qquad p = \sigma(x)

    Parameters
    ----------
    logits : array, shape (...)
        Unbounded scores :math:`x`. At :math:`\pm\infty` the loss takes its limit.
    labels : array, shape (...)
        Between 0 and 1, usually 0 or 1, with the same shape. Any integer, boolean or floating dtype.
    axis : int or tuple of int
        The axes whose elements make up one region: of images (batch, height, width) (1, 2) for a loss of
        each image, (0, 1, 2) for one of the batch.
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
        Between 0 and 1; without reduction, it has the shape of `logits` without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, `axis` is no axis of them, labels are outside [0, 1], `smooth` is
        negative, or `overlap` is none of these.

    Notes
    -----
    Without `smooth`, anything found in a region that has nothing in it costs 1, however little it is, and
    has no gradient: if there are such regions, set `smooth`. Where all probabilities are 0, also because
    logits below -87 in float32 underflow, loss and derivatives are 0. To leave pixels out, set their
    logits to :math:`-\infty` and their labels to 0.

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
