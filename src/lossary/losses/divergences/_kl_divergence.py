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
    # In two steps for p below the normal numbers, where a ratio would overflow. Above, the second is 0.
    above = positive(p, xp)
    d = log_ratio(positive(t, xp), above, xp)
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
    r"""How far probabilities are from labels that are distributions: the nats that coding by them wastes.

    It is the cross-entropy less the entropy of the labels: the same gradient, but 0 at the truth. To train,
    use `softmax_kl_divergence` on logits. Note the order: labels are what is true, wherever they stand.

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
    Exactly 0 where `probs` are the labels. Its terms have both signs: it is right to the last bits of the
    largest, so of rows that nearly agree, and sum to 1 as nearly as rounding lets them, it may be negative
    by as little. `softmax_kl_divergence` and `generalized_kl_divergence` never are. A probability of 0
    where the label is not costs infinity, with the gradient of the smallest normal number.

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
