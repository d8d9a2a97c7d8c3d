"""The negative log-likelihood of a negative binomial distribution, with log-mean s, count y, dispersion α:

value  log1p(x)/α + y·log1p(x) - y·s - R with x = α·exp(s); with the constant also log y!
grad   (exp(s) - y) / (1 + x)
hess   (1 + αy) exp(s) / (1 + x)²

R is defined in `negative_binomial`. With e = exp(-|s|) the derivatives are quotients in 1, e and α (with e
and 1 swapped for s > 0), so nothing overflows.
"""

from typing import Any

from lossary._arguments import COUNTS, DISPERSIONS, LOG_MEANS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute, least, log1p_rest, log_factorial, log_rising, times, times_exp
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction

_FAR = 1e3
"""exp of this is already infinite. For infinite s, count times s would be too, and the difference NaN."""


def _value(s: Array, y: Array, a: Array, *, xp: Any) -> Array:
    certain, s = s == xp.inf, least(s, _FAR, xp)
    x = times_exp(a, 1.0, s, xp)
    if xp.are_normal(x):  # so s is finite
        logarithm = xp.log1p(x)
        return _cost(logarithm / a, logarithm, s, y, a, xp)
    small, whole = x < 1.0, x < xp.inf
    beyond = xp.log(xp.where(whole, 1.0, a)) + xp.where(whole, 0.0, s)
    logarithm = xp.where(whole, xp.log1p(xp.where(whole, x, 0.0)), beyond)
    quotient = 1.0 + log1p_rest(xp.where(small, x, 0.0), logarithm, xp)
    near = times_exp(xp.where(small, quotient, 0.0), 1.0, s, xp)
    per_dispersion = xp.where(small, near, logarithm / xp.where(small, 1.0, a))
    return xp.where(certain, xp.inf, _cost(per_dispersion, logarithm, s, y, a, xp))


def _cost(per_dispersion: Array, logarithm: Array, s: Array, y: Array, a: Array, xp: Any) -> Array:
    return (per_dispersion + (times(y, logarithm, xp) - times(y, s, xp))) - log_rising(y, a, xp)


def _full_value(s: Array, y: Array, a: Array, *, xp: Any) -> Array:
    return _value(s, y, a, xp=xp) + log_factorial(y, xp)


def _grad(s: Array, y: Array, a: Array, *, xp: Any) -> Array:
    e, up = xp.exp(-absolute(s, xp)), s > 0
    over = xp.where(up, 1.0 - times(y, e, xp), e - y)
    return over / xp.where(up, a + e, 1.0 + a * e)


def _hess(s: Array, y: Array, a: Array, *, xp: Any) -> Array:
    e = xp.exp(-absolute(s, xp))
    under = xp.where(s > 0, a + e, 1.0 + a * e)
    none = under == 0  # an infinite mean without dispersion
    share = xp.where(none, 1.0, e / xp.where(none, 1.0, under))
    return (1.0 + a * y) * (share * (1.0 / under))


_TAKES = (LOG_MEANS, COUNTS, DISPERSIONS)
KERNEL = Kernel("log_negative_binomial", "(),(),()->()", _TAKES, _value, _grad, _hess)
FULL = Kernel("log_negative_binomial", "(),(),()->()", _TAKES, _full_value, _grad, _hess)


@loss
def log_negative_binomial(
    log_means: ArrayT,
    counts: AnyArray | float,
    dispersions: AnyArray | float,
    *,
    constant: bool = False,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Negative binomial negative log-likelihood of overdispersed counts, given log-means.

    For training on counts whose variance exceeds their mean: `log_poisson` with a dispersion.
    `negative_binomial` takes means.

    .. math:: \ell = (y + 1/\alpha) \log(1 + \alpha e^s) - y\,s - \log \Gamma(y + 1/\alpha)
              + \log \Gamma(1/\alpha) - y \log \alpha \quad (+ \log y!)

    Parameters
    ----------
    log_means : array, shape (...)
        Logarithms :math:`s` of the expected counts. At :math:`\pm\infty` the loss takes its limit.
    counts : array, shape (...)
        :math:`y \ge 0`, with the same shape; or a scalar. They need not be integers.
    dispersions : array, shape (...)
        :math:`\alpha \ge 0`, with the same shape; or a scalar. The variance is :math:`\mu + \alpha\mu^2`: 0
        is Poisson.
    constant : bool
        Whether to add :math:`\log y!`, to make the loss the negative logarithm of a probability. It does not
        affect derivatives.

    Returns
    -------
    array
        In nats. Without the constant it may be negative. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, or counts or dispersions are negative.

    Notes
    -----
    The second derivative is positive. For other libraries' parameters, see the notes of `negative_binomial`.

    `value_and_grad` returns the derivative in the log-means. For the derivative in the dispersions, use
    automatic differentiation.

    References
    ----------
    J. M. Hilbe, *Negative binomial regression*, 2nd ed., Cambridge 2011 (NB2).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> loss = lossary.log_negative_binomial(np.log([2.0]), np.array([3.0]), 0.5, constant=True)
    >>> round(float(loss), 6)  # 3 log 2
    2.079442
    """
    return Call(
        FULL if constant else KERNEL,
        log_means,
        counts,
        dispersions,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
