"""The continuous ranked probability score of an ensemble, with d its m sorted members minus the target:

value  Σ c_i·|d_i|, c_i being (2(m-i)+1)/m² above the target and (2i-1)/m² below it;
       for the fair score 2(m-i)/(m(m-1)) and 2(i-1)/(m(m-1))
grad   c_i·sign(d_i), averaged over equal members: (m + 1 - 2i + k·sign(d_i)) / (m·k), with k = m or m - 1
hess   0

This is the mean of |d| minus half the mean difference over all pairs, rearranged so that nothing cancels: no
term is negative.
"""

from functools import partial
from typing import Any, Literal

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._check import choice, mistake
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import signed_times, total
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, Reduction


def _value(x: Array, y: Array, *, xp: Any, less: int) -> Array:
    d = xp.sort(x - y[..., None], axis=-1)
    rank = xp.astype(xp.arange_like(d), d.dtype) + 1.0
    return xp.sum(signed_times(_slope(d, rank, less, xp), d, xp), axis=-1)


def _grad(x: Array, y: Array, *, xp: Any, less: int) -> Array:
    return _slope(x - y[..., None], xp.ranks(x), less, xp)


def _both(x: Array, y: Array, *, xp: Any, again: Again, less: int) -> tuple[Array, Array]:
    d = x - y[..., None]
    slope = _slope(d, xp.ranks(x), less, xp)
    return xp.sum(signed_times(slope, d, xp), axis=-1), slope


def _hess(x: Array, y: Array, *, xp: Any, less: int) -> Array:
    return 0.0 * xp.sign(x - y[..., None])


def _slope(d: Array, rank: Array, less: int, xp: Any) -> Array:
    """c·sign(d). The numerator is exact: a sum of whole numbers."""
    m = total(xp.ones_like(d), xp)
    k = m - less
    return ((m + 1.0 - 2.0 * rank) + k * xp.sign(d)) * (1.0 / (m * k))


def _kernel(less: int) -> Kernel:
    value, grad, hess, both = [partial(formula, less=less) for formula in (_value, _grad, _hess, _both)]
    takes = (PREDICTIONS, TARGETS)
    return Kernel("crps_ensemble", "(m),()->()", takes, value, grad, hess, both=both, by_column=True)


def _must_be_several(members: AnyArray, axis: int) -> None:
    shape = tuple(members.shape)
    if -len(shape) <= axis < len(shape) and shape[axis] == 1:
        raise mistake(
            "L001",
            f"crps_ensemble: the fair estimator needs at least two members, got one along axis {axis}",
            why="the spread of one member is 0/0",
            fix='estimator="empirical", which is absolute_error for one member',
        )


KERNEL, FAIR = _kernel(0), _kernel(1)


@loss
def crps_ensemble(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    estimator: Literal["empirical", "fair"] = "empirical",
    axis: int = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""CRPS of an ensemble forecast: generalizes `absolute_error` to samples from a predicted distribution.

    .. math:: \ell = \frac1m \sum_i |x_i - y| - \frac{1}{2m^2} \sum_{i,j} |x_i - x_j|

    Parameters
    ----------
    predictions : array, shape (..., m, ...)
        The m members :math:`x_i` on `axis`.
    targets : array, shape (...)
        Real numbers :math:`y`, with the shape of `predictions` without `axis`; or a scalar.
    estimator : "empirical" or "fair"
        `"fair"` uses :math:`2m(m-1)` instead of :math:`2m^2`. For independent members, its expected value
        does not depend on the ensemble size. Use it for training: `"empirical"` favors large ensembles.
    axis : int
        The axis of the members.

    Returns
    -------
    array
        In the units of the targets. With `"fair"` it is also 0 if the target lies within the range of the
        members and all but the lowest and the highest equal it. At least float32.

    Raises
    ------
    LossInputError
        If shapes do not match, or there is only one member and `estimator` is `"fair"`.

    Notes
    -----
    Members are sorted, so the cost is :math:`m \log m` rather than :math:`m^2`. With one member it is
    `absolute_error`. Equal members have the same derivative; at the target it is the derivative of the spread
    alone. The second derivative is 0.

    References
    ----------
    T. Gneiting, A. E. Raftery, *Strictly proper scoring rules, prediction, and estimation*, JASA 102 (2007),
    eq. 21; C. A. T. Ferro, *Fair scores for ensemble forecasts*, Q. J. R. Meteorol. Soc. 140 (2014).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> members, target = np.array([[0.0, 1.0, 4.0]]), np.array([2.0])
    >>> print(f"{lossary.crps_ensemble(members, target):.4f}")
    0.7778
    >>> print(f"{lossary.crps_ensemble(members, target, estimator='fair'):.4f}")
    0.3333
    """
    choice("crps_ensemble", "estimator", estimator, ("empirical", "fair"))
    if estimator == "fair":
        _must_be_several(predictions, axis)
    return Call(
        FAIR if estimator == "fair" else KERNEL,
        predictions,
        targets,
        axis=axis,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
