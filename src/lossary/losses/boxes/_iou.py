"""The IoU loss of boxes: the formulas are in `_parts`."""

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
    r"""One minus the intersection over union of two boxes.

    Boxes that do not touch cost 1, wherever they are, and have no gradient: to train, use `generalized_iou`,
    `distance_iou` or `complete_iou`. Of masks it is `tversky` with both weights 1.

    .. math:: \ell = 1 - \frac{|P \cap T|}{|P \cup T|}

    Parameters
    ----------
    predictions : array, shape (..., 4)
        The predicted boxes, one for each target, the four numbers of each along `axis`. All coordinates
        have the same unit: pixels, or parts of the image.
    targets : array, shape (..., 4)
        The true boxes, of the same shape.
    format : {"corners", "center"}
        What the four numbers are: x1, y1, x2, y2; or x, y of the center, width and height.
    axis : int or tuple of int
        The axis of length 4; or several whose elements are the four numbers, in this order.

    Returns
    -------
    array
        Between 0 and 1. Unreduced it has the shape of `predictions` without `axis`. At least
        float32.

    Raises
    ------
    LossInputError
        If the shapes differ, `axis` is not of length 4, or a box ends before it begins; where values cannot
        be read its loss is NaN.

    Notes
    -----
    There is no epsilon: equal boxes cost 0, however small they are, points too. An axis along which neither
    box has an extent is left out: of two boxes on one line it is the loss of their lengths. A flat box in
    one that is not costs 1. At a kink, where edges meet, the derivative is the mean of both sides.

    The second derivative in one number is the first times :math:`-2U'/U`, with U the area of both boxes: it
    has either sign.

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
