"""The logistic loss on pairs of items, with d = z_i - z_j where y_i > y_j, and t = exp(-|d|):

value  Σ w·softplus(-d) = Σ w·(max(-d, 0) + log1p(t))
grad   Σ over the pairs of an item: -w·σ(-d) if it is the more relevant one, w·σ(-d) if it is the other
hess   Σ w·t/(1 + t)²
hvp    the same sum, with each pair times v_i - v_j

w is 1, or the change in NDCG if the two swapped ranks, treated as a constant.
"""

from functools import partial
from math import log, nan
from typing import Any, Literal, NamedTuple

from lossary._arguments import LOGITS, RELEVANCES
from lossary._check import choice
from lossary._engine import Call, loss
from lossary._kernel import Argument, Kernel
from lossary._math import absolute, difference, negative_part, total
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.lists._beside import BESIDE, PER_LIST, PerList, beside

LambdaWeights = Literal["ndcg"] | None
_LAMBDA_WEIGHTS = (None, "ndcg")
_NAME = "pairwise_logistic"


class _Pairs(NamedTuple):
    """Pairs of each item, on the last axis, with each more relevant item, on the axis before."""

    w: Array
    """0 for all other pairs."""
    down: Array
    """max(-d, 0)"""
    t: Array
    low: Array
    """Whether d <= 0."""
    wrong: Array
    """NaN for a row that contains NaN or a negative label, else 0."""


def _pairs(
    z: Array,
    y: Array,
    items: Array | None = None,
    segments: Array | None = None,
    *,
    xp: Any,
    ndcg: bool,
    mean: bool,
) -> _Pairs:
    there = xp.ones_like(z) > 0 if items is None else items > 0
    wrong = total(
        xp.where(xp.logical_and(there, xp.logical_or((y < 0) | (y != y), z != z)), nan, xp.zeros_like(z)), xp
    )
    z, y = xp.where(there, z, 0.0), xp.where(there, y, 0.0)
    together = there[..., :, None] & there[..., None, :]
    if segments is not None:
        together = xp.logical_and(together, segments[..., :, None] == segments[..., None, :])
    ordered = xp.logical_and(together, y[..., :, None] > y[..., None, :])
    w = xp.where(ordered, xp.ones_like(ordered, dtype=z.dtype), 0.0)
    count = total(xp.sum(w, axis=-1), xp)[..., None]
    if ndcg:
        w = w * _changes_of_ndcg(z, y, together, xp)
    if mean:
        w = w / xp.where(count > 0, count, 1.0)
    better, worse = [xp.where(ordered, x, 0.0) for x in (z[..., :, None], z[..., None, :])]
    d, lost = difference(better, worse, xp)
    low = d <= 0
    t = xp.exp(-absolute(d, xp))
    return _Pairs(w, negative_part(d, xp), t + t * xp.where(low, lost, -lost), low, wrong)


def _changes_of_ndcg(z: Array, y: Array, together: Array, xp: Any) -> Array:
    """|2^y_i - 2^y_j|·|1/log2(1 + r_i) - 1/log2(1 + r_j)| / IDCG; ties are ranked in input order."""
    gain = xp.pow(xp.full_like(y, 2.0), y) - 1.0
    r = 1.0 + _rank(z, together, xp)
    ideal = xp.where(together, (gain * (log(2.0) / xp.log(1.0 + _rank(y, together, xp))))[..., None, :], 0.0)
    best = total(ideal, xp)
    a, b = r[..., :, None], r[..., None, :]
    apart = xp.abs(a - b)
    of_ranks = xp.log1p(apart / xp.where(a < b, a, b)) / (xp.log(a) * xp.log(b))
    gained = xp.abs(gain[..., :, None] - gain[..., None, :])
    return (gained / xp.where(best > 0, best, 1.0)) * (log(2.0) * of_ranks)


def _rank(x: Array, together: Array, xp: Any) -> Array:
    """The rank of each item in its list: 1 plus the number of items that are higher, or equal and earlier."""
    own, other = x[..., :, None], x[..., None, :]
    at = xp.arange_like(x)
    earlier = xp.logical_and(other == own, at[None, :] < at[:, None])
    above = xp.logical_and(together, xp.logical_or(other > own, earlier))
    return 1.0 + xp.sum(xp.where(above, xp.ones_like(above, dtype=x.dtype), 0.0), axis=-1)


def _value(*arrays: Array, xp: Any, **how: bool) -> Array:
    return _cost(_pairs(*arrays, xp=xp, **how), xp)


def _grad(*arrays: Array, xp: Any, **how: bool) -> Array:
    return _slope(_pairs(*arrays, xp=xp, **how), xp)


