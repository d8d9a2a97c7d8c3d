"""The generalized Dice loss: in the formulas of `_overlap` both weights are one half, and the amount of a
pixel is that of its class, (m / Σ y)² with Σ y the size of the class and m that of the smallest there is.

The loss does not change if all amounts are multiplied; so none of them overflows.
"""

from math import inf
from typing import Any

from lossary._arguments import LABELS, PROBS
from lossary._check import choice
from lossary._engine import Call, loss
from lossary._math import total
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Overlap, Reduction, RowAxes
from lossary.losses.segmentation._overlap import HALF, Region, Way, bend, curvature, kernels, region, slope


def _table(p: Array, y: Array, xp: Any, way: Way, classes: int, smooth: Number) -> Region:
    """A row of all classes. How much each pixel counts is m² of what the formula says, and so is `smooth`."""
    by_class = xp.reshape(y, (*y.shape[:-1], classes, y.shape[-1] // max(1, classes)))
    size = total(by_class, xp)
    there = size > 0
    least = xp.min(xp.where(there, size, inf), axis=-2, keepdims=True)
    least = xp.where(least == inf, 1.0, least)
    share = xp.where(there, least, 0.0) / xp.where(there, size, 1.0)
    amount = xp.reshape(xp.broadcast_to(share * share, by_class.shape), y.shape)
    return region(way, p, 1.0 - p, y, HALF, HALF, smooth * (least * least)[..., 0], xp, amount)


def _value(p: Array, y: Array, *, xp: Any, way: Way, classes: int, smooth: Number = 0.0) -> Array:
    return _table(p, y, xp, way, classes, smooth).loss[..., 0]


def _grad(p: Array, y: Array, *, xp: Any, way: Way, classes: int, smooth: Number = 0.0) -> Array:
    return slope(_table(p, y, xp, way, classes, smooth), xp)


def _hess(p: Array, y: Array, *, xp: Any, way: Way, classes: int, smooth: Number = 0.0) -> Array:
    at = _table(p, y, xp, way, classes, smooth)
    return curvature(at, slope(at, xp), xp)


def _hvp(v: Array, p: Array, y: Array, *, xp: Any, way: Way, classes: int, smooth: Number = 0.0) -> Array:
    at = _table(p, y, xp, way, classes, smooth)
    return bend(v, at, slope(at, xp), xp)


_NAME = "generalized_dice"
WAYS = ("product", "minimum", "squared")
KERNELS = kernels(_NAME, (PROBS, LABELS), (_value, _grad, _hess, _hvp), *WAYS, signature="(c,s),(c,s)->()")


@loss
def generalized_dice(
    probs: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes,
    class_axis: int = -1,
    smooth: float | AnyArray = 0.0,
    overlap: Overlap = "product",
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""One Dice loss of all classes, in which small classes count as much as large ones.

    Unlike a mean of the `dice` of each class it is one ratio: numerator and denominator are summed over the
    classes first, each with its weight.

    .. math:: \ell = 1 - \frac{2\sum_k w_k \sum_j p_{jk}\, y_{jk} + 2s}
              {\sum_k w_k \sum_j (p_{jk} + y_{jk}) + 2s}, \qquad w_k = \Big(\sum_j y_{jk}\Big)^{-2}

    Parameters
    ----------
    probs : array, shape (...)
        Probabilities :math:`p` of each class at each pixel, in [0, 1].
    labels : array, shape (...)
        One-hot, or between, of the same shape; any integer, boolean or floating dtype.
    axis : int or tuple of int
        The axes of the pixels whose sizes and overlaps are summed: of images (batch, height, width, classes)
        (1, 2) for a loss of each image, (0, 1, 2) for one of the batch.
    class_axis : int
        The axis of the classes.
    smooth : float
        :math:`s`, in the unit of a sum over the classes, which is one over pixels; not negative.
    overlap : {"product", "minimum", "squared"}
        What probability and label of a pixel have in common: :math:`p\,y`; their minimum, by which the loss
        is 0 at p = y for labels between 0 and 1 as well; or :math:`p\,y` with :math:`p^2 + y^2` in the place
        of :math:`p + y`, which is 0 there too.

    Returns
    -------
    array
        Between 0 and 1; without reduction, it has the shape of `probs` without `axis` and `class_axis`. At
        least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, the axes are no different axes of them, probabilities or labels are outside
        [0, 1], `smooth` is negative, or `overlap` is none of these.

    Notes
    -----
    A class without pixels has the weight 0, as it has no size to be compared with: what is found of it by
    mistake is missing elsewhere, and costs there. If no class has any pixel, loss and derivatives are 0.

    References
    ----------
    C. H. Sudre et al., *Generalised Dice overlap as a deep learning loss function for highly unbalanced
    segmentations*, 2017.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> probs = np.array([[0.75, 0.25], [1.0, 0.0], [0.5, 0.5]])
    >>> labels = np.array([[1, 0], [1, 0], [0, 1]])
    >>> round(float(lossary.generalized_dice(probs, labels, axis=0)), 4)
    0.3333
    """
    choice(_NAME, "overlap", overlap, WAYS)
    return Call(
        KERNELS[overlap],
        probs,
        labels,
        axis=(class_axis, axis) if isinstance(axis, int) else (class_axis, *axis),
        params={"smooth": smooth},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
