"""The Kullback-Leibler divergence of log-probabilities l from labels t:

value  Σ t_j·(log t_j - l_j), a class of label 0 being 0
grad   -t_j
hess   0
"""

from typing import Any

from lossary import _check
from lossary._arguments import CLASS_LABELS, LABELS, LOG_LABELS, LOG_PROBS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import times
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.divergences._each import is_no_axis, summed
from lossary.losses.divergences._log_labels import LABELS_IN, LogLabels, of_log_probs, of_probs


def _terms(log_p: Array, labels: LogLabels, xp: Any) -> Array:
    t, log_t = labels
    return times(t, log_t - log_p, xp)


def _terms_of_probs(log_p: Array, labels: Array, *, xp: Any) -> Array:
    return _terms(log_p, of_probs(labels, xp), xp)


def _terms_of_log_probs(log_p: Array, labels: Array, *, xp: Any) -> Array:
    return _terms(log_p, of_log_probs(labels, xp), xp)


def _grad_of_probs(log_p: Array, labels: Array, *, xp: Any) -> Array:
    return -labels


def _grad_of_log_probs(log_p: Array, labels: Array, *, xp: Any) -> Array:
    return -xp.exp(labels)


def _hess(log_p: Array, labels: Array, *, xp: Any) -> Array:
    return xp.zeros_like(log_p)


_NAME = "log_kl_divergence"
_PROBS, _LOG_PROBS = (_grad_of_probs, _hess), (_grad_of_log_probs, _hess)
OF_PROBS = Kernel(_NAME, "(c),(c)->()", (LOG_PROBS, CLASS_LABELS), summed(_terms_of_probs), *_PROBS)
OF_LOG_PROBS = Kernel(_NAME, "(c),(c)->()", (LOG_PROBS, LOG_LABELS), summed(_terms_of_log_probs), *_LOG_PROBS)
EACH_OF_PROBS = Kernel(_NAME, "(),()->()", (LOG_PROBS, LABELS), _terms_of_probs, *_PROBS)
EACH_OF_LOG_PROBS = Kernel(_NAME, "(),()->()", (LOG_PROBS, LOG_LABELS), _terms_of_log_probs, *_LOG_PROBS)


@loss
def log_kl_divergence(
    log_probs: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes = -1,
    labels_in: str = "probs",
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""`kl_divergence` on log-probabilities, such as the output of a log-softmax.

    For logits, use `softmax_kl_divergence`: it is more accurate than a log-softmax followed by this.

    .. math:: \ell = \sum_j t_j\,(\log t_j - \log p_j), \qquad 0\log 0 = 0

    Parameters
    ----------
    log_probs : array, shape (..., K, ...)
        Logarithms of the probabilities of the K classes on `axis`, at most 0; :math:`-\infty` excludes a
        class.
    labels : array, shape (..., K, ...)
        Distributions :math:`t` over the classes, or their logarithms, with the same shape.
    labels_in : {"probs", "log_probs"}
        Whether `labels` are probabilities, with rows that sum to 1, or their logarithms, which are at most 0.
    axis : int or tuple of int
        The class axis, or a tuple of axes that together form one row, in this order. With ``()`` there is no
        sum: each class gets its own term as the loss, and rows need not sum to 1.

    Returns
    -------
    array
        In nats; without reduction, it has the shape of `log_probs` without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, a logarithm is positive, or a row of labels is not a distribution.

    Notes
    -----
    A log-label of :math:`-\infty` is a label of 0, with a term of 0. The terms have both signs: the sum is
    accurate to the last bits of the largest :math:`t_j\log t_j` and :math:`t_j\log p_j`.

    References
    ----------
    S. Kullback, R. A. Leibler, *On information and sufficiency*, Ann. Math. Statist. 22 (1951).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> log_probs, labels = np.log([[0.5, 0.25, 0.25]]), np.array([[0.25, 0.75, 0.0]])
    >>> round(float(lossary.log_kl_divergence(log_probs, labels)), 4)
    0.6507
    """
    _check.choice(_NAME, "labels_in", labels_in, LABELS_IN)
    of_probs, of_log_probs = (
        (EACH_OF_PROBS, EACH_OF_LOG_PROBS) if is_no_axis(axis) else (OF_PROBS, OF_LOG_PROBS)
    )
    return Call(
        of_probs if labels_in == "probs" else of_log_probs,
        log_probs,
        labels,
        axis=axis,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
