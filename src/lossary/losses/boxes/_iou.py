"""The IoU loss on boxes: the formulas are in `_parts`."""

from lossary._arguments import BOXES
from lossary._check import choice
from lossary._engine import Call, loss
from lossary._typing import AnyArray, ArrayT, Axes, BoxFormat, Reduction, RowAxes
from lossary.losses.boxes._parts import UNSHARED, kernels

KERNELS = kernels("iou", BOXES, UNSHARED)


@loss
def iou(
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
    r"""IoU loss on bounding boxes: one minus the intersection over union of the predicted and true boxes.

    Disjoint boxes cost 1, however far apart, and have zero gradient. To train, use `generalized_iou`,
    `distance_iou` or `complete_iou`. For masks, use `tversky` with both weights 1.

    .. math:: \ell = 1 - \frac{|P \cap T|}{|P \cup T|}

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
        Between 0 and 1; without reduction, it has the shape of `predictions` without `axis`. At least
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
    inside one that is not flat costs 1. At a kink, where edges meet, the derivative is the mean of both
    sides.

    The second derivative in each number is the first derivative times :math:`-2U'/U`, with U the area of the
    union. It can have either sign.

    References
    ----------
    J. Yu et al., *UnitBox: an advanced object detection network*, ACM MM 2016 (which takes the logarithm).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> predictions, targets = np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 1.0, 3.0, 4.0]])
    >>> print(f"{lossary.iou(predictions, targets):.4f}")
    0.8889
    """
    choice("iou", "format", format, ("corners", "center"))
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
