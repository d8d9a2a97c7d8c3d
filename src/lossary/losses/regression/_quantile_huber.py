"""The quantile Huber loss, with e = predictions - targets, q = min(|e|, δ), w = 1 - τ if e > 0, else τ:

value  w q (|e| - q/2)
grad   w e inside, ±w δ outside
hess   w inside and at |e| = δ, 0 outside
"""

from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute, by_sign, clipped, least, slope_by_sign, times
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction


def _value(x: Array, y: Array, *, xp: Any, quantile: Number = 0.5, delta: Number = 1.0) -> Array:
    e = x - y
    a = absolute(e, xp)
    q = least(a, delta, xp)
    return times(by_sign(clipped(e, delta, xp), 1.0 - quantile, quantile, xp), a - 0.5 * q, xp)


def _grad(x: Array, y: Array, *, xp: Any, quantile: Number = 0.5, delta: Number = 1.0) -> Array:
    return slope_by_sign(clipped(x - y, delta, xp), 1.0 - quantile, quantile, xp)


def _hess(x: Array, y: Array, *, xp: Any, quantile: Number = 0.5, delta: Number = 1.0) -> Array:
    e = x - y
    weight = xp.where(e > 0, 1.0 - quantile, xp.where(e <= 0, quantile, e))
    return xp.where(absolute(e, xp) > delta, 0.0, weight)


KERNEL = Kernel("quantile_huber", "(),()->()", (PREDICTIONS, TARGETS), _value, _grad, _hess)


@loss
def quantile_huber(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    quantile: float | AnyArray = 0.5,
    delta: float | AnyArray = 1.0,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""A `pinball` loss smoothed near the target: the loss of quantile regression networks (QR-DQN).

    To compare n predicted quantiles with m target quantiles, broadcast both to shape (n, m), pass the
    quantile levels as an array, and sum over n.

    .. math:: \ell = |\tau - [x > y]| \, h_\delta(x - y)

    where :math:`h_\delta` is the `huber` loss.

    Parameters
    ----------
    predictions : array, shape (...)
        Real numbers :math:`x`.
    targets : array, shape (...)
        Real numbers :math:`y`, with the same shape; or a scalar.
    quantile : float in [0, 1]
        :math:`\tau`, the fraction of targets that should lie below the prediction.
    delta : float
        The error at which the loss changes from squared to absolute, in the units of the targets; positive.

    Returns
    -------
    array
        In the units of the targets, squared. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, `quantile` is outside [0, 1] or `delta` is not positive.

    Notes
    -----
    As in QR-DQN, and unlike IQN, it is not divided by :math:`\delta`. As :math:`\delta` goes to 0 the loss
    goes to 0, and the loss divided by :math:`\delta` goes to `pinball`. At :math:`x = y` the second
    derivative is :math:`\tau`.

    References
    ----------
    W. Dabney et al., *Distributional reinforcement learning with quantile regression*, AAAI 2018.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> lossary.quantile_huber(np.array([0.0, 0.5]), np.array([3.0, 0.0]), quantile=0.25, reduction="none")
    array([0.625  , 0.09375])
    """
    return Call(
        KERNEL,
        predictions,
        targets,
        params={"quantile": quantile, "delta": delta},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
