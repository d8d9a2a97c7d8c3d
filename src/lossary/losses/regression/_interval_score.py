"""The interval score of bounds l, u and a target y, with α = 1 - coverage:

value  (u - l) + 2/α·(max(l - y, 0) + max(y - u, 0))
grad   -1 + 2/α where y < l, and 1 - 2/α where y > u
hess   0
"""

from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import relu, step
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction


def _value(x: Array, y: Array, *, xp: Any, coverage: Number = 0.9) -> Array:
    low, high = x[..., 0], x[..., 1]
    outside = relu(low - y, xp) + relu(y - high, xp)
    return (high - low) + _cost(coverage) * outside


def _grad(x: Array, y: Array, *, xp: Any, coverage: Number = 0.9) -> Array:
    cost = _cost(coverage)
    slopes = cost * step(x[..., 0] - y, xp) - 1.0, 1.0 - cost * step(y - x[..., 1], xp)
    return xp.stack(slopes, axis=-1)


def _hess(x: Array, y: Array, *, xp: Any, coverage: Number = 0.9) -> Array:
    return 0.0 * step(x - y[..., None], xp)


def _cost(coverage: Number) -> Number:
    return 2.0 / (1.0 - coverage)


KERNEL = Kernel("interval_score", "(2),()->()", (PREDICTIONS, TARGETS), _value, _grad, _hess)


@loss
def interval_score(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    coverage: float | AnyArray = 0.9,
    axis: int = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""The width of a predicted interval plus a penalty for targets outside it (Winkler's score).

    It favors narrow intervals that cover the right fraction of targets: the bounds that minimize it are the
    quantiles :math:`\alpha/2` and :math:`1 - \alpha/2`. It is :math:`2/\alpha` times the sum of their
    `pinball` losses.

    .. math:: \ell = (u - l) + \tfrac{2}{\alpha} \max(l - y,\, 0) + \tfrac{2}{\alpha} \max(y - u,\, 0)
              \qquad \alpha = 1 - \text{coverage}

    Parameters
    ----------
    predictions : array, shape (..., 2)
        The lower bound :math:`l` and the upper bound :math:`u`, along `axis`.
    targets : array, shape (...)
        Real numbers :math:`y`, with the shape of `predictions` without `axis`; or a scalar.
    coverage : float in (0, 1)
        The fraction of targets that should lie inside. The literature uses :math:`\alpha` = 1 - coverage: 0.1
        is `coverage=0.9`.
    axis : int
        The axis of length 2 that holds the bounds.

    Returns
    -------
    array
        In the units of the targets. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, `axis` is not of length 2 or `coverage` is outside (0, 1).

    Notes
    -----
    A target on a bound counts as inside. Crossed bounds are scored by the same formula, which pulls them
    back: between them both penalties apply.

    The MSIS of the M4 competition is this score divided by the error of a seasonal naive forecast: `weights=1
    / error`.

    References
    ----------
    T. Gneiting, A. E. Raftery, *Strictly proper scoring rules, prediction, and estimation*, JASA 102 (2007),
    eq. 43.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> bounds = np.array([[1.0, 4.0], [1.0, 4.0]])
    >>> lossary.interval_score(bounds, np.array([5.0, 2.0]), coverage=0.75, reduction="none")
    array([11.,  3.])
    """
    return Call(
        KERNEL,
        predictions,
        targets,
        axis=axis,
        params={"coverage": coverage},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
