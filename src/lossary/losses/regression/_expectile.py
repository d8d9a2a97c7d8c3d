"""The expectile loss, with e = predictions - targets and w = 1 - τ where e > 0, τ elsewhere:

value  w e²
grad   2 w e
hess   2 w
"""

from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute, by_sign, is_number, slope_by_sign
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction


def _value(x: Array, y: Array, *, xp: Any, level: Number = 0.5) -> Array:
    e = x - y
    if is_number(level, 0.5):
        return (0.5 * e) * e
    return absolute(e, xp) * by_sign(e, 1.0 - level, level, xp)


def _grad(x: Array, y: Array, *, xp: Any, level: Number = 0.5) -> Array:
    if is_number(level, 0.5):
        return x - y
    return 2.0 * slope_by_sign(x - y, 1.0 - level, level, xp)


def _hess(x: Array, y: Array, *, xp: Any, level: Number = 0.5) -> Array:
    e = x - y
    return 2.0 * xp.where(e > 0, 1.0 - level, xp.where(e <= 0, level, e))


KERNEL = Kernel("expectile", "(),()->()", (PREDICTIONS, TARGETS), _value, _grad, _hess)


@loss
def expectile(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    level: float | AnyArray = 0.5,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""An asymmetric squared error: it predicts an expectile, as `pinball` predicts a quantile.

    Unlike `pinball`, its slope is continuous and its curvature positive, so it works with Newton's method and
    boosted trees. At :math:`\tau = \tfrac12` it is half of `squared_error` and predicts the mean.

    .. math:: \ell = |\tau - [x > y]| \, (x - y)^2

    Parameters
    ----------
    predictions : array, shape (...)
        Real numbers :math:`x`.
    targets : array, shape (...)
        Real numbers :math:`y`, with the same shape; or a scalar.
    level : float in (0, 1)
        :math:`\tau`, the weight of predictions that are too low; predictions that are too high have weight
        :math:`1 - \tau`.

    Returns
    -------
    array
        In the units of the targets, squared. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or `level` is outside (0, 1).

    Notes
    -----
    :math:`\tau` weights targets above the prediction, as in Newey and Powell and like the quantile of
    `pinball`. Some implementations swap the sides or include a factor of one half. At :math:`x = y` the
    second derivative is :math:`2\tau`, the value for targets above the prediction.

    References
    ----------
    W. K. Newey, J. L. Powell, *Asymmetric least squares estimation and testing*, Econometrica 55 (1987).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> lossary.expectile(np.array([1.0, 3.0]), np.array([3.0, 1.0]), level=0.75, reduction="none")
    array([3., 1.])
    """
    return Call(
        KERNEL,
        predictions,
        targets,
        params={"level": level},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
