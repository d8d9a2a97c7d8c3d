"""Triplets of embeddings, with N the norm:

value  relu(N(a - p) - N(a - n) + m)
grad   N'(a - p) - N'(a - n) where the triplet costs something
hess   N''(a - p) - N''(a - n) there

With `swap` the distance to the negative is the smaller of N(a - n) and N(p - n); N(p - n) does not depend on
a.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from lossary._arguments import ANCHORS, NEGATIVES, POSITIVES
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import least, norm, norm_grad, norm_hess, norm_hvp, relu
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction, RowAxes


def _value(
    a: Array, p: Array, n: Array, *, xp: Any, margin: Number = 1.0, order: Number = 2.0, swap: bool
) -> Array:
    far = norm(a - n, order, xp)
    if swap:
        far = least(far, norm(p - n, order, xp), xp)
    return relu(norm(a - p, order, xp) - far + margin, xp)


def _grad(
    a: Array, p: Array, n: Array, *, xp: Any, margin: Number = 1.0, order: Number = 2.0, swap: bool
) -> Array:
    return _derivative(lambda x: norm_grad(x, order, xp), a, p, n, margin, order, swap, xp)


def _hess(
    a: Array, p: Array, n: Array, *, xp: Any, margin: Number = 1.0, order: Number = 2.0, swap: bool
) -> Array:
    return _derivative(lambda x: norm_hess(x, order, xp), a, p, n, margin, order, swap, xp)


def _hvp(
    v: Array,
    a: Array,
    p: Array,
    n: Array,
    *,
    xp: Any,
    margin: Number = 1.0,
    order: Number = 2.0,
    swap: bool,
) -> Array:
    return _derivative(lambda x: norm_hvp(v, x, order, xp), a, p, n, margin, order, swap, xp)


def _derivative(
    of_norm: Callable[[Array], Array],
    a: Array,
    p: Array,
    n: Array,
    margin: Number,
    order: Number,
    swap: bool,
    xp: Any,
) -> Array:
    far = norm(a - n, order, xp)
    slope = of_norm(a - p)
    if swap:
        between = norm(p - n, order, xp)
        slope = slope - xp.where((between < far)[..., None], 0.0, of_norm(a - n))
        far = least(far, between, xp)
    else:
        slope = slope - of_norm(a - n)
    lack = norm(a - p, order, xp) - far + margin
    return xp.where(lack[..., None] <= 0, 0.0, slope)


def _kernel(swap: bool) -> Kernel:
    formulas = [partial(formula, swap=swap) for formula in (_value, _grad, _hess, _hvp)]
    return Kernel("triplet_margin", "(c),(c),(c)->()", (ANCHORS, POSITIVES, NEGATIVES), *formulas)


KERNEL, SWAPPING = _kernel(swap=False), _kernel(swap=True)


@loss
def triplet_margin(
    anchors: ArrayT,
    positives: AnyArray | float,
    negatives: AnyArray | float,
    *,
    axis: RowAxes = -1,
    margin: float | AnyArray = 1.0,
    order: float | AnyArray = 2.0,
    swap: bool = False,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Triplet margin loss: each anchor should be closer to its positive than to its negative by a margin.

    A triplet costs nothing once the negative is farther away than the positive by the margin. For distances
    other than norms, use `triplet`.

    .. math:: \ell = \max\bigl(0,\, \|a - p\|_q - \|a - n\|_q + m\bigr)

    Parameters
    ----------
    anchors, positives, negatives : array, shape (..., D, ...)
        Vectors :math:`a`, :math:`p` and :math:`n` along `axis`, all with the same shape.
    axis : int or tuple of int
        The axis of the vectors, or a tuple of axes that together form one vector.
    margin : float
        :math:`m`, in the units of the embeddings.
    order : float
        The order of the norm, :math:`q \ge 1`: 1 sums absolute values, 2 is Euclidean, infinity takes the
        maximum.
    swap : bool
        Whether the distance to the negative is the smaller of :math:`\|a - n\|` and :math:`\|p - n\|`.

    Returns
    -------
    array
        In the units of the embeddings; without reduction, it has their shape without `axis`. At least
        float32.

    Raises
    ------
    LossInputError
        If the shapes differ or `order` is less than 1.

    Notes
    -----
    `value_and_grad` returns derivatives in the anchors; automatic differentiation also gives those in the
    positives and negatives. The norm has a kink at distance 0, and for order 1 in each coordinate that is
    equal in both vectors: its derivatives there are 0. For order infinity, coordinates tied for the maximum
    share the derivative. For orders between 1 and 2, the second derivative in an equal coordinate would be
    infinite and is set to 0. Where the difference equals the margin, derivatives are those on the side where
    triplets cost nothing; where swapping makes no difference, those without swapping. No epsilon is added,
    and no distance is too large or too small.

    References
    ----------
    V. Balntas et al., *Learning local feature descriptors with triplets and shallow convolutional neural
    networks*, BMVC 2016 (`swap`).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> anchors, positives = np.zeros((2, 2)), np.array([[3.0, 4.0], [0.0, 1.0]])
    >>> negatives = np.array([[0.0, 5.5], [8.0, 6.0]])
    >>> lossary.triplet_margin(anchors, positives, negatives, reduction="none").tolist()
    [0.5, 0.0]
    """
    return Call(
        SWAPPING if swap else KERNEL,
        anchors,
        positives,
        negatives,
        axis=axis,
        params={"margin": margin, "order": order},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
