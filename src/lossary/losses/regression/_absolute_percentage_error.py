"""The absolute percentage error, with e = predictions - targets:

value  |e| / |y|
grad   sign(e) / |y|, 0 at the kink
hess   0
"""

from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction


def _value(x: Array, y: Array, *, xp: Any) -> Array:
    ratio = absolute(x - y, xp) / absolute(y, xp)
    if xp.is_quick:
        return ratio
    return xp.where(xp.isinf(y), 1.0 + 0.0 * x, ratio)


def _grad(x: Array, y: Array, *, xp: Any) -> Array:
    return xp.sign(x - y) / absolute(y, xp)


def _hess(x: Array, y: Array, *, xp: Any) -> Array:
    return 0.0 * _grad(x, y, xp=xp)


KERNEL = Kernel("absolute_percentage_error", "(),()->()", (PREDICTIONS, TARGETS), _value, _grad, _hess)


@loss
def absolute_percentage_error(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""The absolute error as a fraction of the target, for targets of very different sizes.

    A fraction, not a percentage. It favors low predictions: one that is too low, but not negative, costs at
    most 1; one that is too high has no bound. The fitted prediction is below the median.

    .. math:: \ell = \frac{|x - y|}{|y|}

    Parameters
    ----------
    predictions : array, shape (...)
        Real numbers :math:`x`.
    targets : array, shape (...)
        Real numbers :math:`y`, not 0, with the same shape; or a scalar.

    Returns
    -------
    array
        Without a unit: 0.1 is an error of ten percent. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ.

    Notes
    -----
    No epsilon is added to the target. If the target is 0, the loss and its gradient are infinite, or NaN
    (0/0) if the prediction is 0 too; mask such examples out with `where=targets != 0`. For an infinite target
    the loss is 1, its limit. At :math:`x = y` the derivative is 0. The second derivative is 0, but NaN for a
    target of 0.

    References
    ----------
    S. Makridakis, *Accuracy measures: theoretical and practical concerns*, Int. J. Forecasting 9 (1993).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> float(lossary.absolute_percentage_error(np.array([1.5, 2.0]), np.array([1.0, 4.0])))
    0.5
    """
    return Call(KERNEL, predictions, targets, weights=weights, where=where, over=over, reduction=reduction)
