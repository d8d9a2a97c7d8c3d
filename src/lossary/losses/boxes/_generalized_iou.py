"""The generalized IoU loss on boxes: the formulas are in `_parts`."""

from lossary._arguments import BOXES
from lossary._check import choice
from lossary._engine import Call, loss
from lossary._typing import AnyArray, ArrayT, Axes, BoxFormat, Reduction, RowAxes
from lossary.losses.boxes._parts import AROUND, UNSHARED, kernels

KERNELS = kernels("generalized_iou", BOXES, UNSHARED, AROUND)


@loss
def generalized_iou(
    predictions: ArrayT,
    targets: AnyArray,
    *,
    format: BoxFormat = "corners",
    axis: RowAxes = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Generalized IoU loss (GIoU) on bounding boxes: `iou` plus a term that pulls disjoint boxes together.

    The term is the fraction of the smallest box around both that neither covers.

    .. math:: \ell = 1 - \frac{|P \cap T|}{|P \cup T|} + \frac{|C| - |P \cup T|}{|C|}

    Parameters
    ----------
    predictions : array, shape (..., 4)
        The predicted boxes, one for each target, with four numbers each along `axis`. All coordinates have
        the same unit: pixels, or fractions of the image.
    targets : array, shape (..., 4)
        The true boxes, with the same shape.
    format : {"corners", "center"}
        The meaning of the four numbers: x1, y1, x2, y2; or center x, center y, width and height.
    axis : int or tuple of int
        The axis of length 4; or a tuple of axes that together hold the four numbers, in this order.

    Returns
    -------
    array
        Between 0 and 2; without reduction, it has the shape of `predictions` without `axis`. At least
        float32.

    Raises
    ------
    LossInputError
        If the shapes differ, the length of `axis` is not 4, or a box ends before it begins. Where values
        cannot be read, such a box has loss NaN.

    Notes
    -----
    There is no epsilon: equal boxes cost 0, however small, even if they are points. If neither box has an
    extent along an axis, that axis is ignored: two boxes on one line are compared as intervals. A flat box
    inside one that is not flat costs at least 1. At a kink, where edges meet, the derivative is the mean of
    both sides.

    References
    ----------
    H. Rezatofighi et al., *Generalized intersection over union*, CVPR 2019.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> predictions, targets = np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 1.0, 3.0, 4.0]])
    >>> print(f"{lossary.generalized_iou(predictions, targets):.4f}")
    1.1389
    """
    choice("generalized_iou", "format", format, ("corners", "center"))
    return Call(
        KERNELS[format],
        predictions,
        targets,
        axis=axis,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
