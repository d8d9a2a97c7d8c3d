"""The Kullback-Leibler divergence of probabilities p from labels t:

value  Σ t_j·log(t_j/p_j), a class of label 0 being 0
grad   -t_j/p_j
hess   t_j/p_j²
"""

from math import inf
from typing import Any

from lossary._arguments import CLASS_LABELS, CLASS_PROBS, LABELS, PROBS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import log_ratio, positive, reciprocal
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.divergences._each import is_no_axis, summed


def _terms(p: Array, t: Array, *, xp: Any) -> Array:
    # In two steps, because the ratio would overflow for subnormal p. For normal p the second is 0.
    above = positive(p, xp)
    d = log_ratio(positive(t, xp), above, xp)
    if above is p:  # all are normal
        return t * d
    if xp.is_quick:
        return t * (d - xp.log(p / above))
    none = p == 0
    return xp.where(none & (t > 0), inf, t * (d - xp.log(xp.where(none, above, p) / above)))


def _grad(p: Array, t: Array, *, xp: Any) -> Array:
    return -t * reciprocal(p, xp)


def _hess(p: Array, t: Array, *, xp: Any) -> Array:
    r = reciprocal(p, xp)
    return (t * r) * r


_NAME = "kl_divergence"
KERNEL = Kernel(_NAME, "(c),(c)->()", (CLASS_PROBS, CLASS_LABELS), summed(_terms), _grad, _hess)
OF_EACH = Kernel(_NAME, "(),()->()", (PROBS, LABELS), _terms, _grad, _hess)


@loss
def kl_divergence(
    probs: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""KL divergence of probabilities from label distributions: the cross-entropy minus the labels' entropy.

    It has the gradient of the cross-entropy, but is 0 where both agree. To train, use `softmax_kl_divergence`
    on logits. Mind the order: the second argument, the labels, is the true distribution.

    .. math:: \ell = \operatorname{KL}(t \,\|\, p) = \sum_j t_j \log\frac{t_j}{p_j}, \qquad 0\log 0 = 0

    Parameters
    ----------
    probs : array, shape (..., K, ...)
        Probabilities :math:`p` of the K classes on `axis`; each row lies in [0, 1] and sums to 1.
    labels : array, shape (..., K, ...)
        Distributions :math:`t` over the classes, with the same shape; each row sums to 1.
    axis : int or tuple of int
        The class axis, or a tuple of axes that together form one row, in this order. With ``()`` there is no
        sum: each class gets its own term as the loss, and rows need not sum to 1.

    Returns
    -------
    array
        In nats; without reduction, it has the shape of `probs` without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, or a row is not a distribution.

    Notes
    -----
    Exactly 0 where `probs` equal the labels. The terms have both signs and the sum is accurate to the last
    bits of the largest term, so rows that nearly agree can give a tiny negative value.
    `softmax_kl_divergence` and `generalized_kl_divergence` are never negative. A probability of 0 with a
    nonzero label costs infinity, with the gradient at the smallest normal number.

    References
    ----------
    S. Kullback, R. A. Leibler, *On information and sufficiency*, Ann. Math. Statist. 22 (1951).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> probs, labels = np.array([[0.5, 0.25, 0.25]]), np.array([[0.25, 0.75, 0.0]])
    >>> round(float(lossary.kl_divergence(probs, labels)), 4)
    0.6507
    """
    return Call(
        OF_EACH if is_no_axis(axis) else KERNEL,
        probs,
        labels,
        axis=axis,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
