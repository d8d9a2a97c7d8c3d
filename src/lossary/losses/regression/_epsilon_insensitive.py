"""The loss of support vector regression, with e = predictions - targets and the tolerance ε:

value  max(|e| - ε, 0)
grad   sign(e) where |e| > ε, else 0
hess   0
"""

from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute, relu, step
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction


def _value(x: Array, y: Array, *, xp: Any, tolerance: Number = 0.1) -> Array:
    return relu(absolute(x - y, xp) - tolerance, xp)


def _grad(x: Array, y: Array, *, xp: Any, tolerance: Number = 0.1) -> Array:
    e = x - y
    return xp.sign(e) * step(absolute(e, xp) - tolerance, xp)


def _hess(x: Array, y: Array, *, xp: Any, tolerance: Number = 0.1) -> Array:
    return 0.0 * xp.sign(x - y)


KERNEL = Kernel("epsilon_insensitive", "(),()->()", (PREDICTIONS, TARGETS), _value, _grad, _hess)


@loss
def epsilon_insensitive(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    tolerance: float | AnyArray = 0.1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""The absolute error beyond a tolerance, as in support vector regression; errors within it cost nothing.

    With tolerance 0 it is `absolute_error`. `squared_epsilon_insensitive` is its square.

    .. math:: \ell = \max(|x - y| - \varepsilon,\, 0)

    Parameters
    ----------
    predictions : array, shape (...)
        Real numbers :math:`x`.
    targets : array, shape (...)
        Real numbers :math:`y`, with the same shape; or a scalar.
    tolerance : float
        :math:`\varepsilon \ge 0`, the largest error that costs nothing, in the units of the targets. Other
        libraries call it epsilon.

    Returns
    -------
    array
        In the units of the targets. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or `tolerance` is negative.

    Notes
    -----
    At :math:`|x - y| = \varepsilon` the loss and its derivative are 0. The second derivative is 0 everywhere.

    References
    ----------
    V. N. Vapnik, *The nature of statistical learning theory*, Springer 1995.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> lossary.epsilon_insensitive(np.array([0.25, 2.0]), np.zeros(2), tolerance=0.5, reduction="none")
    array([0. , 1.5])
    """
    return Call(
        KERNEL,
        predictions,
        targets,
        params={"tolerance": tolerance},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
