"""The negative log-likelihood of a gamma distribution, with the logarithm s of the mean and the target y:

value  y·exp(-s) + s
grad   1 - y·exp(-s)
hess   y·exp(-s)
"""

from math import inf
from typing import Any

from lossary._arguments import LOG_MEANS, QUANTITIES
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import times_exp
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction


def _value(s: Array, y: Array, *, xp: Any) -> Array:
    nll = times_exp(y, -1.0, s, xp) + s
    if xp.is_quick:
        return nll
    return xp.where((s == -inf) & (y > 0), inf, nll)


def _grad(s: Array, y: Array, *, xp: Any) -> Array:
    return 1.0 - times_exp(y, -1.0, s, xp)


def _hess(s: Array, y: Array, *, xp: Any) -> Array:
    return times_exp(y, -1.0, s, xp)


KERNEL = Kernel("log_gamma_nll", "(),()->()", (LOG_MEANS, QUANTITIES), _value, _grad, _hess)


@loss
def log_gamma_nll(
    log_means: ArrayT,
    targets: AnyArray | float,
    *,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Gamma negative log-likelihood of positive amounts, such as costs or durations, given log-means.

    It assumes a standard deviation proportional to the mean. It takes the raw output of a network or boosted
    trees: the log link of gamma regression.

    .. math:: \ell = y\,e^{-s} + s

    Parameters
    ----------
    log_means : array, shape (...)
        Logarithms :math:`s` of the means. At :math:`\pm\infty` the loss takes its limit.
    targets : array, shape (...)
        Amounts :math:`y \ge 0`, with the same shape; or a scalar.

    Returns
    -------
    array
        In nats; negative where amounts are small. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or targets are negative.

    Notes
    -----
    Terms that depend only on the targets are omitted, and so is the shape of the distribution, a factor of
    the loss. For shape 1, the exponential distribution, it is the full negative log-likelihood.

    scikit-learn's mean gamma deviance is twice the difference between this loss and that of a perfect
    prediction, :math:`s = \log y`. Targets of 0 have a loss but no deviance, and no gamma distribution
    generates them: see `log_tweedie`.

    References
    ----------
    P. McCullagh, J. A. Nelder, *Generalized linear models*, 2nd ed., Chapman and Hall 1989, chapter 8.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> float(lossary.log_gamma_nll(np.array([0.0, 1.0]), np.array([2.0, 0.0])))
    1.5
    """
    return Call(
        KERNEL,
        log_means,
        targets,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
