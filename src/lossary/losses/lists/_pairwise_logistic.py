"""The logistic loss of pairs of items, with d = z_i - z_j where y_i > y_j, and t = exp(-|d|):

value  Σ w·softplus(-d) = Σ w·(max(-d, 0) + log1p(t))
grad   Σ over the pairs of an item, -w·σ(-d) where it is the better one, w·σ(-d) where it is the other
hess   Σ w·t/(1 + t)²
hvp    the same, times v_i - v_j in each of the pairs

w is 1, or how much NDCG would change if the two swapped ranks: a number, not a function of the scores.
"""

from functools import partial
from math import log, nan
from typing import Any, Literal, NamedTuple

from lossary._arguments import LOGITS, RELEVANCES
from lossary._check import choice
from lossary._engine import Call, loss
from lossary._kernel import Argument, Kernel
from lossary._math import difference, negative_part, total
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.lists._beside import BESIDE, PER_LIST, PerList, beside

LambdaWeights = Literal["ndcg"] | None
_LAMBDA_WEIGHTS = (None, "ndcg")
_NAME = "pairwise_logistic"


class _Pairs(NamedTuple):
    """Of each item, on the last axis, with each other, on the axis before, where that is more relevant."""

    w: Array
    """0 where it is not."""
    down: Array
    """max(-d, 0)"""
    t: Array
    low: Array
    """Whether d <= 0."""
    wrong: Array
    """NaN for a row with a number that is NaN, or a label below 0; else 0."""


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
    wrong = total(xp.where(there & ((y < 0) | (y != y) | (z != z)), nan, xp.zeros_like(z)), xp)
    z, y = xp.where(there, z, 0.0), xp.where(there, y, 0.0)
    together = there[..., :, None] & there[..., None, :]
    if segments is not None:
        together = together & (segments[..., :, None] == segments[..., None, :])
    ordered = together & (y[..., :, None] > y[..., None, :])
    w = xp.where(ordered, xp.ones_like(ordered, dtype=z.dtype), 0.0)
    count = total(xp.sum(w, axis=-1), xp)[..., None]
    if ndcg:
        w = w * _changes_of_ndcg(z, y, together, xp)
    if mean:
        w = w / xp.where(count > 0, count, 1.0)
    better, worse = [xp.where(ordered, x, 0.0) for x in (z[..., :, None], z[..., None, :])]
    d, lost = difference(better, worse, xp)
    low = d <= 0
    t = xp.exp(xp.where(low, d, -d))
    return _Pairs(w, negative_part(d, xp), t + t * xp.where(low, lost, -lost), low, wrong)


def _changes_of_ndcg(z: Array, y: Array, together: Array, xp: Any) -> Array:
    """|2^y_i - 2^y_j|·|1/log2(1 + r_i) - 1/log2(1 + r_j)| / IDCG; equal ones are ranked as they come."""
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
    """From 1 on, in the list of each: 1 and how many are above it, or as high and before it."""
    own, other = x[..., :, None], x[..., None, :]
    at = xp.arange_like(x)
    above = together & ((other > own) | ((other == own) & (at[None, :] < at[:, None])))
    return 1.0 + xp.sum(xp.where(above, xp.ones_like(above, dtype=x.dtype), 0.0), axis=-1)


def _value(*arrays: Array, xp: Any, **how: bool) -> Array:
    p = _pairs(*arrays, xp=xp, **how)
    return xp.sum(xp.sum(p.w * (p.down + xp.log1p(p.t)), axis=-1), axis=-1) + p.wrong[..., 0]


def _grad(*arrays: Array, xp: Any, **how: bool) -> Array:
    p = _pairs(*arrays, xp=xp, **how)
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
    formulas = [partial(formula, ndcg=ndcg, mean=mean) for formula in (_value, _grad, _hess, _hvp)]
    labels = (RELEVANCES, Argument("labels"), Argument("labels"))
    return tuple(
        [
            Kernel(
                _NAME,
                ",".join(["(i)"] * (2 + more)) + "->()",
                (LOGITS, labels[more], *BESIDE[:more]),
                *formulas,
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
    r"""Logistic loss of all pairs of items of different relevance: RankNet, or with weights LambdaRank.

    .. math:: \ell = \sum_{i, j:\,y_i > y_j} w_{ij} \ln\bigl(1 + e^{-(z_i - z_j)}\bigr)

    Parameters
    ----------
    logits : array, shape (..., N, ...)
        Unbounded scores :math:`z`, the N items of a list on `axis`.
    labels : array, shape (..., N, ...)
        How relevant each item is, :math:`y \ge 0`, of the same shape.
    items : array, shape (..., N, ...), optional
        Where there is an item: booleans, or 0 where there is none, which is in no pair and of which no number
        is looked at. Default: everywhere.
    segments : array of integers, shape (..., N, ...), optional
        Which list each item of a row belongs to, by any number from 0 to 2^24: lists of different lengths
        packed into one row. Pairs are within lists. Default: a row is a list.
    lambda_weights : None or "ndcg"
        `"ndcg"` weighs each pair by how much NDCG would change if the two swapped their ranks,
        :math:`w_{ij} = |2^{y_i} - 2^{y_j}| \cdot |1/\log_2(1 + r_i) - 1/\log_2(1 + r_j)| / \text{IDCG}`, with
        the ranks :math:`r` from 1 on by falling score. None weighs all alike.
    per_list : "sum" or "mean"
        `"mean"` divides the loss of a row by the number of its pairs.
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
    Items of equal relevance make no pair, and a list without pairs costs 0. It counts in the mean, unless
    `where` says that it should not. Ranks have no derivative: the weights are numbers, as in LambdaRank.
    Items of equal score are ranked as they come. Memory of N² numbers for each row.

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
