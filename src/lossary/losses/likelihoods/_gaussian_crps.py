"""The continuous ranked probability score of a normal distribution, with e = predictions - targets, w = e/σ:

value  e·erf(w/√2) + σ·(2φ(w) - 1/√π)
grad   erf(w/√2)
hess   2φ(w)/σ

φ is the density of the standard normal distribution. The argument is σ².
"""

from math import pi, sqrt
from typing import Any, NamedTuple

from lossary._arguments import PREDICTIONS, TARGETS, VARIANCES
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute, bell, erf
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, Reduction

_TWICE_DENSITY = 2 / sqrt(2 * pi)
_PER_ROOT_PI = 1 / sqrt(pi)


def _value(x: Array, y: Array, v: Array, *, xp: Any) -> Array:
    return _cost(_at(x, y, v, xp), xp)


def _grad(x: Array, y: Array, v: Array, *, xp: Any) -> Array:
    return _slope(_at(x, y, v, xp), xp)


def _both(x: Array, y: Array, v: Array, *, xp: Any, again: Again) -> tuple[Array, Array]:
    at = _at(x, y, v, xp)
    return _cost(at, xp), _slope(at, xp)


class _At(NamedTuple):
    e: Array
    sd: Array
    empty: Array
    """Where σ is 0; None if that needs no care."""
    w: Array
    erf: Array


def _at(x: Array, y: Array, v: Array, xp: Any) -> _At:
    e = x - y
    if xp.is_quick:  # only 0/0 gives NaN
        sd, empty = xp.sqrt(v), None
        w = e / sd
    else:
        sd, empty = _deviation(v, xp)
        w = xp.where(empty, 0.0, e / sd)
    return _At(e, sd, empty, w, erf(w * sqrt(0.5), xp))


def _cost(at: _At, xp: Any) -> Array:
    spread = at.sd * (_TWICE_DENSITY * xp.exp(-0.5 * (at.w * at.w)) - _PER_ROOT_PI)
    found = at.e * at.erf + spread
    return found if at.empty is None else xp.where(at.empty, absolute(at.e, xp), found)


def _slope(at: _At, xp: Any) -> Array:
    return at.erf if at.empty is None else xp.where(at.empty, xp.sign(at.e), at.erf)


def _hess(x: Array, y: Array, v: Array, *, xp: Any) -> Array:
    sd, empty = _deviation(v, xp)
    wide = sd == xp.inf
    sd = xp.where(wide, 1.0, sd)
    density = xp.where(wide, 0.0, _TWICE_DENSITY * bell(x, y, sd, xp) / sd)
    return xp.where(empty, xp.where(x == y, xp.inf, 0.0 * xp.sign(x - y)), density)


def _deviation(v: Array, xp: Any) -> tuple[Array, Array]:
    """The standard deviation, with 1 in place of 0, and where it is 0."""
    empty = v == 0
    return xp.sqrt(xp.where(empty, 1.0, v)), empty


KERNEL = Kernel(
    "gaussian_crps", "(),(),()->()", (PREDICTIONS, TARGETS, VARIANCES), _value, _grad, _hess, both=_both
)


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
