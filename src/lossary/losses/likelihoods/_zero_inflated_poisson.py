"""The negative log-likelihood of a Poisson distribution with extra zeros of logit z:

value  y > 0: softplus(z) + λ - y·s, with λ = exp(s) and the count y; with the constant also log y!
       y = 0: -log(p + q·exp(-λ)), with p = sigmoid(z) and q = 1 - p
grad   λ - y; λ·g with g = q·exp(-λ) / (p + q·exp(-λ)) = sigmoid(-λ - z)
hess   λ; λ·g·(1 - λ (1 - g))
"""

from typing import Any

from lossary._arguments import COUNTS, LOG_RATES, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import (
    exp_and_rest,
    exp_quotient,
    greatest,
    least,
    log_factorial,
    relu,
    sigmoids,
    sigmoids_and_tail,
    softplus_tail,
    times,
)
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction

_FAR = 1e3
"""exp of this is already infinite. For infinite s, count times s would be too, and the difference NaN."""


def _value(s: Array, y: Array, z: Array, *, xp: Any) -> Array:
    s = least(s, _FAR, xp)
    rate = xp.exp(s)
    p, q, tail = _sigmoids_and_tail(z, xp)
    softplus = relu(z, xp) + tail
    of_zero = _of_zero(rate, z, p, q, softplus, xp)
    return xp.where(y > 0, softplus + (rate - times(y, s, xp)), of_zero + 0.0 * y)


def _sigmoids_and_tail(z: Array, xp: Any) -> tuple[Array, Array, Array]:
    return sigmoids_and_tail(z, xp) if xp.is_quick else (*sigmoids(z, xp), softplus_tail(z, xp))


def _of_zero(rate: Array, z: Array, p: Array, q: Array, softplus: Array, xp: Any) -> Array:
    without, some = exp_and_rest(rate, xp)
    some = q * some  # the probability of a nonzero count
    none = p + q * without
    near = some < 0.5
    # For low rates, log1p(some / none). For high rates, nothing cancels between the two logarithms.
    if not xp.is_quick:
        some, none = xp.where(near, some, 0.0), xp.where(near, none, 1.0)
    largest = least(rate, float(xp.finfo(rate.dtype).max), xp)
    high = greatest(z, -largest, xp)
    return xp.where(near, xp.log1p(some / none), softplus - (high + softplus_tail(z + largest, xp)))


def _full_value(s: Array, y: Array, z: Array, *, xp: Any) -> Array:
    return _value(s, y, z, xp=xp) + log_factorial(y, xp)


def _grad(s: Array, y: Array, z: Array, *, xp: Any) -> Array:
    rate, low, _ = _shares(s, z, xp)
    return xp.where(y > 0, xp.exp(s) - y, times(low, rate, xp))


def _hess(s: Array, y: Array, z: Array, *, xp: Any) -> Array:
    rate, low, high = _shares(s, z, xp)
    near = (s > -1.0) & (s < 1.0)
    small = xp.where(near, s, 0.0)
    # 1 - λ (1 - g), where 1 - λ is exact for λ near 1.
    rest = xp.where(near, times(low, rate, xp) - small * exp_quotient(small, xp), 1.0 - times(high, rate, xp))
    return xp.where(y > 0, xp.exp(s), times(low, rate, xp) * rest + 0.0 * y)


def _shares(s: Array, z: Array, xp: Any) -> tuple[Array, Array, Array]:
    """λ, and the shares of Poisson zeros and extra zeros in the probability of a zero."""
    rate = least(xp.exp(s), float(xp.finfo(s.dtype).max), xp)
    high, low = sigmoids(rate + z, xp)
    return rate, low, high


_TAKES = (LOG_RATES, COUNTS, LOGITS)
KERNEL = Kernel("zero_inflated_poisson", "(),(),()->()", _TAKES, _value, _grad, _hess)
FULL = Kernel("zero_inflated_poisson", "(),(),()->()", _TAKES, _full_value, _grad, _hess)


@loss
def zero_inflated_poisson(
    log_rates: ArrayT,
    counts: AnyArray | float,
    logits: AnyArray | float,
    *,
    constant: bool = False,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Zero-inflated Poisson negative log-likelihood: `log_poisson` for counts with excess zeros.

    Some zeros have another cause: people who never buy versus people who did not buy this week, or cells
    without a gene versus cells where it was missed.

    .. math:: \ell = \begin{cases} -\log\left(\pi + (1 - \pi)\,e^{-\lambda}\right) & y = 0 \\
              \lambda - y\,s - \log(1 - \pi) \quad (+ \log y!) & y > 0 \end{cases}
              \qquad \lambda = e^s,\ \pi = \sigma(z)

    Parameters
    ----------
    log_rates : array, shape (...)
        Logarithms :math:`s` of the expected counts in the absence of extra zeros.
    counts : array, shape (...)
        :math:`y \ge 0`, with the same shape; or a scalar.
    logits : array, shape (...)
        Logits :math:`z` of the extra zeros, with the same shape; or a scalar. :math:`-\infty` means no extra
        zeros: `log_poisson`.
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
        If the shapes differ or counts are negative.

    Notes
    -----
    The logits are for an extra zero; some libraries take the logits of the opposite. Where a zero is almost
    certainly an extra one, the derivatives in the rates are tiny and only as accurate as the exponential of a
    rate: an error of about :math:`\lambda` units in the last place.

    `value_and_grad` returns the derivative in the log-rates. For the derivative in the logits, use automatic
    differentiation.

    References
    ----------
    D. Lambert, *Zero-inflated Poisson regression, with an application to defects in manufacturing*,
    Technometrics 34 (1992).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> loss = lossary.zero_inflated_poisson(np.log([2.0, 2.0]), np.array([0, 3]), -1.0, reduction="none")
    >>> loss.round(4)
    array([1.    , 0.2338])
    """
    return Call(
        FULL if constant else KERNEL,
        log_rates,
        counts,
        logits,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
