"""The likelihood of a ranking (Plackett and Luce): Cox's, with falling relevances instead of times."""

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
    r"""Negative log-likelihood of the true order of a list: ListMLE, to learn a whole ranking.

    The item of the highest relevance is chosen among all by softmax, the next among those that are left, and
    so on. Only the order of the labels counts; `softmax_ranking` weighs items by their relevance.

    .. math:: \ell = \sum_i \Bigl(\ln \sum_{j:\,y_j \le y_i} e^{z_j} - z_i\Bigr)

    Parameters
    ----------
    logits : array, shape (..., N, ...)
        Unbounded scores :math:`z`, the N items of a list on `axis`.
    labels : array, shape (..., N, ...)
        How relevant each item is, :math:`y \ge 0`, of the same shape.
    items : array, shape (..., N, ...), optional
        Where there is an item: booleans, or 0 where there is none, which takes part in no sum and of which
        no number is looked at. Default: everywhere.
    segments : array of integers, shape (..., N, ...), optional
        Which list each item of a row belongs to, by any number from 0 to 2^24: lists of different lengths
        packed into one row. The loss of a row is the sum of those of its lists. Default: a row is a list.
    per_list : "sum" or "mean"
        `"mean"` divides the loss of a row by the number of its items.
    axis : int or tuple of int
        The axis of the items, or several that make one list.

    Returns
    -------
    array
        In nats; unreduced it has the shape of the logits without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or a label is negative. With `items` or `segments` a negative label gives NaN.

    Notes
    -----
    Equal relevances stay together: each such item is chosen among all of them, as in Breslow's likelihood
    of `cox` (which this is, of times that fall with relevance). So the loss does not depend on the order in
    which items come, and no ties are broken at random. A list without items costs 0.

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
