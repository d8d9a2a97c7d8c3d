"""The squared loss of support vector regression, with e = predictions - targets and the tolerance ε:

value  max(|e| - ε, 0)²
grad   2 sign(e) max(|e| - ε, 0)
hess   2 where |e| > ε, else 0
"""

from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute, relu, step
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction


def _value(x: Array, y: Array, *, xp: Any, tolerance: Number = 0.1) -> Array:
    beyond = relu(absolute(x - y, xp) - tolerance, xp)
    return beyond * beyond


def _grad(x: Array, y: Array, *, xp: Any, tolerance: Number = 0.1) -> Array:
    e = x - y
    return 2.0 * (xp.sign(e) * relu(absolute(e, xp) - tolerance, xp))


def _hess(x: Array, y: Array, *, xp: Any, tolerance: Number = 0.1) -> Array:
    return 2.0 * step(absolute(x - y, xp) - tolerance, xp)


KERNEL = Kernel("squared_epsilon_insensitive", "(),()->()", (PREDICTIONS, TARGETS), _value, _grad, _hess)


@loss
def squared_epsilon_insensitive(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    tolerance: float | AnyArray = 0.1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""The squared error beyond a tolerance: the smooth form of `epsilon_insensitive`.

    With tolerance 0 it is `squared_error`.

    .. math:: \ell = \max(|x - y| - \varepsilon,\, 0)^2

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
        In the units of the targets, squared. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or `tolerance` is negative.

    Notes
    -----
    At :math:`|x - y| = \varepsilon` the loss and both derivatives are 0, their values inside.

    References
    ----------
    V. N. Vapnik, *The nature of statistical learning theory*, Springer 1995.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> errors = np.array([0.25, 2.0])
    >>> lossary.squared_epsilon_insensitive(errors, np.zeros(2), tolerance=0.5, reduction="none")
    array([0.  , 2.25])
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
