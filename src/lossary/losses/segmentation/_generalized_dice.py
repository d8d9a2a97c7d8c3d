"""The generalized Dice loss: the formulas of `_overlap` with both weights one half. The amount of a pixel is
that of its class, 1/(Σ y)², with Σ y the size of the class; 0 for a class without pixels.
"""

from math import inf
from typing import Any

from lossary._arguments import LABELS, PROBS
from lossary._check import choice
from lossary._engine import Call, loss
from lossary._math import moderate, total
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, Number, Overlap, Reduction, RowAxes
from lossary.losses.segmentation._overlap import (
    HALF,
    Region,
    Way,
    bend,
    by_class,
    curvature,
    kernels,
    region,
    slope,
)


def _table(p: Array, y: Array, xp: Any, way: Way, classes: int, smooth: Number) -> Region:
    """A table with a row for each class."""
    p, y = by_class(p, classes, xp), by_class(y, classes, xp)
    size = total(y, xp)
    there = size > 0
    # Squares of tiny sizes would be 0. A power of two, common to all, changes nothing else, and no more than
    # necessary of it leaves room for the squares of large sizes.
    low = 1.0 / moderate(y, xp)
    least = xp.min(xp.where(there, size, inf), axis=-2, keepdims=True)
    back = xp.where(least < low, low, xp.ones_like(least))
    back = xp.where(least < low * low, low * low, back)
    size = xp.where(there, size / back, 1.0)
    amount = xp.where(there, 1.0 / (size * size), 0.0)
    return region(way, p, 1.0 - p, y, HALF, HALF, _beside(smooth) * back * back, xp, amount)


def _beside(smooth: Number) -> Number:
    return smooth if isinstance(smooth, float | int) else smooth[..., None]


def _value(p: Array, y: Array, *, xp: Any, way: Way, classes: int, smooth: Number = 0.0) -> Array:
    return _table(p, y, xp, way, classes, smooth).loss[..., 0, 0]


def _grad(p: Array, y: Array, *, xp: Any, way: Way, classes: int, smooth: Number = 0.0) -> Array:
    return xp.reshape(slope(_table(p, y, xp, way, classes, smooth), xp), p.shape)


def _both(
    p: Array, y: Array, *, xp: Any, again: Again, way: Way, classes: int, smooth: Number = 0.0
) -> tuple[Array, Array]:
    at = _table(p, y, xp, way, classes, smooth)
    anew = at if again is None else _table(again(p), y, xp, way, classes, smooth)
    return at.loss[..., 0, 0], xp.reshape(slope(anew, xp), p.shape)


def _hess(p: Array, y: Array, *, xp: Any, way: Way, classes: int, smooth: Number = 0.0) -> Array:
    at = _table(p, y, xp, way, classes, smooth)
    return xp.reshape(curvature(at, slope(at, xp), xp), p.shape)


def _hvp(v: Array, p: Array, y: Array, *, xp: Any, way: Way, classes: int, smooth: Number = 0.0) -> Array:
    at = _table(p, y, xp, way, classes, smooth)
    return xp.reshape(bend(by_class(v, classes, xp), at, slope(at, xp), xp), p.shape)


_NAME = "generalized_dice"
WAYS = ("product", "minimum", "squared")
KERNELS = kernels(
    _NAME, (PROBS, LABELS), (_value, _grad, _hess, _hvp, _both), *WAYS, signature="(c,s),(c,s)->()"
)


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
    r"""Generalized Dice loss: one ratio over all classes, in which small classes count as much as large ones.

    Unlike the mean of per-class `dice` losses, it sums the weighted numerators and denominators over the
    classes before dividing.

    .. math:: \ell = 1 - \frac{2\sum_k w_k \sum_j p_{jk}\, y_{jk} + 2s}
              {\sum_k w_k \sum_j (p_{jk} + y_{jk}) + 2s}, \qquad w_k = \Big(\sum_j y_{jk}\Big)^{-2}

    Parameters
    ----------
    probs : array, shape (...)
        Probabilities :math:`p` of each class at each pixel, in [0, 1].
    labels : array, shape (...)
        One-hot, or values between 0 and 1, with the same shape. Any integer, boolean or floating dtype.
    axis : int or tuple of int
        The pixel axes to sum over. For images (batch, height, width, classes), (1, 2) gives a loss per image,
        (0, 1, 2) one loss for the batch.
    class_axis : int
        The axis of the classes.
    smooth : float
        :math:`s`, in the units of the sum over the classes, that is 1/pixels; not negative.
    overlap : {"product", "minimum", "squared"}
        How to measure the overlap of probability and label at a pixel: :math:`p\,y`; their minimum, which
        makes the loss 0 at p = y for labels between 0 and 1 too; or :math:`p\,y` with :math:`p^2 + y^2`
        instead of :math:`p + y`, which is 0 there as well.

    Returns
    -------
    array
        Between 0 and 1; without reduction, it has the shape of `probs` without `axis` and `class_axis`. At
        least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, the axes do not exist or repeat, probabilities or labels are outside [0, 1],
        `smooth` is negative, or `overlap` is invalid.

    Notes
    -----
    A class without pixels gets weight 0 instead of an infinite one. Its false positives are missing from
    other classes and cost there. If no class has any pixel, loss and derivatives are 0.

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
