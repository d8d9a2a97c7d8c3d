"""The complete IoU loss on boxes: the formulas are in `_parts`."""

from lossary._arguments import BOXES
from lossary._check import choice
from lossary._engine import Call, loss
from lossary._typing import AnyArray, ArrayT, Axes, BoxFormat, Reduction, RowAxes
from lossary.losses.boxes._parts import ASPECT, DISTANCE, UNSHARED, kernels

KERNELS = kernels("complete_iou", BOXES, UNSHARED, DISTANCE, ASPECT)


@loss
def complete_iou(
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
    r"""Complete IoU loss (CIoU) on bounding boxes: `distance_iou` plus a penalty on different aspect ratios.

    .. math:: \ell = 1 - \frac{|P \cap T|}{|P \cup T|} + \frac{\rho^2}{c^2} + \alpha v, \qquad
              v = \frac{4}{\pi^2} \Bigl(\arctan\frac{w_t}{h_t} - \arctan\frac{w_p}{h_p}\Bigr)^2, \quad
              \alpha = \frac{v}{1 - \text{IoU} + v}

    with :math:`\rho` the distance of the centers and :math:`c` the diagonal of the smallest box around both.

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
        Between 0 and 3; without reduction, it has the shape of `predictions` without `axis`. At least
        float32.

    Raises
    ------
    LossInputError
        If the shapes differ, the length of `axis` is not 4, or a box ends before it begins. Where values
        cannot be read, such a box has loss NaN.

    Notes
    -----
    As in the paper, first and second derivatives treat :math:`\alpha` as a constant. The gradient is
    therefore not the derivative of the value, and does not match finite differences.

    There is no epsilon: equal boxes cost 0, however small, even if they are points. If neither box has an
    extent along an axis, that axis is ignored: two boxes on one line are compared as intervals. A flat box
    inside one that is not flat costs at least 1. At a kink, where edges meet, the derivative is the mean of
    both sides. A point has no aspect ratio: if either box is a point, v is 0. As a box shrinks to a point,
    the slope of the angle grows without bound.

    References
    ----------
    Z. Zheng et al., *Distance-IoU loss: faster and better learning for bounding box regression*, AAAI 2020.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> predictions, targets = np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 1.0, 3.0, 4.0]])
    >>> print(f"{lossary.complete_iou(predictions, targets):.4f}")
    1.0192
    """
    choice("complete_iou", "format", format, ("corners", "center"))
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
