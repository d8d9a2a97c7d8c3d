"""The negative log-likelihood of a Poisson distribution, with the logarithm s of the rate and the count y:

value  exp(s) - y·s, a term of count 0 being 0; with the constant also log y!
grad   exp(s) - y
hess   exp(s)
"""

from typing import Any

from lossary._arguments import COUNTS, LOG_RATES
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import least, log_factorial, times
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction

_FAR = 1e3
"""exp of this is already infinite. For infinite s, count times s would be too, and the difference NaN."""


def _value(s: Array, y: Array, *, xp: Any) -> Array:
    s = least(s, _FAR, xp)
    return xp.exp(s) - times(y, s, xp)


def _full_value(s: Array, y: Array, *, xp: Any) -> Array:
    return _value(s, y, xp=xp) + log_factorial(y, xp)


def _grad(s: Array, y: Array, *, xp: Any) -> Array:
    return xp.exp(s) - y


def _hess(s: Array, y: Array, *, xp: Any) -> Array:
    return xp.exp(s)


KERNEL = Kernel("log_poisson", "(),()->()", (LOG_RATES, COUNTS), _value, _grad, _hess)
FULL = Kernel("log_poisson", "(),()->()", (LOG_RATES, COUNTS), _full_value, _grad, _hess)


@loss
def log_poisson(
    log_rates: ArrayT,
    counts: AnyArray | float,
    *,
    constant: bool = False,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Poisson negative log-likelihood of counts, given log-rates: the loss for training count models.

    It takes the raw output of a network: do not apply an exponential first. `poisson` takes rates.

    .. math:: \ell = e^s - y\,s \quad (+ \log y!)

    Parameters
    ----------
    log_rates : array, shape (...)
        Logarithms :math:`s` of the expected counts. At :math:`\pm\infty` the loss takes its limit.
    counts : array, shape (...)
        :math:`y \ge 0`, with the same shape; or a scalar. They need not be integers.
    constant : bool
        Whether to add :math:`\log y! = \log\Gamma(y + 1)`, to make the loss the negative logarithm of a
        probability. It does not affect derivatives in the log-rates.

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
    A log-rate of :math:`-\infty` (rate 0) costs 0 if the count is 0, and infinity otherwise. The value is
    infinite where the rate overflows the dtype (:math:`s > 88.7` in float32).

    The constant is exact, not Stirling's approximation. For large counts it nearly cancels the rest, and the
    sum is only as accurate as its largest term: counts of a million need float64.

    References
    ----------
    J. A. Nelder, R. W. M. Wedderburn, *Generalized linear models*, J. R. Stat. Soc. A 135 (1972).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> float(lossary.log_poisson(np.array([0.0, 1.0]), np.array([2.0, 0.0])))  # (1 + e) / 2
    1.8591409142295225
    """
    return Call(
        FULL if constant else KERNEL,
        log_rates,
        counts,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
