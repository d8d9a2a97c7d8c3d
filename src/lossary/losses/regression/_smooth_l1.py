"""The smooth L1 loss, with e = predictions - targets and q = min(|e|, β):

value  q/β (|e| - q/2): ½e²/β inside, |e| - β/2 outside
grad   e/β inside, ±1 outside
hess   1/β inside and at |e| = β, 0 outside
"""

from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute, clipped, least
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction


def _value(x: Array, y: Array, *, xp: Any, beta: Number = 1.0) -> Array:
    a = absolute(x - y, xp)
    q = least(a, beta, xp)
    return (q / beta) * (a - 0.5 * q)


def _grad(x: Array, y: Array, *, xp: Any, beta: Number = 1.0) -> Array:
    r = (x - y) / beta
    return clipped(r, 1.0, xp)


def _hess(x: Array, y: Array, *, xp: Any, beta: Number = 1.0) -> Array:
    a = absolute(x - y, xp)
    return xp.where(a <= beta, 1.0 / beta, xp.where(a > beta, 0.0, a))


KERNEL = Kernel(
    "smooth_l1", "(),()->()", (PREDICTIONS, TARGETS), _value, _grad, _hess, functional="smooth_l1_loss"
)


@loss
def smooth_l1(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    beta: float | AnyArray = 1.0,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Smooth L1: the absolute error, smoothed near the target; its gradient never exceeds 1.

    Unlike `huber`, it is divided by the width of the smooth region: `huber` with `delta` :math:`= \beta` is
    :math:`\beta` times as large. As :math:`\beta \to 0` it becomes `absolute_error`.

    .. math:: \ell = \begin{cases} e^2 / (2\beta) & |e| \le \beta \\
              |e| - \tfrac12\beta & |e| > \beta \end{cases} \qquad e = x - y

    Parameters
    ----------
    predictions : array, shape (...)
        Real numbers :math:`x`.
    targets : array, shape (...)
        Real numbers :math:`y`, with the same shape; or a scalar.
    beta : float
        The error at which the loss changes from squared to absolute, in the units of the targets; positive.

    Returns
    -------
    array
        In the units of the targets. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or `beta` is not positive.

    Notes
    -----
    Value and derivative are continuous at :math:`|e| = \beta`. The second derivative there is
    :math:`1/\beta`, its value inside.

    References
    ----------
    R. Girshick, *Fast R-CNN*, ICCV 2015, for :math:`\beta = 1`.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> float(lossary.smooth_l1(np.array([0.5, 4.0]), np.zeros(2), beta=2.0))
    1.53125
    """
    return Call(
        KERNEL,
        predictions,
        targets,
        params={"beta": beta},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
