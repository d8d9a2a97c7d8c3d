"""The likelihood of a ranking (Plackett-Luce): Cox's, with decreasing relevances instead of times."""

from math import nan
from typing import Any

from lossary._arguments import LOGITS, RELEVANCES
from lossary._check import choice
from lossary._engine import Call, loss
from lossary._kernel import Argument
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.lists._beside import PER_LIST, PerList, beside
from lossary.losses.lists._risk_sets import kernels

_NAME = "list_mle"
_TAKES = (LOGITS, RELEVANCES)
_UNCHECKED = (LOGITS, Argument("labels"))


def _read(y: Array, *, xp: Any) -> tuple[Array, Array]:
    return xp.where(y < 0, nan, -y), xp.ones_like(y)


SUMS = kernels(_NAME, _TAKES, _UNCHECKED, _read)
_KERNELS = {"sum": SUMS, "mean": kernels(_NAME, _TAKES, _UNCHECKED, _read, mean=True)}


@loss
def list_mle(
    logits: ArrayT,
    labels: AnyArray | float,
    items: AnyArray | None = None,
    segments: AnyArray | None = None,
    *,
    per_list: PerList = "sum",
    axis: RowAxes = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""ListMLE ranking loss: the negative log-likelihood of the true order of a list.

    The most relevant item is chosen by a softmax over all items, the next by a softmax over the remaining
    items, and so on. Only the order of the labels matters; `softmax_ranking` weights items by relevance.

    .. math:: \ell = \sum_i \Bigl(\ln \sum_{j:\,y_j \le y_i} e^{z_j} - z_i\Bigr)

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
    per_list : "sum" or "mean"
        `"mean"` divides the loss of a row by its number of items.
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
    Tied items are not ordered: each is chosen among all of them, as with Breslow's ties in `cox` (this loss
    is `cox` with times that decrease with relevance). The loss does not depend on the order of the items, and
    ties are not broken at random. A list without items costs 0.

    References
    ----------
    F. Xia et al., *Listwise approach to learning to rank: theory and algorithm*, ICML 2008.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> print(f"{lossary.list_mle(np.array([1.0, 2.0, 0.0]), np.array([2, 0, 1])):.4f}")
    3.5345
    """
    choice(_NAME, "per_list", per_list, PER_LIST)
    more = beside(items, segments)
    return Call(
        _KERNELS[per_list][len(more)],
        logits,
        labels,
        *more,
        axis=axis,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
