"""The Kullback-Leibler divergence of a softmax p from labels t, T their sum, which should be 1, where logits
are divided by a temperature τ:

value  τ²·Σ t_j·log(t_j/p_j) - t_j + p_j, where no term is negative
grad   τ·(T·p_j - t_j)
hess   T·p_j·(1 - p_j)
hvp    T·p_j·(v_j - Σ p_k·v_k)

The sum Σ t_j·(log t_j - log p_j) would leave only rounding error, of either sign, where p is near t.
"""

from collections.abc import Callable
from typing import Any

from lossary import _check
from lossary._arguments import CLASS_LABELS, LABEL_LOGITS, LOG_LABELS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Argument, Kernel
from lossary._math import Softmax, divergence, is_number, softmax_tangent, total
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, AxisName, Number, Reduction, RowAxes
from lossary.losses.divergences._each import summed
from lossary.losses.divergences._log_labels import LogLabels, of_log_probs, of_probs

_NAME = "softmax_kl_divergence"


def _kernel(labels: Argument, probs_of: Callable[..., Array], both_of: Callable[..., LogLabels]) -> Kernel:
    """For one kind of labels. `probs_of` returns their probabilities, `both_of` also the logarithms."""

    def value(z: Array, labels: Array, *, xp: Any, temperature: Number = 1.0) -> Array:
        return found(Softmax(_cooled(z, temperature), xp), labels, temperature, xp)

    def grad(z: Array, labels: Array, *, xp: Any, temperature: Number = 1.0) -> Array:
        return slope(Softmax(_cooled(z, temperature), xp), labels, temperature, xp)

    def both(
        z: Array, labels: Array, *, xp: Any, again: Again, temperature: Number = 1.0
    ) -> tuple[Array, Array]:
        at, anew = Softmax.twice(_cooled(z, temperature), xp, again)
        return found(at, labels, temperature, xp), slope(anew, labels, temperature, xp)

    def found(at: Softmax, labels: Array, temperature: Number, xp: Any) -> Array:
        t, log = both_of(labels, temperature, xp)
        loss = summed(divergence)(t, at.p, log + at.nll, xp=xp)
        return loss if is_number(temperature, 1) else temperature * (temperature * loss)

    def slope(at: Softmax, labels: Array, temperature: Number, xp: Any) -> Array:
        slope = at.minus(probs_of(labels, temperature, xp))
        return slope if is_number(temperature, 1) else temperature * slope

    def hess(z: Array, labels: Array, *, xp: Any, temperature: Number = 1.0) -> Array:
        at = Softmax(_cooled(z, temperature), xp)
        return total(probs_of(labels, temperature, xp), xp) * (at.p * at.q)

    def hvp(v: Array, z: Array, labels: Array, *, xp: Any, temperature: Number = 1.0) -> Array:
        at = Softmax(_cooled(z, temperature), xp)
        return total(probs_of(labels, temperature, xp), xp) * (at.p * softmax_tangent(v, at, xp))

    return Kernel(_NAME, "(c),(c)->()", (LOGITS, labels), value, grad, hess, hvp, both, by_column=True)


def _cooled(z: Array, temperature: Number) -> Array:
    return z if is_number(temperature, 1) else z / temperature


def _of_logits(labels: Array, temperature: Number, xp: Any) -> LogLabels:
    return of_log_probs(-Softmax(_cooled(labels, temperature), xp).nll, xp)


KERNELS = {
    "probs": _kernel(CLASS_LABELS, lambda t, temperature, xp: t, lambda t, temperature, xp: of_probs(t, xp)),
    "log_probs": _kernel(
        LOG_LABELS,
        lambda log_t, temperature, xp: xp.exp(log_t),
        lambda log_t, temperature, xp: of_log_probs(log_t, xp),
    ),
    "logits": _kernel(
        LABEL_LOGITS, lambda z, temperature, xp: Softmax(_cooled(z, temperature), xp).p, _of_logits
    ),
}
"""The kernel for each `labels_in`."""


@loss
def softmax_kl_divergence(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes = -1,
    labels_in: str = "probs",
    temperature: float | AnyArray = 1.0,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
    axis_name: AxisName = None,
) -> Call[ArrayT]:
    r"""KL divergence of a softmax of logits from label distributions: the loss for knowledge distillation.

    It has the gradient of `softmax_cross_entropy`, but is 0 where student and teacher agree.

    .. math:: \ell = \tau^2 \sum_j \Bigl(t_j \log\frac{t_j}{p_j} - t_j + p_j\Bigr), \qquad
              p = \operatorname{softmax}(z / \tau)

    Parameters
    ----------
    logits : array, shape (..., K, ...)
        Unbounded scores :math:`z`, the K classes on `axis`; :math:`-\infty` excludes a class.
    labels : array, shape (..., K, ...)
        Distributions :math:`t` over the classes, their logarithms, or logits, with the same shape.
    labels_in : {"probs", "log_probs", "logits"}
        Whether `labels` are probabilities, with rows that sum to 1; their logarithms, which are at most 0; or
        the logits of a teacher, :math:`t = \operatorname{softmax}(\text{labels} / \tau)`.
    temperature : float
        :math:`\tau > 0`: divides the logits, and the teacher's logits too. The factor :math:`\tau^2` keeps
        the size of the gradients. Probabilities and their logarithms are taken as given, at this temperature.
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
    >>> student, teacher = np.array([1.0, 0.0, -1.0]), np.array([2.0, 0.0, 1.0])
    >>> float(lossary.softmax_kl_divergence(student, teacher, labels_in="logits", temperature=4).round(6))
    0.288882
    """
    _check.choice(_NAME, "labels_in", labels_in, tuple(KERNELS))
    return Call(
        KERNELS[labels_in],
        logits,
        labels,
        axis=axis,
        params={"temperature": temperature},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
        axis_name=axis_name,
    )
