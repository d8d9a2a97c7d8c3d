"""The Huber loss, with e = predictions - targets and q = min(|e|, δ):

value  q (|e| - q/2): ½e² inside, δ(|e| - δ/2) outside
grad   e inside, ±δ outside
hess   1 inside and at |e| = δ, 0 outside
"""

from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute, clipped, least
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction


def _value(x: Array, y: Array, *, xp: Any, delta: Number = 1.0) -> Array:
    a = absolute(x - y, xp)
    q = least(a, delta, xp)
    return q * (a - 0.5 * q)


def _grad(x: Array, y: Array, *, xp: Any, delta: Number = 1.0) -> Array:
    e = x - y
    return clipped(e, delta, xp)


def _hess(x: Array, y: Array, *, xp: Any, delta: Number = 1.0) -> Array:
    a = absolute(x - y, xp)
    return xp.where(a <= delta, 1.0, xp.where(a > delta, 0.0, a))


KERNEL = Kernel("huber", "(),()->()", (PREDICTIONS, TARGETS), _value, _grad, _hess, functional="huber_loss")


@loss
def huber(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    delta: float | AnyArray = 1.0,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Huber loss: squared near the target, absolute far from it, so outliers have a bounded gradient.

    Unlike `smooth_l1`, it is not divided by :math:`\delta`. For small errors it is half the squared error.

    .. math:: \ell = \begin{cases} \tfrac12 e^2 & |e| \le \delta \\
              \delta\,(|e| - \tfrac12\delta) & |e| > \delta \end{cases} \qquad e = x - y

    Parameters
    ----------
    predictions : array, shape (...)
        Real numbers :math:`x`.
    targets : array, shape (...)
        Real numbers :math:`y`, with the same shape; or a scalar.
    delta : float
        The error at which the loss changes from squared to absolute, in the units of the targets; positive.

    Returns
    -------
    array
        In the units of the targets, squared. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or `delta` is not positive.

    Notes
    -----
    Value and derivative are continuous at :math:`|e| = \delta`. The second derivative there is 1, its value
    inside.

    References
    ----------
    P. J. Huber, *Robust estimation of a location parameter*, Ann. Math. Statist. 35 (1964).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> float(lossary.huber(np.array([0.5, 4.0]), np.zeros(2), delta=2.0))
    3.0625
    """
    return Call(
        KERNEL,
        predictions,
        targets,
        params={"delta": delta},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
