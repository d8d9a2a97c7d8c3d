"""The continuous ranked probability score of a normal distribution, with e = predictions - targets, w = e/σ:

value  e·erf(w/√2) + σ·(2φ(w) - 1/√π)
grad   erf(w/√2)
hess   2φ(w)/σ

φ is the density of the standard normal distribution. The argument is σ².
"""

from math import pi, sqrt
from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS, VARIANCES
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute, bell, erf, sign
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction

_TWICE_DENSITY = 2 / sqrt(2 * pi)
_PER_ROOT_PI = 1 / sqrt(pi)


def _value(x: Array, y: Array, v: Array, *, xp: Any) -> Array:
    e = absolute(x - y, xp)
    sd, empty = _deviation(v, xp)
    w = xp.where(empty, 0.0, e / sd)
    spread = sd * (_TWICE_DENSITY * xp.exp(-0.5 * (w * w)) - _PER_ROOT_PI)
    return xp.where(empty, e, e * erf(w * sqrt(0.5), xp) + spread)


def _grad(x: Array, y: Array, v: Array, *, xp: Any) -> Array:
    e = x - y
    sd, empty = _deviation(v, xp)
    return xp.where(empty, sign(e, xp), erf(e / sd * sqrt(0.5), xp))


def _hess(x: Array, y: Array, v: Array, *, xp: Any) -> Array:
    sd, empty = _deviation(v, xp)
    wide = sd == xp.inf
    sd = xp.where(wide, 1.0, sd)
    density = xp.where(wide, 0.0, _TWICE_DENSITY * bell(x, y, sd, xp) / sd)
    return xp.where(empty, xp.where(x == y, xp.inf, 0.0 * sign(x - y, xp)), density)


def _deviation(v: Array, xp: Any) -> tuple[Array, Array]:
    """The standard deviation, with 1 in place of 0, and where it is 0."""
    empty = v == 0
    return xp.sqrt(xp.where(empty, 1.0, v)), empty


KERNEL = Kernel("gaussian_crps", "(),(),()->()", (PREDICTIONS, TARGETS, VARIANCES), _value, _grad, _hess)


@loss
def gaussian_crps(
    predictions: ArrayT,
    targets: AnyArray | float,
    variances: AnyArray | float,
    *,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""CRPS of a normal distribution: generalizes `absolute_error` to forecasts with a predicted variance.

    Like `gaussian_nll`, it is a proper score. Unlike it, it is in the units of the targets, never negative,
    and penalizes a confident mistake by its size rather than its square. Both take the same arguments, so you
    can swap them.

    .. math:: \ell = \sigma \left( w\,\operatorname{erf}(w/\sqrt2) + 2\varphi(w) - 1/\sqrt\pi \right)
              \qquad w = \frac{x - y}{\sigma}

    Parameters
    ----------
    predictions : array, shape (...)
        Means :math:`x` of the distributions.
    targets : array, shape (...)
        Real numbers :math:`y`, with the same shape; or a scalar.
    variances : array, shape (...)
        Squared standard deviations :math:`\sigma^2 \ge 0`, with the same shape; or a scalar.

    Returns
    -------
    array
        In the units of the targets. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or variances are negative.

    Notes
    -----
    At variance 0 it is `absolute_error`. Like `gaussian_nll`, it takes variances; other libraries take
    :math:`\sigma`.

    `value_and_grad` returns the derivative in the predictions. For the derivative in the variances, use
    automatic differentiation.

    References
    ----------
    T. Gneiting et al., *Calibrated probabilistic forecasting using ensemble model output statistics and
    minimum CRPS estimation*, Mon. Weather Rev. 133 (2005).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> lossary.gaussian_crps(np.array([1.0, 0.0]), np.zeros(2), 4.0, reduction="none").round(6)
    array([0.662807, 0.46739 ])
    """
    return Call(
        KERNEL,
        predictions,
        targets,
        variances,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
