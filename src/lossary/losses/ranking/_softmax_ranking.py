"""The softmax loss of lists (ListNet's), with relevances y of any sum T, and p the softmax of the scores:

value  Σ y_j·(-log p_j)
grad   T·p_j - y_j = (T - y_j)·p_j - y_j·(1 - p_j)
hess   T·p_j·(1 - p_j)
hvp    T·p_j·(v_j - Σ p_k·v_k)

In the second form of the gradient nothing cancels. An item that is not there has y = 0 and the score -∞; in
a list without items all scores are 0 instead, as nothing has no softmax.
"""

from math import inf, nan
from typing import Any, NamedTuple

from lossary._engine import evaluate
from lossary._kernel import ITEMS, LOGITS, RELEVANCES, Argument, Kernel
from lossary._math import Softmax, others, positions, softmax, softmax_tangent, times, total
from lossary._typing import Array, Axes, Reduction


class _List(NamedTuple):
    """The relevances, each one's rest of their sum, and the softmax."""

    y: Array
    rest: Array
    at: Softmax


def _list(z: Array, y: Array, items: Array | None, xp: Any) -> _List:
    if items is None:
        return _List(y, _rest(y, xp), softmax(z, xp))
    there = items > 0
    absent = xp.where(xp.any(there, axis=-1, keepdims=True), -inf, xp.zeros_like(z))
    z = xp.where(there, z, absent)
    # What stands beside an absent item is not looked at, so it is checked here.
    y = xp.where(there, xp.where(y < 0, nan, y), 0.0)
    at = softmax(z, xp)
    # Not infinite, as a product with the label 0 would be NaN.
    return _List(y, _rest(y, xp), at._replace(nll=xp.where(there, at.nll, 0.0)))


def _rest(y: Array, xp: Any) -> Array:
    return others(y, positions(y, xp.argmax(y, axis=-1)), xp)


def _value(z: Array, y: Array, items: Array | None = None, *, xp: Any) -> Array:
    y, _, at = _list(z, y, items, xp)
    return xp.sum(times(y, at.nll, xp), axis=-1)


def _grad(z: Array, y: Array, items: Array | None = None, *, xp: Any) -> Array:
    y, rest, at = _list(z, y, items, xp)
    return rest * at.p - y * at.q


def _hess(z: Array, y: Array, items: Array | None = None, *, xp: Any) -> Array:
    y, _, at = _list(z, y, items, xp)
    return total(y, xp) * (at.p * at.q)


def _hvp(v: Array, z: Array, y: Array, items: Array | None = None, *, xp: Any) -> Array:
    y, _, at = _list(z, y, items, xp)
    return total(y, xp) * (at.p * softmax_tangent(v, at, xp))


_NAME = "softmax_ranking"
OF_ALL = Kernel(_NAME, "(i),(i)->()", (LOGITS, RELEVANCES), _value, _grad, _hess, _hvp)
OF_ITEMS = Kernel(_NAME, "(i),(i),(i)->()", (LOGITS, Argument("labels"), ITEMS), _value, _grad, _hess, _hvp)


def softmax_ranking(
    logits: Array,
    labels: Array,
    items: Array = None,
    *,
    axis: int = -1,
    weights: Array = None,
    where: Array = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Any:
    r"""Cross-entropy of the items of a list: to learn scores that put what is relevant first.

    Unlike those of `softmax_cross_entropy`, labels need not sum to 1: a list of many relevant items counts
    more than a list of few. Divide them by their sum if it should not.

    .. math:: \ell = -\sum_j y_j \log p_j, \qquad p = \operatorname{softmax}(z)

    Parameters
    ----------
    logits : array, shape (..., N, ...)
        Unbounded scores :math:`z`, the N items of a list on `axis`.
    labels : array, shape (..., N, ...)
        How relevant each item is, :math:`y \ge 0`, of the same shape.
    items : array, shape (..., N, ...), optional
        Where there is an item: booleans, or 0 where there is none. Of the others neither score nor label is
        looked at. Default: everywhere.
    axis : int
        The axis of the items.
    weights, where, over, reduction
        Which lists count, how much, and how they are summed: see :doc:`aggregation`.

    Returns
    -------
    array
        In nats; unreduced it has the shape of the logits without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or a label is negative. With `items` a negative label gives NaN.

    Notes
    -----
    A list without items, or without relevant ones, costs 0. It counts in the mean, unless `where` says
    that it should not (`where=items.any(axis)`). A weight for each item belongs into its label.

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
    """
    arrays = (logits, labels) if items is None else (logits, labels, items)
    return evaluate(
        OF_ALL if items is None else OF_ITEMS,
        *arrays,
        axis=axis,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
