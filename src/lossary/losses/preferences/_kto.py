"""Kahneman-Tversky optimization, with z = β·(log_ratios - baselines), p = σ(z), q = σ(-z) and labels y:

value  y q + (1-y) p
grad   β (1-2y) p q
hess   β² (1-2y) p q (q - p)
"""

from typing import Any

from lossary._arguments import BASELINES, LABELS, LOG_RATIOS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import sigmoids, tanh
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction


def _value(x: Array, y: Array, k: Array, *, xp: Any, beta: Number = 0.1) -> Array:
    p, q = sigmoids(beta * (x - k), xp)
    return y * q + (1.0 - y) * p


def _grad(x: Array, y: Array, k: Array, *, xp: Any, beta: Number = 0.1) -> Array:
    p, q = sigmoids(beta * (x - k), xp)
    return beta * ((1.0 - 2.0 * y) * (p * q))


def _hess(x: Array, y: Array, k: Array, *, xp: Any, beta: Number = 0.1) -> Array:
    z = beta * (x - k)
    p, q = sigmoids(z, xp)
    return (beta * (1.0 - 2.0 * y)) * (beta * (p * q)) * -tanh(0.5 * z, xp)


KERNEL = Kernel("kto", "(),(),()->()", (LOG_RATIOS, LABELS, BASELINES), _value, _grad, _hess)


@loss
def kto(
    log_ratios: ArrayT,
    labels: AnyArray | float,
    baselines: AnyArray | float,
    *,
    beta: float | AnyArray = 0.1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Kahneman-Tversky optimization (KTO): learn from answers labeled good or bad, without pairs.

    .. math:: \ell = y\,\sigma(-z) + (1 - y)\,\sigma(z) \qquad z = \beta\,(r - k)

    Parameters
    ----------
    log_ratios : array, shape (...)
        Log-ratios :math:`r` of the answers: log-probability under the model minus log-probability under the
        reference, summed over the tokens.
    labels : array, shape (...)
        :math:`y`: 1 for a good answer, 0 for a bad one, or the probability of good; or a scalar.
    baselines : array, shape (...)
        :math:`k`, the point between gain and loss, with the same shape; or a scalar. An estimate of the
        divergence from the reference, at least 0, meant as a constant.
    beta : float
        :math:`\beta > 0`, how quickly gains and losses level off.

    Returns
    -------
    array
        From 0 to 1. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, labels are outside [0, 1] or `beta` is not positive.

    Notes
    -----
    For the paper's :math:`\lambda` of good and bad answers, use `weights`. With automatic differentiation,
    stop the gradient of the baseline; otherwise it gets one.

    References
    ----------
    K. Ethayarajh et al., *KTO: model alignment as prospect theoretic optimization*, ICML 2024.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> lossary.kto(np.array([0.4, -0.3]), np.array([1, 0]), 0.2, reduction="none").round(6)
    array([0.495   , 0.487503])
    """
    return Call(
        KERNEL,
        log_ratios,
        labels,
        baselines,
        params={"beta": beta},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
