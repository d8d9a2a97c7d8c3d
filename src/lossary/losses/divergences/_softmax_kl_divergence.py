"""The Kullback-Leibler divergence of a softmax p from labels t, T their sum, which should be 1:

value  Σ t_j·log(t_j/p_j) - t_j + p_j, where no term is negative
grad   T·p_j - t_j = (T - t_j)·p_j - t_j·(1 - p_j)
hess   T·p_j·(1 - p_j)
hvp    T·p_j·(v_j - Σ p_k·v_k)

The sum Σ t_j·(log t_j - log p_j) would leave only rounding error, of either sign, where p is near t.
"""

from typing import Any

from lossary import _check
from lossary._arguments import CLASS_LABELS, LOG_LABELS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import divergence, others, softmax, softmax_tangent
from lossary._typing import AnyArray, Array, ArrayT, Axes, AxisName, Reduction, RowAxes
from lossary.losses.divergences._each import summed
from lossary.losses.divergences._log_labels import LABELS_IN, LogLabels, of_log_probs, of_probs


def _value(z: Array, labels: LogLabels, xp: Any) -> Array:
    at = softmax(z, xp)
    return summed(divergence)(labels.t, at.p, labels.log + at.nll, xp=xp)


def _grad(z: Array, t: Array, xp: Any) -> Array:
    p, q, *_ = softmax(z, xp)
    return _rest(t, xp) * p - t * q


def _hess(z: Array, t: Array, xp: Any) -> Array:
    p, q, *_ = softmax(z, xp)
    return (t + _rest(t, xp)) * p * q


def _hvp(v: Array, z: Array, t: Array, xp: Any) -> Array:
    at = softmax(z, xp)
    return (t + _rest(t, xp)) * at.p * softmax_tangent(v, at, xp)


def _rest(t: Array, xp: Any) -> Array:
    """For each label, the sum of the others."""
    return others(t, xp.positions(t, xp.argmax(t, axis=-1)), xp)


def _value_of_probs(z: Array, labels: Array, *, xp: Any) -> Array:
    return _value(z, of_probs(labels, xp), xp)


def _grad_of_probs(z: Array, labels: Array, *, xp: Any) -> Array:
    return _grad(z, labels, xp)


def _hess_of_probs(z: Array, labels: Array, *, xp: Any) -> Array:
    return _hess(z, labels, xp)


def _hvp_of_probs(v: Array, z: Array, labels: Array, *, xp: Any) -> Array:
    return _hvp(v, z, labels, xp)


def _value_of_log_probs(z: Array, labels: Array, *, xp: Any) -> Array:
    return _value(z, of_log_probs(labels, xp), xp)


def _grad_of_log_probs(z: Array, labels: Array, *, xp: Any) -> Array:
    return _grad(z, xp.exp(labels), xp)


def _hess_of_log_probs(z: Array, labels: Array, *, xp: Any) -> Array:
    return _hess(z, xp.exp(labels), xp)


def _hvp_of_log_probs(v: Array, z: Array, labels: Array, *, xp: Any) -> Array:
    return _hvp(v, z, xp.exp(labels), xp)


_NAME = "softmax_kl_divergence"
OF_PROBS = Kernel(
    _NAME,
    "(c),(c)->()",
    (LOGITS, CLASS_LABELS),
    _value_of_probs,
    _grad_of_probs,
    _hess_of_probs,
    _hvp_of_probs,
)
OF_LOG_PROBS = Kernel(
    _NAME,
    "(c),(c)->()",
    (LOGITS, LOG_LABELS),
    _value_of_log_probs,
    _grad_of_log_probs,
    _hess_of_log_probs,
    _hvp_of_log_probs,
)


@loss
def softmax_kl_divergence(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes = -1,
    labels_in: str = "probs",
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
    axis_name: AxisName = None,
) -> Call[ArrayT]:
    r"""KL divergence of a softmax of logits from label distributions: the loss for knowledge distillation.

    It has the gradient of `softmax_cross_entropy`, but is 0 where student and teacher agree.

    .. math:: \ell = \sum_j t_j \log\frac{t_j}{p_j} - t_j + p_j, \qquad p = \operatorname{softmax}(z)

    Parameters
    ----------
    logits : array, shape (..., K, ...)
        Unbounded scores :math:`z`, the K classes on `axis`; :math:`-\infty` excludes a class.
    labels : array, shape (..., K, ...)
        Distributions :math:`t` over the classes, or their logarithms, with the same shape.
    labels_in : {"probs", "log_probs"}
        Whether `labels` are probabilities, with rows that sum to 1, or their logarithms, which are at most 0,
        such as the log-softmax of the teacher's logits.
    axis : int or tuple of int
        The class axis, or a tuple of axes that together form one row, in this order.
    axis_name : str or tuple of str, optional
        The mapped axis inside `jax.shard_map` over which the classes are sharded: each device holds a part of
        `axis`. Class ids are global: see :doc:`sharding`.

    Returns
    -------
    array
        In nats; without reduction, it has the shape of the logits without the class axis. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, a logarithm is positive, or a row of labels is not a distribution.

    Notes
    -----
    For labels that sum to 1, the last two terms cancel in the sum. They make every term nonnegative, so the
    loss is never negative and rows that nearly agree keep their digits. A label of 0 (log-label
    :math:`-\infty`) contributes nothing to the first two terms. A nonzero label on an excluded class costs
    infinity.

    References
    ----------
    S. Kullback, R. A. Leibler, *On information and sufficiency*, Ann. Math. Statist. 22 (1951);
    G. Hinton, O. Vinyals, J. Dean, *Distilling the knowledge in a neural network*, 2015.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits, labels = np.array([[2.0, 1.0, 0.0]]), np.array([[0.25, 0.75, 0.0]])
    >>> round(float(lossary.softmax_kl_divergence(logits, labels)), 4)
    0.5953
    """
    _check.choice(_NAME, "labels_in", labels_in, LABELS_IN)
    return Call(
        OF_PROBS if labels_in == "probs" else OF_LOG_PROBS,
        logits,
        labels,
        axis=axis,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
        axis_name=axis_name,
    )
