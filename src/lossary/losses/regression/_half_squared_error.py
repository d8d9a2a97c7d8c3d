"""Half the squared error, with e = predictions - targets:

value  ½e²
grad   e
hess   1
"""

from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction


def _value(x: Array, y: Array, *, xp: Any) -> Array:
    e = x - y
    return e * (0.5 * e)


def _grad(x: Array, y: Array, *, xp: Any) -> Array:
    return x - y


def _hess(x: Array, y: Array, *, xp: Any) -> Array:
    return 1.0 + 0.0 * xp.sign(x - y)


KERNEL = Kernel("half_squared_error", "(),()->()", (PREDICTIONS, TARGETS), _value, _grad, _hess)


@loss
def half_squared_error(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Half the squared difference: it predicts the mean of the targets, and its gradient is the error.

    Half of `squared_error`; equals `huber` for errors up to its `delta`.

    .. math:: \ell = \tfrac12 (x - y)^2

    Parameters
    ----------
    predictions : array, shape (...)
        Real numbers :math:`x`.
    targets : array, shape (...)
        Real numbers :math:`y`, with the same shape; or a scalar.

    Returns
    -------
    array
        In the units of the targets, squared. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ.

    Notes
    -----
    The value is infinite where half the square overflows the dtype (:math:`|e| > 2.6\cdot10^{19}` in
    float32); the gradient is still correct there.

    References
    ----------
    C. F. Gauss, *Theoria combinationis observationum erroribus minimis obnoxiae*, 1823.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> float(lossary.half_squared_error(np.array([1.0, 2.0]), np.array([0.0, 4.0])))
    1.25
    """
    return Call(KERNEL, predictions, targets, weights=weights, where=where, over=over, reduction=reduction)
