"""The pinball loss, with u = targets - predictions:

value  τ·u where u > 0, (1-τ)·|u| elsewhere
grad   -τ where u > 0, 1-τ where u < 0, 0 at the kink
hess   0
"""

from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import by_sign
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction


def _value(x: Array, y: Array, *, xp: Any, quantile: Number = 0.5) -> Array:
    return by_sign(y - x, quantile, 1.0 - quantile, xp)


def _grad(x: Array, y: Array, *, xp: Any, quantile: Number = 0.5) -> Array:
    e = x - y
    return xp.where(e > 0, 1.0 - quantile, xp.where(e < 0, -quantile, e))


def _hess(x: Array, y: Array, *, xp: Any, quantile: Number = 0.5) -> Array:
    return 0.0 * xp.sign(x - y)


KERNEL = Kernel("pinball", "(),()->()", (PREDICTIONS, TARGETS), _value, _grad, _hess)


@loss
def pinball(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    quantile: float | AnyArray = 0.5,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Quantile loss: it predicts the quantile τ by charging τ per unit too low and 1 - τ per unit too high.

    At :math:`\tau = \tfrac12` it is half of `absolute_error` and predicts the median.

    .. math:: \ell = \max(\tau u,\, (\tau - 1) u) \qquad u = y - x

    Parameters
    ----------
    predictions : array, shape (...)
        Real numbers :math:`x`.
    targets : array, shape (...)
        Real numbers :math:`y`, with the same shape; or a scalar.
    quantile : float in [0, 1]
        :math:`\tau`, the fraction of targets that should lie below the prediction.

    Returns
    -------
    array
        In the units of the targets. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or `quantile` is outside [0, 1].

    Notes
    -----
    At :math:`x = y` the derivative is 0, one of the subgradients :math:`[-\tau, 1-\tau]`: an exact prediction
    does not move. The second derivative is 0.

    References
    ----------
    R. Koenker, G. Bassett, *Regression quantiles*, Econometrica 46 (1978).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> float(lossary.pinball(np.array([1.0, 2.0]), np.array([0.0, 4.0]), quantile=0.75))
    0.875
    """
    return Call(
        KERNEL,
        predictions,
        targets,
        params={"quantile": quantile},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
