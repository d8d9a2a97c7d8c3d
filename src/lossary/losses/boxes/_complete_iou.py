"""The complete IoU loss of boxes: the formulas are in `_parts`."""

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
    r"""`distance_iou`, plus how much the shapes differ, by the angle of the diagonals.

    .. math:: \ell = 1 - \frac{|P \cap T|}{|P \cup T|} + \frac{\rho^2}{c^2} + \alpha v, \qquad
              v = \frac{4}{\pi^2} \Bigl(\arctan\frac{w_t}{h_t} - \arctan\frac{w_p}{h_p}\Bigr)^2, \quad
              \alpha = \frac{v}{1 - \text{IoU} + v}

    with :math:`\rho` from center to center and :math:`c` the diagonal of the smallest box around both.

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
        Between 0 and 3. Unreduced it has the shape of `predictions` without `axis`. At least
        float32.

    Raises
    ------
    LossInputError
        If the shapes differ, `axis` is not of length 4, or a box ends before it begins; where values cannot
        be read its loss is NaN.

    Notes
    -----
    As the paper has it, :math:`\alpha` is a constant for the derivatives: the gradient is not that of the
    value, and differences of values do not show it. The second derivatives are those of the same.

    There is no epsilon: equal boxes cost 0, however small they are, points too. An axis along which neither
    box has an extent is left out: of two boxes on one line it is the loss of their lengths. A flat box in
    one that is not costs at least 1. At a kink, where edges meet, the derivative is the mean of both sides.
    A point has no shape: with one, v is 0. Toward a point the slope of the angle grows without bounds.

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
