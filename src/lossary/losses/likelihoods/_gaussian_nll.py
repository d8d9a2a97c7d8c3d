"""The negative log-likelihood of a normal distribution, with e = predictions - targets and the variance v:

value  ½(log v + e²/v); with the constant also ½ log 2π
grad   e/v
hess   1/v
"""

from math import inf, log, pi
from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS, VARIANCES
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction

_HALF_LOG_2PI = 0.5 * log(2 * pi)


def _value(x: Array, y: Array, v: Array, *, xp: Any) -> Array:
    e = x - y
    # The square may overflow the dtype where the quotient does not.
    nll = 0.5 * xp.log(v) + (0.5 * e) * (e / v)
    if xp.is_quick:
        return nll
    return xp.where(v == 0, xp.where(e == 0, -inf, xp.abs(e) / v), nll)


def _full_value(x: Array, y: Array, v: Array, *, xp: Any) -> Array:
    return _value(x, y, v, xp=xp) + _HALF_LOG_2PI


def _grad(x: Array, y: Array, v: Array, *, xp: Any) -> Array:
    e = x - y
    return e / v if xp.is_quick else xp.where((e == 0) & (v == 0), 0.0, e / v)


def _hess(x: Array, y: Array, v: Array, *, xp: Any) -> Array:
    return 1.0 / v + 0.0 * xp.sign(x - y)


_TAKES = (PREDICTIONS, TARGETS, VARIANCES)
KERNEL = Kernel("gaussian_nll", "(),(),()->()", _TAKES, _value, _grad, _hess)
FULL = Kernel("gaussian_nll", "(),(),()->()", _TAKES, _full_value, _grad, _hess)


@loss
def gaussian_nll(
    predictions: ArrayT,
    targets: AnyArray | float,
    variances: AnyArray | float,
    *,
    constant: bool = False,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Gaussian negative log-likelihood: fits means and variances, so a model predicts its uncertainty.

    With one variance for all examples, it is `half_squared_error` up to scale and a constant.

    .. math:: \ell = \tfrac12 \left(\log v + \frac{(x - y)^2}{v}\right) \quad (+ \tfrac12 \log 2\pi)

    Parameters
    ----------
    predictions : array, shape (...)
        Means :math:`x` of the distributions.
    targets : array, shape (...)
        Real numbers :math:`y`, with the same shape; or a scalar.
    variances : array, shape (...)
        Squared standard deviations :math:`v \ge 0`, with the same shape; or a scalar.
    constant : bool
        Whether to add :math:`\tfrac12 \log 2\pi`, to make the loss the negative logarithm of a density.

    Returns
    -------
    array
        In nats; negative where the density is large. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or variances are negative.

    Notes
    -----
    Variances are not clipped: the loss and its gradients are those of the given variances, so tiny predicted
    variances show up in the loss. At variance 0 the loss is :math:`-\infty` with derivative 0 if the
    prediction is exact, and :math:`\infty` otherwise.

    `value_and_grad` returns the derivative in the predictions. For the derivative in the variances, use
    automatic differentiation.

    References
    ----------
    D. A. Nix, A. S. Weigend, *Estimating the mean and variance of the target probability distribution*,
    ICNN 1994.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> float(lossary.gaussian_nll(np.array([1.0]), np.array([3.0]), np.array([4.0])))  # log 2 + 1/2
    1.1931471805599454
    """
    return Call(
        FULL if constant else KERNEL,
        predictions,
        targets,
        variances,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
