"""The Jensen-Shannon divergence of probabilities and labels: the sum of `_jensen_shannon_terms`."""

from typing import Any

from lossary._arguments import CLASS_LABELS, CLASS_PROBS, LABELS, PROBS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import positive, reciprocal
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.divergences import _jensen_shannon_terms as terms
from lossary.losses.divergences._each import is_no_axis, summed


def _terms(p: Array, t: Array, *, xp: Any) -> Array:
    return terms.value(p, t, xp)


def _grad(p: Array, t: Array, *, xp: Any) -> Array:
    return terms.grad(p, t, xp)


def _hess(p: Array, t: Array, *, xp: Any) -> Array:
    p = positive(p, xp)
    return terms.p_times_hess(p, t, xp) * reciprocal(p, xp)


_NAME = "jensen_shannon"
KERNEL = Kernel(_NAME, "(c),(c)->()", (CLASS_PROBS, CLASS_LABELS), summed(_terms), _grad, _hess)
OF_EACH = Kernel(_NAME, "(),()->()", (PROBS, LABELS), _terms, _grad, _hess)


@loss
def jensen_shannon(
    probs: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Jensen-Shannon divergence on probabilities: symmetric, finite, at most :math:`\log 2`.

    To train, use `softmax_jensen_shannon` on logits. Its square root is a distance.

    .. math:: \ell = \tfrac12 \sum_j p_j \log\frac{p_j}{m_j} + t_j \log\frac{t_j}{m_j},
              \qquad m = \tfrac12 (p + t), \qquad 0\log 0 = 0

    Parameters
    ----------
    probs : array, shape (..., K, ...)
        Probabilities :math:`p` of the K classes on `axis`; each row lies in [0, 1] and sums to 1.
    labels : array, shape (..., K, ...)
        Distributions :math:`t` over the classes, with the same shape; each row sums to 1.
    axis : int or tuple of int
        The class axis, or a tuple of axes that together form one row, in this order. With ``()`` there is no
        sum: each class gets its own loss, which is never negative, and rows need not sum to 1.

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
    Never negative, even for rows that nearly agree, and 0 only where both are equal. The gradient at a
    probability of 0 is the one at the smallest normal number.

    References
    ----------
    J. Lin, *Divergence measures based on the Shannon entropy*, IEEE Trans. Inf. Theory 37 (1991).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> probs, labels = np.array([[0.5, 0.25, 0.25]]), np.array([[0.25, 0.75, 0.0]])
    >>> round(float(lossary.jensen_shannon(probs, labels)), 4)
    0.1733
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
