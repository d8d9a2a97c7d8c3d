"""The generalized Kullback-Leibler divergence of rates p = exp(x) from targets t:

value  Σ t_j·log(t_j/p_j) - t_j + p_j, where no term is negative
grad   p_j - t_j
hess   p_j
"""

from typing import Any

from lossary._arguments import LOG_RATES, QUANTITIES
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import divergence
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.divergences._each import is_no_axis, summed
from lossary.losses.divergences._log_labels import of_probs


def _terms(x: Array, t: Array, *, xp: Any) -> Array:
    return divergence(t, xp.exp(x), of_probs(t, xp).log - x, xp)


def _grad(x: Array, t: Array, *, xp: Any) -> Array:
    return xp.exp(x) - t


def _hess(x: Array, t: Array, *, xp: Any) -> Array:
    return xp.exp(x)


_NAME = "generalized_kl_divergence"
KERNEL = Kernel(_NAME, "(c),(c)->()", (LOG_RATES, QUANTITIES), summed(_terms), _grad, _hess)
OF_EACH = Kernel(_NAME, "(),()->()", (LOG_RATES, QUANTITIES), _terms, _grad, _hess)


@loss
def generalized_kl_divergence(
    log_rates: ArrayT,
    targets: AnyArray | float,
    *,
    axis: RowAxes = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""KL divergence of nonnegative amounts that need not sum to 1, such as spectra, histograms or mixtures.

    For distributions it equals `log_kl_divergence`. It is half the Poisson deviance, summed over the row.

    .. math:: \ell = \sum_j t_j \log\frac{t_j}{p_j} - t_j + p_j, \qquad p = e^x

    Parameters
    ----------
    log_rates : array, shape (..., K, ...)
        Logarithms :math:`x` of the predicted amounts, any real numbers; :math:`-\infty` is an amount of 0.
    targets : array, shape (..., K, ...)
        Amounts :math:`t`, not negative, with the same shape.
    axis : int or tuple of int
        The axis or axes to sum over. With ``()`` there is no sum: each amount gets its own loss.

    Returns
    -------
    array
        In nats times the unit of the amounts; without reduction, it has the shape of `log_rates` without
        `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, or a target is negative.

    Notes
    -----
    No term is negative. For a target of 0 the term is :math:`p`. A rate of 0 with a nonzero target costs
    infinity.

    References
    ----------
    I. Csiszár, *Why least squares and maximum entropy?*, Ann. Statist. 19 (1991).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> rates, targets = np.array([[3.0, 1.0, 0.5]]), np.array([[2.0, 1.0, 0.0]])
    >>> round(float(lossary.generalized_kl_divergence(np.log(rates), targets)), 4)
    0.6891
    """
    return Call(
        OF_EACH if is_no_axis(axis) else KERNEL,
        log_rates,
        targets,
        axis=axis,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
