"""The error relative to the mean magnitude of prediction x and target y, with s = |x|/2 + |y|/2:

value  2 |x/2 - y/2| / s, 0 where both are 0
grad   sign(x - y) (|y|/s) / s where the signs agree, or x is 0; else 0
hess   -sign(x - y) sign(x) (|y|/s) / s² there
"""

from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction


def _value(x: Array, y: Array, *, xp: Any) -> Array:
    d, s = absolute(0.5 * x - 0.5 * y, xp), _size(x, y, xp)
    if xp.is_quick:
        return 2.0 * (d / s)
    none = s == 0
    s = xp.where(none, 1.0, s)
    # If one is infinite, the limit is that of opposite signs; if both are, there is no limit.
    ratio = xp.where(none, 0.0, xp.where(d == xp.inf, 1.0, d / s))
    if xp.is_differentiated:  # where d is most of s, the derivatives of both would nearly cancel
        smaller = xp.where(absolute(x, xp) < absolute(y, xp), absolute(x, xp), absolute(y, xp))
        apart = 1.0 - xp.where((x > 0) == (y > 0), smaller, 0.0) / s
        ratio = xp.where(d > 0.5 * s, apart, ratio)
    return 2.0 * ratio


def _grad(x: Array, y: Array, *, xp: Any) -> Array:
    slope, _, _ = _slope(x, y, xp)
    return slope


def _hess(x: Array, y: Array, *, xp: Any) -> Array:
    slope, side, s = _slope(x, y, xp)
    return -(slope * side) / s


def _slope(x: Array, y: Array, xp: Any) -> tuple[Array, Array, Array]:
    """The derivative, the sign that both share, and s, or 1 where s is 0."""
    s = _size(x, y, xp)
    s = xp.where(s == 0, 1.0, s)
    up, of_y = xp.sign(x), xp.sign(y)
    side = xp.where(up == 0, of_y, up)
    agree = xp.where(side * of_y > 0, xp.sign(x - y), 0.0 * side * of_y)
    return agree * (xp.where(s == xp.inf, 0.0, xp.abs(y) / s) / s), side, s


def _size(x: Array, y: Array, xp: Any) -> Array:
    return 0.5 * absolute(x, xp) + 0.5 * absolute(y, xp)


KERNEL = Kernel(
    "symmetric_absolute_percentage_error", "(),()->()", (PREDICTIONS, TARGETS), _value, _grad, _hess
)


@loss
def symmetric_absolute_percentage_error(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""The error relative to the mean magnitude of prediction and target (SMAPE): a fraction from 0 to 2.

    Use it to evaluate forecasts rather than to train: if prediction and target differ in sign, it is 2 and
    has zero gradient.

    .. math:: \ell = \frac{2\,|x - y|}{|x| + |y|}

    Parameters
    ----------
    predictions : array, shape (...)
        Real numbers :math:`x`.
    targets : array, shape (...)
        Real numbers :math:`y`, with the same shape; or a scalar.

    Returns
    -------
    array
        A fraction; 100 times it is the percentage of the M4 competition. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ.

    Notes
    -----
    Where both are 0, the loss and its gradient are 0. At a prediction of 0 the derivative is the one on the
    side of the target. Other definitions omit the factor 2 or multiply by 100.

    References
    ----------
    J. S. Armstrong, *Long-range forecasting*, Wiley 1985; S. Makridakis et al., *The M4 competition*, Int. J.
    Forecast. 36 (2020).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> x, y = np.array([3.0, 0.0, -1.0]), np.array([1.0, 0.0, 1.0])
    >>> lossary.symmetric_absolute_percentage_error(x, y, reduction="none")
    array([1., 0., 2.])
    """
    return Call(
        KERNEL,
        predictions,
        targets,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
