"""The Dice loss of probabilities: in the formulas of `_overlap` both weights are one half."""

from lossary._arguments import LABELS, PROBS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._typing import AnyArray, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.segmentation import _overlap

KERNEL = Kernel(
    "dice",
    "(s),(s)->()",
    (PROBS, LABELS),
    _overlap.value,
    _overlap.grad,
    _overlap.hess,
    _overlap.hvp,
    of_logits="sigmoid_dice",
)


@loss
def dice(
    probs: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes,
    smooth: float | AnyArray = 0.0,
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
        0 or 1, of the same shape; any integer, boolean or floating dtype. Several classes are one-hot.
    axis : int or tuple of int
        The axes whose elements make up one region: of images (batch, height, width, classes) (1, 2) for a
        loss of each image and class, (0, 1, 2) for one of each class in the batch.
    smooth : float
        :math:`s`, a number of pixels; not negative. With 1 the loss of a region that has nothing in it
        falls smoothly with what is found there.

    Returns
    -------
    array
        Between 0 and 1; unreduced it has the shape of `probs` without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, `axis` is no axis of them, probabilities or labels are outside [0, 1], or
        `smooth` is negative.

    Notes
    -----
    With nothing in a region, nothing found and no `smooth` the ratio is 0/0: there loss and derivatives
    are 0. Anything found in an empty region then costs 1, however little it is, and has no gradient: if
    there are empty regions, set `smooth`. A pixel with p = 0 and y = 0 changes nothing: to leave pixels
    out, multiply both by a mask. Labels between 0 and 1 are allowed, but the loss is not 0 at p = y.

    References
    ----------
    F. Milletari et al., *V-Net: fully convolutional neural networks for volumetric medical image
    segmentation*, 2016.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> probs, labels = np.array([[0.5, 1.0], [0.5, 0.0]]), np.array([[1, 1], [0, 0]])
    >>> float(lossary.dice(probs, labels, axis=(0, 1)))
    0.25
    """
    return Call(
        KERNEL,
        probs,
        labels,
        axis=axis,
        params={"smooth": smooth},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
