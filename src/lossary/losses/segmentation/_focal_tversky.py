"""A power of the Tversky loss of probabilities: the formulas are in `_focal_overlap`."""

from typing import Literal

from lossary._arguments import LABELS, PROBS
from lossary._check import choice
from lossary._engine import Call, loss
from lossary._typing import AnyArray, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.segmentation._focal_overlap import FOCAL_OF_PROBS
from lossary.losses.segmentation._overlap import kernels

WAYS = ("product", "minimum")
KERNELS = kernels("focal_tversky", (PROBS, LABELS), FOCAL_OF_PROBS, *WAYS, of_logits="sigmoid_focal_tversky")


@loss
def focal_tversky(
    probs: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes,
    fp_weight: float | AnyArray = 0.5,
    fn_weight: float | AnyArray = 0.5,
    exponent: float | AnyArray = 0.75,
    smooth: float | AnyArray = 0.0,
    overlap: Literal["product", "minimum"] = "product",
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""A power of `tversky`: how much regions count that are found already, and those that are not.

    To train, use `sigmoid_focal_tversky` on logits. It is a power of the loss of each region; of several
    classes it is the mean of powers, not a power of the mean.

    .. math:: \ell = \Bigl(1 - \frac{T + s}{T + \alpha F_p + \beta F_n + s}\Bigr)^k, \qquad
              T = \sum_j p_j y_j, \quad
              F_p = \sum_j p_j (1 - y_j), \quad F_n = \sum_j (1 - p_j)\, y_j

    Parameters
    ----------
    probs : array, shape (...)
        Probabilities :math:`p` that a pixel is inside, in [0, 1].
    labels : array, shape (...)
        0 or 1, or between, of the same shape; any integer, boolean or floating dtype. Several classes are
        one-hot.
    axis : int or tuple of int
        The axes whose elements make up one region: of images (batch, height, width, classes) (1, 2) for a
        loss of each image and class, (0, 1, 2) for one of each class in the batch.
    fp_weight : float
        :math:`\alpha`: what a false alarm costs; not negative.
    fn_weight : float
        :math:`\beta`: what a miss costs; not negative.
    exponent : float
        :math:`k`, positive. Below 1, as in the paper, whose :math:`\gamma = 4/3` is its reciprocal, regions
        that are nearly right still count; above 1 those that are wrong count more. 1 is `tversky`.
    smooth : float
        :math:`s`, a number of pixels; not negative. With 1 the loss of a region that has nothing in it
        falls smoothly with what is found there.
    overlap : {"product", "minimum"}
        What probability and label of a pixel have in common: :math:`p\,y`; or their minimum, by which the
        loss is 0 at p = y for labels between 0 and 1 as well. Then :math:`T = \sum \min(p, y)`,
        :math:`F_p = \sum \max(p - y, 0)` and :math:`F_n = \sum \max(y - p, 0)`.

    Returns
    -------
    array
        Between 0 and 1; unreduced it has the shape of `probs` without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, `axis` is no axis of them, probabilities or labels are outside [0, 1], or a
        parameter is out of range.

    Notes
    -----
    Where the loss is 0 its derivatives are 0, unless `exponent` is 1: below 1 the slope next to it grows
    without bounds.

    With nothing in a region, nothing found and no `smooth` the ratio is 0/0: there loss and derivatives
    are 0. Anything found in an empty region then costs 1, however little it is, and has no gradient: if
    there are empty regions, set `smooth`. A pixel with p = 0 and y = 0 changes nothing: to leave pixels
    out, multiply both by a mask. For labels between 0 and 1 the loss of the `overlap` "product" is not 0
    at p = y: there it still falls toward 0 or 1. At p = y the minimum has a kink, where its slope is 0.

    References
    ----------
    N. Abraham, N. M. Khan, *A novel focal Tversky loss function with improved attention U-Net for lesion
    segmentation*, ISBI 2019.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> probs, labels = np.array([[0.5, 1.0], [0.5, 0.0]]), np.array([[1, 1], [0, 0]])
    >>> loss = lossary.focal_tversky(probs, labels, axis=(0, 1), fp_weight=0.3, fn_weight=0.7)
    >>> print(f"{loss:.4f}")
    0.3536
    """
    choice("focal_tversky", "overlap", overlap, WAYS)
    return Call(
        KERNELS[overlap],
        probs,
        labels,
        axis=axis,
        params={"fp_weight": fp_weight, "fn_weight": fn_weight, "exponent": exponent, "smooth": smooth},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
