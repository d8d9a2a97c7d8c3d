"""The squared logarithmic error, with d = log(1 + x) - log(1 + y):

value  d²
grad   2d / (1 + x)
hess   2(1 - d) / (1 + x)²

The smaller of x and y is l: |d| = log1p(|x - y| / (1 + l)). The difference of two logarithms would cancel.
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
    # By `where` its derivatives at x = y are right as well.
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
    r = 1.0 / (1.0 + x)  # whose square may be too small, but not the product with one after the other
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
    r"""The squared difference of logarithms: what counts is the ratio of prediction and target.

    For amounts that are not negative and range over orders of magnitude, such as prices. One is added to
    both, so that amounts of 0 have a logarithm.

    .. math:: \ell = \left(\log\frac{1 + x}{1 + y}\right)^2

    Parameters
    ----------
    predictions : array, shape (...)
        Amounts :math:`x`, mostly not negative; at least -1.
    targets : array, shape (...)
        Amounts :math:`y` of the same kind and shape; or one number.

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
    Amounts between -1 and 0 have a logarithm as well, and are not clipped: predictions that are not far below
    0 are driven back. At -1 the loss is infinite. Where the amount that is predicted is more than :math:`e`
    times as much as the target (1 added to both), the second derivative is negative: the loss is not convex.

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
