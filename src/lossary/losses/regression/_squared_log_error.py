"""The squared logarithmic error, with d = log(1 + x) - log(1 + y):

value  d²
grad   2d / (1 + x)
hess   2(1 - d) / (1 + x)²

With l the smaller of x and y, |d| = log1p(|x - y| / (1 + l)). A difference of two logarithms would cancel.
"""

from math import inf
from typing import Any

from lossary._arguments import AMOUNTS, TRUE_AMOUNTS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction


def _distance(x: Array, y: Array, xp: Any) -> Array:
    """|d|."""
    # `where` makes its derivatives at x = y correct too.
    low = xp.where(x > y, y, x) if xp.is_differentiated else xp.minimum(x, y)
    return xp.log1p(absolute(x - y, xp) / (1.0 + low))


def _difference(x: Array, y: Array, xp: Any) -> Array:
    """d."""
    d = _distance(x, y, xp)
    return xp.where(x > y, d, -d)


def _value(x: Array, y: Array, *, xp: Any) -> Array:
    d = _distance(x, y, xp)
    return d * d


def _grad(x: Array, y: Array, *, xp: Any) -> Array:
    return _flat_at_infinity(x, y, 2.0 * (_difference(x, y, xp) / (1.0 + x)), xp)


def _hess(x: Array, y: Array, *, xp: Any) -> Array:
    r = 1.0 / (1.0 + x)  # its square may underflow; multiplying by one after the other does not
    return _flat_at_infinity(x, y, ((2.0 - 2.0 * _difference(x, y, xp)) * r) * r, xp)


def _flat_at_infinity(x: Array, y: Array, derivative: Array, xp: Any) -> Array:
    return derivative if xp.is_quick else xp.where(x == inf, 0.0 * y, derivative)


KERNEL = Kernel("squared_log_error", "(),()->()", (AMOUNTS, TRUE_AMOUNTS), _value, _grad, _hess)


@loss
def squared_log_error(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""The squared difference of logarithms: it measures the ratio of prediction to target.

    For nonnegative amounts that span orders of magnitude, such as prices. Adding 1 to both makes the
    logarithm of 0 finite.

    .. math:: \ell = \left(\log\frac{1 + x}{1 + y}\right)^2

    Parameters
    ----------
    predictions : array, shape (...)
        Amounts :math:`x`, at least -1 and usually not negative.
    targets : array, shape (...)
        Amounts :math:`y` of the same kind and shape; or a scalar.

    Returns
    -------
    array
        Dimensionless. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or an amount is less than -1.

    Notes
    -----
    Amounts between -1 and 0 are valid and not clipped, so predictions slightly below 0 are pushed back. At -1
    the loss is infinite. The loss is not convex: if the prediction plus 1 is more than :math:`e` times the
    target plus 1, the second derivative is negative.

    References
    ----------
    Made popular, with a root, by the competitions of Kaggle (*Bike Sharing Demand*, 2014).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> float(lossary.squared_log_error(np.array([0.0]), np.array([np.e - 1])))
    1.0
    """
    return Call(KERNEL, predictions, targets, weights=weights, where=where, over=over, reduction=reduction)
