"""The Tweedie loss, with the logarithm s of the mean, the target y and the power ρ:

value  y·exp((1-ρ)s) / (ρ-1) + exp((2-ρ)s) / (2-ρ)
grad   exp((2-ρ)s) - y·exp((1-ρ)s)
hess   (2-ρ)·exp((2-ρ)s) + (ρ-1)·y·exp((1-ρ)s)
"""

from typing import Any

from lossary._arguments import LOG_MEANS, QUANTITIES
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import times_exp
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction


def _value(s: Array, y: Array, *, xp: Any, variance_power: Number = 1.5) -> Array:
    low, high = _terms(s, y, variance_power, xp)
    return low / (variance_power - 1.0) + high / (2.0 - variance_power)


def _grad(s: Array, y: Array, *, xp: Any, variance_power: Number = 1.5) -> Array:
    low, high = _terms(s, y, variance_power, xp)
    return high - low


def _hess(s: Array, y: Array, *, xp: Any, variance_power: Number = 1.5) -> Array:
    low, high = _terms(s, y, variance_power, xp)
    return (2.0 - variance_power) * high + (variance_power - 1.0) * low


def _terms(s: Array, y: Array, power: Number, xp: Any) -> tuple[Array, Array]:
    return times_exp(y, 1.0 - power, s, xp), times_exp(xp.ones_like(y), 2.0 - power, s, xp)


KERNEL = Kernel("log_tweedie", "(),()->()", (LOG_MEANS, QUANTITIES), _value, _grad, _hess)


@loss
def log_tweedie(
    log_means: ArrayT,
    targets: AnyArray | float,
    *,
    variance_power: float | AnyArray = 1.5,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Tweedie negative log-likelihood of nonnegative amounts with many exact zeros, given log-means.

    For claims per policy, sales per day or rain per hour. It models a sum of a Poisson number of gamma
    amounts, so zeros need no second model. It lies between `log_poisson` and `log_gamma_nll`.

    .. math:: \ell = \frac{y\,e^{(1-\rho) s}}{\rho - 1} + \frac{e^{(2-\rho) s}}{2 - \rho}

    Parameters
    ----------
    log_means : array, shape (...)
        Logarithms :math:`s` of the means. At :math:`\pm\infty` the loss takes its limit.
    targets : array, shape (...)
        Amounts :math:`y \ge 0`, with the same shape; or a scalar.
    variance_power : float between 1 and 2
        :math:`\rho`; the variance grows as this power of the mean.

    Returns
    -------
    array
        Terms that depend only on the targets are omitted. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, targets are negative or `variance_power` is not between 1 and 2.

    Notes
    -----
    Powers 1 and 2 raise an error, because the limits exist only after dropping constants that grow without
    bound. Use `log_poisson` or `log_gamma_nll` instead.

    References
    ----------
    B. Jørgensen, *Exponential dispersion models*, J. R. Stat. Soc. B 49 (1987).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> float(lossary.log_tweedie(np.array([0.0, 0.0]), np.array([3.0, 0.0])))  # (8 + 2) / 2
    5.0
    """
    return Call(
        KERNEL,
        log_means,
        targets,
        params={"variance_power": variance_power},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
