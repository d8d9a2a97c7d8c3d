"""The logarithm of the hyperbolic cosine, with e = predictions - targets:

value  log cosh(e)
grad   tanh(e)
hess   1/cosh²(e)
"""

from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import log_cosh as log_cosh_of
from lossary._math import log_cosh_and_tanh, sech_squared, tanh
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, Reduction


def _value(x: Array, y: Array, *, xp: Any) -> Array:
    return log_cosh_of(x - y, xp)


def _grad(x: Array, y: Array, *, xp: Any) -> Array:
    return tanh(x - y, xp)


def _both(x: Array, y: Array, *, xp: Any, again: Again) -> tuple[Array, Array]:
    return log_cosh_and_tanh(x - y, xp)


def _hess(x: Array, y: Array, *, xp: Any) -> Array:
    return sech_squared(x, y, xp)


KERNEL = Kernel("log_cosh", "(),()->()", (PREDICTIONS, TARGETS), _value, _grad, _hess, both=_both)


@loss
def log_cosh(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Log-cosh: half the squared error near the target, the absolute error far from it, smooth everywhere.

    Like `huber` with `delta` 1, but with derivatives of every order. It has no scale parameter: to move the
    point where it changes from squared to absolute, scale the predictions and targets.

    .. math:: \ell = \log\cosh(x - y)

    Parameters
    ----------
    predictions : array, shape (...)
        Real numbers :math:`x`.
    targets : array, shape (...)
        Real numbers :math:`y`, with the same shape; or a scalar.

    Returns
    -------
    array
        At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ.

    Notes
    -----
    It is accurate for errors of any size: :math:`\tfrac12 e^2` to the last bits for tiny errors, :math:`|e| -
    \log 2` without overflow for huge ones.

    References
    ----------
    P. J. Green, *Bayesian reconstructions from emission tomography data using a modified EM algorithm*, IEEE
    Trans. Med. Imaging 9 (1990).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> float(lossary.log_cosh(np.array([1e-8]), np.array([0.0])))
    5e-17
    """
    return Call(KERNEL, predictions, targets, weights=weights, where=where, over=over, reduction=reduction)
