"""The negative log-likelihood of a Laplace distribution, with e = predictions - targets and the scale b:

value  log b + |e|/b; with the constant also log 2
grad   sign(e)/b
hess   0
"""

from math import inf, log
from typing import Any

from lossary._arguments import PREDICTIONS, SCALES, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction

_LOG2 = log(2)


def _value(x: Array, y: Array, b: Array, *, xp: Any) -> Array:
    e = absolute(x - y, xp)
    if xp.is_quick:
        return xp.log(b) + e / b
    empty = b == 0
    width = xp.where(empty, 1.0, b)
    return xp.where(empty, xp.where(e == 0, -inf, xp.where(e > 0, inf, e)), xp.log(width) + e / width)


def _full_value(x: Array, y: Array, b: Array, *, xp: Any) -> Array:
    return _value(x, y, b, xp=xp) + _LOG2


def _grad(x: Array, y: Array, b: Array, *, xp: Any) -> Array:
    e = x - y
    return xp.sign(e) / (b if xp.is_quick else xp.where((e == 0) & (b == 0), 1.0, b))


def _hess(x: Array, y: Array, b: Array, *, xp: Any) -> Array:
    return 0.0 * xp.sign(x - y) + 0.0 * xp.sign(b)


_TAKES = (PREDICTIONS, TARGETS, SCALES)
KERNEL = Kernel("laplace_nll", "(),(),()->()", _TAKES, _value, _grad, _hess)
FULL = Kernel("laplace_nll", "(),(),()->()", _TAKES, _full_value, _grad, _hess)


@loss
def laplace_nll(
    predictions: ArrayT,
    targets: AnyArray | float,
    scales: AnyArray | float,
    *,
    constant: bool = False,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Laplace negative log-likelihood: `absolute_error` with a predicted scale.

    .. math:: \ell = \log b + \frac{|x - y|}{b} \quad (+ \log 2)

    Parameters
    ----------
    predictions : array, shape (...)
        Medians :math:`x` of the distributions.
    targets : array, shape (...)
        Real numbers :math:`y`, with the same shape; or a scalar.
    scales : array, shape (...)
        Mean absolute errors :math:`b \ge 0`, with the same shape; or a scalar.
    constant : bool
        Whether to add :math:`\log 2`, to make the loss the negative logarithm of a density.

    Returns
    -------
    array
        In nats; negative where the density is large. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or scales are negative.

    Notes
    -----
    For an exact prediction the derivative is 0, as with `absolute_error`. Scales are not clipped: at scale 0
    the loss is :math:`-\infty` if the prediction is exact, and :math:`\infty` otherwise.

    `value_and_grad` returns the derivative in the predictions. For the derivative in the scales, use
    automatic differentiation.

    References
    ----------
    S. Kotz, T. J. Kozubowski, K. Podgórski, *The Laplace distribution and generalizations*, Birkhäuser 2001.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> float(lossary.laplace_nll(np.array([3.0]), np.zeros(1), np.ones(1)))
    3.0
    """
    return Call(
        FULL if constant else KERNEL,
        predictions,
        targets,
        scales,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
