"""The absolute error, with e = predictions - targets:

value  |e|
grad   sign(e), 0 at the kink
hess   0
"""

from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction


def _value(x: Array, y: Array, *, xp: Any) -> Array:
    return absolute(x - y, xp)


def _grad(x: Array, y: Array, *, xp: Any) -> Array:
    return xp.sign(x - y)


def _hess(x: Array, y: Array, *, xp: Any) -> Array:
    return 0.0 * xp.sign(x - y)


KERNEL = Kernel("absolute_error", "(),()->()", (PREDICTIONS, TARGETS), _value, _grad, _hess)


@loss
def absolute_error(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""The absolute difference: it predicts the median, and outliers pull no harder than other targets.

    .. math:: \ell = |x - y|

    Parameters
    ----------
    predictions : array, shape (...)
        Real numbers :math:`x`.
    targets : array, shape (...)
        Real numbers :math:`y`, with the same shape; or a scalar.

    Returns
    -------
    array
        In the units of the targets. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ.

    Notes
    -----
    At :math:`x = y` the derivative is 0, the middle of the subgradients [-1, 1]: an exact prediction does not
    move. The second derivative is 0.

    References
    ----------
    P.-S. Laplace, *Mémoire sur la probabilité des causes par les évènements*, 1774.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> float(lossary.absolute_error(np.array([1.0, 2.0]), np.array([0.0, 4.0])))
    1.5
    """
    return Call(KERNEL, predictions, targets, weights=weights, where=where, over=over, reduction=reduction)