def _both(*arrays: Array, xp: Any, again: Again, **how: bool) -> tuple[Array, Array]:
    first, *others = arrays
    p = _pairs(*arrays, xp=xp, **how)
    anew = p if again is None else _pairs(again(first), *others, xp=xp, **how)
    return _cost(p, xp), _slope(anew, xp)


def _cost(p: _Pairs, xp: Any) -> Array:
    return xp.sum(xp.sum(p.w * (p.down + xp.log1p(p.t)), axis=-1), axis=-1) + p.wrong[..., 0]


def _slope(p: _Pairs, xp: Any) -> Array:
    slope = p.w * (xp.where(p.low, xp.ones_like(p.t), p.t) / (1.0 + p.t))
    return (xp.sum(slope, axis=-2) - xp.sum(slope, axis=-1)) + p.wrong


def _hess(*arrays: Array, xp: Any, **how: bool) -> Array:
    p = _pairs(*arrays, xp=xp, **how)
    bend = _bend(p)
    return (xp.sum(bend, axis=-2) + xp.sum(bend, axis=-1)) + p.wrong


def _hvp(v: Array, *arrays: Array, xp: Any, **how: bool) -> Array:
    p = _pairs(*arrays, xp=xp, **how)
    bend = _bend(p) * (v[..., :, None] - v[..., None, :])
    return (xp.sum(bend, axis=-1) - xp.sum(bend, axis=-2)) + p.wrong


def _bend(p: _Pairs) -> Array:
    return p.w * (p.t / ((1.0 + p.t) * (1.0 + p.t)))


def _kernels(ndcg: bool, mean: bool) -> tuple[Kernel, ...]:
    formulas = [partial(formula, ndcg=ndcg, mean=mean) for formula in (_value, _grad, _hess, _hvp, _both)]
    labels = (RELEVANCES, Argument("labels"), Argument("labels"))
    return tuple(
        [
            Kernel(
                _NAME,
                ",".join(["(i)"] * (2 + more)) + "->()",
                (LOGITS, labels[more], *BESIDE[:more]),
                *formulas,
                compares_pairs=True,
            )
            for more in range(3)
        ]
    )


OF_ALL = _kernels(False, False)
_KERNELS = {
    (None, "sum"): OF_ALL,
    (None, "mean"): _kernels(False, True),
    ("ndcg", "sum"): _kernels(True, False),
    ("ndcg", "mean"): _kernels(True, True),
}


@loss
def pairwise_logistic(
    logits: ArrayT,
    labels: AnyArray | float,
    items: AnyArray | None = None,
    segments: AnyArray | None = None,
    *,
    lambda_weights: LambdaWeights = None,
    per_list: PerList = "sum",
    axis: RowAxes = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Pairwise logistic ranking loss on items of different relevance: RankNet, or with weights LambdaRank.

    .. math:: \ell = \sum_{i, j:\,y_i > y_j} w_{ij} \ln\bigl(1 + e^{-(z_i - z_j)}\bigr)

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
        lengths packed into one row. Pairs do not cross lists. Default: a row is one list.
    lambda_weights : None or "ndcg"
        `"ndcg"` weights each pair by the change in NDCG if the two swapped ranks, :math:`w_{ij} = |2^{y_i} -
        2^{y_j}| \cdot |1/\log_2(1 + r_i) - 1/\log_2(1 + r_j)| / \text{IDCG}`, with ranks :math:`r` from 1 by
        decreasing score. None weights all pairs equally.
    per_list : "sum" or "mean"
        `"mean"` divides the loss of a row by its number of pairs.
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
    Items of equal relevance form no pair, and a list without pairs has loss 0. It counts in the mean unless
    you mask it out with `where`. As in LambdaRank, the weights are constants: ranks have no derivative. Items
    with equal scores are ranked in input order. Takes memory for N² numbers per row.

    References
    ----------
    C. J. C. Burges, *From RankNet to LambdaRank to LambdaMART: an overview*, MSR-TR-2010-82.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits, labels = np.array([1.0, 2.0, 0.0]), np.array([2, 0, 1])
    >>> print(f"{lossary.pairwise_logistic(logits, labels):.4f}")
    3.7535
    >>> print(f"{lossary.pairwise_logistic(logits, labels, lambda_weights='ndcg'):.4f}")
    0.7159
    """
    choice(_NAME, "lambda_weights", lambda_weights, _LAMBDA_WEIGHTS)
    choice(_NAME, "per_list", per_list, PER_LIST)
    more = beside(items, segments)
    return Call(
        _KERNELS[lambda_weights, per_list][len(more)],
        logits,
        labels,
        *more,
        axis=axis,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
