"""The Lovász loss of each class, as in `_lovasz`, averaged over C classes, or over those with labels."""

from typing import Any, Literal, TypeAlias

from lossary._arguments import LABELS, PROBS
from lossary._check import choice
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import total
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.segmentation._lovasz import KERNEL as OF_ONE_CLASS
from lossary.losses.segmentation._lovasz import errors
from lossary.losses.segmentation._lovasz_terms import value_and_slope
from lossary.losses.segmentation._overlap import by_class

Absent: TypeAlias = Literal["counted", "skipped"]
_NAME = "lovasz_softmax"
_ABSENT: tuple[Absent, ...] = ("counted", "skipped")


def _shares(y: Array, absent: Absent, xp: Any) -> Array:
    """The weights of the classes in the mean, as a column; NaN labels count."""
    size = total(y, xp)
    counts = xp.where(size == 0, 0.0 if absent == "skipped" else 1.0, xp.ones_like(size))
    number = xp.sum(counts, axis=-2, keepdims=True)
    return counts / xp.where(number == 0, 1.0, number)


def _kernel(absent: Absent) -> Kernel:
    def value(p: Array, y: Array, *, xp: Any, classes: int) -> Array:
        p, y = by_class(p, classes, xp), by_class(y, classes, xp)
        return _mean(OF_ONE_CLASS.value(p, y, xp=xp), y, xp)

    def grad(p: Array, y: Array, *, xp: Any, classes: int) -> Array:
        shape = xp.sized(p.shape, p)
        p, y = by_class(p, classes, xp), by_class(y, classes, xp)
        return xp.reshape(_shares(y, absent, xp) * OF_ONE_CLASS.grad(p, y, xp=xp), shape)

    def hess(p: Array, y: Array, *, xp: Any, classes: int) -> Array:
        return OF_ONE_CLASS.hess(p, y, xp=xp)

    def both(p: Array, y: Array, *, xp: Any, again: Again, classes: int) -> tuple[Array, Array]:
        shape = xp.sized(p.shape, p)
        p, y = by_class(p, classes, xp), by_class(y, classes, xp)
        m, sign = errors(p, y, xp)
        value, slope = value_and_slope(m, y, xp)
        return _mean(value, y, xp), xp.reshape(_shares(y, absent, xp) * (sign * slope), shape)

    def _mean(of_each: Array, y: Array, xp: Any) -> Array:
        return xp.sum(_shares(y, absent, xp)[..., 0] * of_each, axis=-1)

    return Kernel(_NAME, "(c,s),(c,s)->()", (PROBS, LABELS), value, grad, hess, None, both)


KERNELS = {absent: _kernel(absent) for absent in _ABSENT}


@loss
def lovasz_softmax(
    probs: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes,
    class_axis: int = -1,
    absent: Absent = "counted",
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Lovász-Softmax loss: the mean over classes of the Jaccard (IoU) loss of their regions, made convex.

    It is the mean of `lovasz` over C classes. As in the paper, it takes the probabilities of a softmax, not
    logits.

    .. math:: \ell = \frac1C \sum_k \sum_i m_{k(i)}\, (J_{k,i} - J_{k,i-1}), \qquad
              m_{jk} = |p_{jk} - y_{jk}|, \quad m_{k(1)} \ge m_{k(2)} \ge \dots

    with :math:`J_{k,i}` the Jaccard loss of class :math:`k`, 1 - IoU, if only the pixels with its first
    :math:`i` errors are wrong.

    Parameters
    ----------
    probs : array, shape (...)
        Probabilities :math:`p` of each class at each pixel, in [0, 1].
    labels : array, shape (...)
        :math:`y`: one-hot, with the same shape. Any integer, boolean or floating dtype. Values between 0 and
        1 go into the formula as they are.
    axis : int or tuple of int
        The pixel axes of a region. For images (batch, height, width, classes), (1, 2) gives a loss per image,
        (0, 1, 2) one loss for the batch.
    class_axis : int
        The axis of the classes.
    absent : {"counted", "skipped"}
        What classes without labels in a region do: count, with a loss of their largest probability, or
        nothing, so that the mean is one over the classes present. If none is, it is 0.

    Returns
    -------
    array
        Between 0 and 1; without reduction, it has the shape of `probs` without `axis` and `class_axis`. At
        least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, the axes do not exist or repeat, probabilities or labels are outside [0, 1],
        `absent` is invalid, or a region has more pixels than its dtype can count: 16,777,216 in float32.

    Notes
    -----
    It is convex and piecewise linear in the probabilities, so the second derivative is 0. Equal errors of a
    class share the mean of their slopes, so their order does not matter.

    Implementations differ in what they do with classes that are absent: the paper's code skips them by
    default.

    References
    ----------
    M. Berman, A. Rannen Triki, M. B. Blaschko, *The Lovász-Softmax loss: a tractable surrogate for the
    optimization of the intersection-over-union measure in neural networks*, CVPR 2018.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> probs = np.array([[0.7, 0.2, 0.1], [0.2, 0.6, 0.2], [0.9, 0.05, 0.05]])  # three pixels, three classes
    >>> labels = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0]])
    >>> print(f"{lossary.lovasz_softmax(probs, labels, axis=0):.3f}")
    0.272
    >>> print(f"{lossary.lovasz_softmax(probs, labels, axis=0, absent='skipped'):.3f}")
    0.308
    """
    choice(_NAME, "absent", absent, _ABSENT)
    return Call(
        KERNELS[absent],
        probs,
        labels,
        axis=(class_axis, axis) if isinstance(axis, int) else (class_axis, *axis),
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
