"""The negative log-likelihood of a Poisson distribution, with the rate μ and the count y:

value  μ - y·log μ, a term of count 0 being 0; with the constant also log y!
grad   (μ - y) / μ
hess   y / μ²
"""

from typing import Any

from lossary._arguments import COUNTS, RATES
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import least, log_factorial, positive, times
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction


def _value(m: Array, y: Array, *, xp: Any) -> Array:
    # The logarithm of an infinite rate is negligible next to the rate, but in floating point both are
    # infinite.
    return m - times(y, xp.log(least(m, float(xp.finfo(m.dtype).max), xp)), xp)


def _full_value(m: Array, y: Array, *, xp: Any) -> Array:
    return _value(m, y, xp=xp) + log_factorial(y, xp)


def _grad(m: Array, y: Array, *, xp: Any) -> Array:
    m = _normal(m, xp)
    return (m - y) / m


def _hess(m: Array, y: Array, *, xp: Any) -> Array:
    r = 1.0 / _normal(m, xp)
    return (y * r) * r


def _normal(m: Array, xp: Any) -> Array:
    """The rate used for derivatives: not 0, where they would be infinite, and not infinite."""
    return least(positive(m, xp), float(xp.finfo(m.dtype).max), xp)


KERNEL = Kernel("poisson", "(),()->()", (RATES, COUNTS), _value, _grad, _hess, infinite_if_swapped=True)
FULL = Kernel("poisson", "(),()->()", (RATES, COUNTS), _full_value, _grad, _hess, infinite_if_swapped=True)


@loss
def poisson(
    rates: ArrayT,
    counts: AnyArray | float,
    *,
    constant: bool = False,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Poisson negative log-likelihood of counts, given their rates.

    To train a network, use `log_poisson`: it takes log-rates, which can be any real numbers.

    .. math:: \ell = \mu - y \log \mu \quad (+ \log y!)

    Parameters
    ----------
    rates : array, shape (...)
        Expected counts :math:`\mu \ge 0`.
    counts : array, shape (...)
        :math:`y \ge 0`, with the same shape; or a scalar. They need not be integers.
    constant : bool
        Whether to add :math:`\log y! = \log\Gamma(y + 1)`, to make the loss the negative logarithm of a
        probability. It does not affect derivatives in the rates.

    Returns
    -------
    array
        In nats. Without the constant it may be negative. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, or rates or counts are negative.

    Notes
    -----
    No epsilon is added to the rates. A rate of 0 costs 0 if the count is 0, and infinity otherwise; the
    derivatives there are those at the smallest normal number.

    The constant is exact, not Stirling's approximation. For large counts it nearly cancels the rest, and the
    sum is only as accurate as its largest term: counts of a million need float64.

    References
    ----------
    J. A. Nelder, R. W. M. Wedderburn, *Generalized linear models*, J. R. Stat. Soc. A 135 (1972).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> float(lossary.poisson(np.array([1.0]), np.array([2.0]), constant=True))  # 1 + log 2
    1.6931471805599454
    """
    return Call(
        FULL if constant else KERNEL,
        rates,
        counts,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
