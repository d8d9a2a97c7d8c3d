"""The negative log-likelihood of a negative binomial distribution, with mean μ, count y and dispersion α:

value  log1p(αμ)/α + y·log1p(αμ) - y·log μ - R, with the constant also log y!
grad   (μ - y) / (μ (1 + αμ))
hess   (y (1 + 2αμ) - αμ²) / (μ (1 + αμ))²

R = log Γ(y + 1/α) - log Γ(1/α) + y log α, which for integer y is the sum of log(1 + kα) for k < y. For α = 0
it is 0, log1p(αμ)/α is μ, and the loss is the Poisson loss.
"""

from typing import Any

from lossary._arguments import COUNTS, DISPERSIONS, MEANS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import least, log1p_rest, log_factorial, log_rising, times
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction


def _value(m: Array, y: Array, a: Array, *, xp: Any) -> Array:
    if xp.is_quick and xp.are_normal(x := a * m):
        logarithm = xp.log1p(x)
        return _cost(logarithm / a, logarithm, m, y, a, xp)
    # The logarithm of an infinite mean is negligible next to the mean, but in floating point both are
    # infinite.
    finite = least(m, float(xp.finfo(m.dtype).max), xp)
    x = a * finite
    small, whole = x < 1.0, x < xp.inf
    beyond = xp.log(xp.where(whole, 1.0, a)) + xp.log(xp.where(whole, 1.0, finite))
    logarithm = xp.where(whole, xp.log1p(xp.where(whole, x, 0.0)), beyond)
    near = finite * (1.0 + log1p_rest(xp.where(small, x, 0.0), logarithm, xp))
    per_dispersion = xp.where(small, near, logarithm / xp.where(small, 1.0, a))
    per_dispersion = xp.where(m == xp.inf, xp.inf, per_dispersion)
    return _cost(per_dispersion, logarithm, finite, y, a, xp)


def _cost(per_dispersion: Array, logarithm: Array, m: Array, y: Array, a: Array, xp: Any) -> Array:
    return (per_dispersion + (times(y, logarithm, xp) - times(y, xp.log(m), xp))) - log_rising(y, a, xp)


def _full_value(m: Array, y: Array, a: Array, *, xp: Any) -> Array:
    return _value(m, y, a, xp=xp) + log_factorial(y, xp)


def _grad(m: Array, y: Array, a: Array, *, xp: Any) -> Array:
    m = _normal(m, xp)
    return ((m - y) / m) * (1.0 / (1.0 + a * m))


def _hess(m: Array, y: Array, a: Array, *, xp: Any) -> Array:
    m = _normal(m, xp)
    x = a * m
    r, of_x = 1.0 / m, 1.0 / (1.0 + x)
    share = xp.where(x < xp.inf, x * of_x, 1.0)
    return r * ((y * r) * (of_x * (of_x + 2.0 * share)) - of_x * share)


def _normal(m: Array, xp: Any) -> Array:
    """The mean used for derivatives: not 0, where they would be infinite, and not infinite."""
    info = xp.finfo(m.dtype)
    tiny = float(info.smallest_normal)
    return least(xp.where(m < tiny, tiny, m), float(info.max), xp)


_TAKES = (MEANS, COUNTS, DISPERSIONS)
KERNEL = Kernel("negative_binomial", "(),(),()->()", _TAKES, _value, _grad, _hess)
FULL = Kernel("negative_binomial", "(),(),()->()", _TAKES, _full_value, _grad, _hess)


@loss
def negative_binomial(
    means: ArrayT,
    counts: AnyArray | float,
    dispersions: AnyArray | float,
    *,
    constant: bool = False,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Negative binomial negative log-likelihood of overdispersed counts: `poisson` with a dispersion.

    To train a network, use `log_negative_binomial`: it takes log-means, which can be any real numbers.

    .. math:: \ell = (y + 1/\alpha) \log(1 + \alpha\mu) - y \log \mu - \log \Gamma(y + 1/\alpha)
              + \log \Gamma(1/\alpha) - y \log \alpha \quad (+ \log y!)

    Parameters
    ----------
    means : array, shape (...)
        Expected counts :math:`\mu \ge 0`.
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
        If the shapes differ, or means, counts or dispersions are negative.

    Notes
    -----
    It stays accurate for small dispersions: at and near 0 it is the Poisson loss to the last digits.

    Other libraries use the inverse dispersion :math:`\theta = 1/\alpha` (scvi-tools, PyMC), or
    :math:`1/\alpha` successes with a success probability (SciPy :math:`p = 1/(1 + \alpha\mu)`; torch's
    `probs` is :math:`1 - p`). No epsilon is added to the means: a mean of 0 costs 0 if the count is 0,
    otherwise infinity, and the derivatives are those at the smallest normal number.

    `value_and_grad` returns the derivative in the means. For the derivative in the dispersions, use automatic
    differentiation.

    References
    ----------
    J. M. Hilbe, *Negative binomial regression*, 2nd ed., Cambridge 2011 (NB2).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> loss = lossary.negative_binomial(np.array([2.0]), np.array([3.0]), 0.5, constant=True)
    >>> round(float(loss), 6)  # 3 log 2
    2.079442
    """
    return Call(
        FULL if constant else KERNEL,
        means,
        counts,
        dispersions,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
