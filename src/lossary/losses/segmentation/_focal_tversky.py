"""The focal Tversky loss on probabilities: the formulas are in `_focal_overlap`."""

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
    r"""Focal Tversky loss on probabilities: a power of `tversky`, to reweight easy and hard regions.

    To train, use `sigmoid_focal_tversky` on logits. The power applies to each region: with several classes,
    the loss is the mean of powers, not a power of the mean.

    .. math:: \ell = \Bigl(1 - \frac{T + s}{T + \alpha F_p + \beta F_n + s}\Bigr)^k, \qquad
              T = \sum_j p_j y_j, \quad
              F_p = \sum_j p_j (1 - y_j), \quad F_n = \sum_j (1 - p_j)\, y_j

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
    fp_weight : float
        :math:`\alpha`, the weight of false positives; not negative.
    fn_weight : float
        :math:`\beta`, the weight of false negatives; not negative.
    exponent : float
        :math:`k`, positive; the reciprocal of :math:`\gamma = 4/3` in the paper. Below 1, nearly correct
        regions still count; above 1, wrong regions count more. 1 is `tversky`.
    smooth : float
        :math:`s`, in pixels; not negative. With 1, the loss of an empty region decreases smoothly as false
        positives shrink.
    overlap : {"product", "minimum"}
        How to measure the overlap of probability and label at a pixel: :math:`p\,y`; or their minimum, which
        makes the loss 0 at p = y for labels between 0 and 1 too. Then :math:`T = \sum \min(p, y)`, :math:`F_p
        = \sum \max(p - y, 0)` and :math:`F_n = \sum \max(y - p, 0)`.

    Returns
    -------
    array
        Between 0 and 1; without reduction, it has the shape of `probs` without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, `axis` does not exist, probabilities or labels are outside [0, 1], or a
        parameter is out of range.

    Notes
    -----
    Where the loss is 0, its derivatives are 0 unless `exponent` is 1. With an exponent below 1, the slope
    grows without bound toward that point.

    If labels and probabilities of a region are all 0 and `smooth` is 0, the ratio is 0/0; loss and
    derivatives are then 0. Without `smooth`, any false positive in an empty region costs 1, however small,
    and has zero gradient: if your data have empty regions, set `smooth`. A pixel with p = 0 and y = 0 has no
    effect, so to exclude pixels, multiply both by a mask. For labels between 0 and 1, the loss with the
    "product" overlap is not 0 at p = y and still decreases toward p = 0 or 1. The minimum has a kink at p =
    y, where its slope is 0.

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
