"""The softmax loss on lists (ListNet), with relevances y of any sum T, and p the softmax of the scores:

value  Σ y_j·(-log p_j)
grad   T·p_j - y_j
hess   T·p_j·(1 - p_j)
hvp    T·p_j·(v_j - Σ p_k·v_k)

An absent item has y = 0 and score -∞. In a list without items all scores are 0 instead, because an empty list
has no softmax. If a row has several lists, each item gets a row with the items of its list, and each formula
takes the item's own element.
"""

from math import inf, nan
from typing import Any, NamedTuple

from lossary._arguments import ITEMS, LOGITS, RELEVANCES, SEGMENTS
from lossary._engine import Call, loss
from lossary._kernel import Argument, Kernel
from lossary._math import Softmax, softmax_tangent, times, total
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.lists._beside import beside


class _Lists(NamedTuple):
    """The relevances and the softmax: one row, or one row per item."""

    y: Array
    at: Softmax
    items: Array
    """Where there is an item; None for everywhere."""
    has_segments: bool

    def own(self, x: Array, xp: Any) -> Array:
        """The element of the item in each item's row."""
        if not self.has_segments:
            return x
        return xp.pick(x, xp.broadcast_to(xp.arange_like(x), xp.sized(x.shape[:-1], x)))

    def spread(self, v: Array) -> Array:
        """Values per item, to broadcast against the rows."""
        return v[..., None, :] if self.has_segments else v


def _lists(z: Array, y: Array, items: Array | None, segments: Array | None, xp: Any) -> _Lists:
    if items is None:
        return _Lists(y, Softmax(z, xp), None, False)
    there = items > 0
    # Labels of absent items are ignored, so labels are checked here.
    y = xp.where(there, xp.where(y < 0, nan, y), 0.0)
    if segments is not None:
        together = segments[..., :, None] == segments[..., None, :]
        there = together & there[..., None, :]
        z, y = (xp.where(together, x[..., None, :], 0.0) for x in (z, y))
    absent = xp.where(xp.any(there, axis=-1, keepdims=True), -inf, xp.zeros_like(z))
    return _Lists(y, Softmax(xp.where(there, z, absent), xp), there, segments is not None)


def _value_of(lists: _Lists, xp: Any) -> Array:
    nll = lists.at.nll
    if lists.items is not None:  # where it is infinite, and the product with label 0 would be NaN
        nll = xp.where(lists.items, nll, 0.0)
    return xp.sum(lists.own(times(lists.y, nll, xp), xp), axis=-1)


def _slope_of(lists: _Lists, xp: Any) -> Array:
    return lists.own(lists.at.minus(lists.y), xp)


def _value(
    z: Array, y: Array, items: Array | None = None, segments: Array | None = None, *, xp: Any
) -> Array:
    return _value_of(_lists(z, y, items, segments, xp), xp)


def _grad(z: Array, y: Array, items: Array | None = None, segments: Array | None = None, *, xp: Any) -> Array:
    return _slope_of(_lists(z, y, items, segments, xp), xp)


def _both(
    z: Array,
    y: Array,
    items: Array | None = None,
    segments: Array | None = None,
    *,
    xp: Any,
    again: Again,
) -> tuple[Array, Array]:
    lists = _lists(z, y, items, segments, xp)
    anew = lists if again is None else _lists(again(z), y, items, segments, xp)
    return _value_of(lists, xp), _slope_of(anew, xp)


def _hess(z: Array, y: Array, items: Array | None = None, segments: Array | None = None, *, xp: Any) -> Array:
    lists = _lists(z, y, items, segments, xp)
    return lists.own(total(lists.y, xp) * (lists.at.p * lists.at.q), xp)


def _hvp(
    v: Array, z: Array, y: Array, items: Array | None = None, segments: Array | None = None, *, xp: Any
) -> Array:
    lists = _lists(z, y, items, segments, xp)
    tangent = softmax_tangent(lists.spread(v), lists.at, xp)
    return lists.own(total(lists.y, xp) * (lists.at.p * tangent), xp)


_NAME = "softmax_ranking"
_UNCHECKED = Argument("labels")
OF_ALL = Kernel(_NAME, "(i),(i)->()", (LOGITS, RELEVANCES), _value, _grad, _hess, _hvp, _both, by_column=True)
OF_ITEMS = Kernel(_NAME, "(i),(i),(i)->()", (LOGITS, _UNCHECKED, ITEMS), _value, _grad, _hess, _hvp, _both)
OF_SEGMENTS = Kernel(
    _NAME,
    "(i),(i),(i),(i)->()",
    (LOGITS, _UNCHECKED, ITEMS, SEGMENTS),
    _value,
    _grad,
    _hess,
    _hvp,
    _both,
    compares_pairs=True,
)


@loss
def softmax_ranking(
    logits: ArrayT,
    labels: AnyArray | float,
    items: AnyArray | None = None,
    segments: AnyArray | None = None,
    *,
    axis: RowAxes = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Listwise softmax loss (ListNet): learn scores that rank relevant items first.

    Unlike in `softmax_cross_entropy`, labels need not sum to 1: a list with many relevant items counts more
    than a list with few. To avoid this, divide the labels by their sum.

    .. math:: \ell = -\sum_j y_j \log p_j, \qquad p = \operatorname{softmax}(z)

    Parameters
    ----------
    logits : array, shape (..., N, ...)
        Unbounded scores :math:`z`, the N items of a list on `axis`.
    labels : array, shape (..., N, ...)
        :math:`y \ge 0`, the relevance of each item, with the same shape.
    items : array, shape (..., N, ...), optional
        True or nonzero where there is an item. Scores and labels of absent items are ignored. Default:
        everywhere.
    segments : array of integers, shape (..., N, ...), optional
        The list that each item of a row belongs to, as any number from 0 to 2^24, for lists of different
        lengths packed into one row. The loss of a row is the sum over its lists. Default: a row is one list.
        Takes memory for N² numbers per row.
    axis : int or tuple of int
        The axis of the items, or a tuple of axes that together form one list.

    Returns
    -------
    array
        In nats; without reduction, it has the shape of the logits without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or a label is negative. With `items` or `segments` a negative label gives NaN.

    Notes
    -----
    A list without items, or without relevant items, has loss 0. It counts in the mean unless you mask it out
    (`where=items.any(axis)`). To weight single items, multiply their labels by the weights.

    References
    ----------
    Z. Cao et al., *Learning to rank: from pairwise approach to listwise approach*, 2007.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits, labels = np.array([[2.0, 1.0, 3.0], [0.0, 0.0, 9.0]]), np.array([[1, 0, 0], [2, 0, 0]])
    >>> items = np.array([[True, True, True], [True, True, False]])
    >>> lossary.softmax_ranking(logits, labels, items, reduction="none").round(4).tolist()
    [1.4076, 1.3863]
    >>> segments = np.array([0, 0, 1])
    >>> round(float(lossary.softmax_ranking(logits[0], labels[0], segments=segments)), 4)
    0.3133
    """
    more = beside(items, segments)
    return Call(
        (OF_ALL, OF_ITEMS, OF_SEGMENTS)[len(more)],
        logits,
        labels,
        *more,
        axis=axis,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
