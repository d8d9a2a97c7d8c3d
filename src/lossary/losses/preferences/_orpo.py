"""The odds-ratio term of preference optimization. With probabilities P = exp(chosen) and R = exp(rejected), h
the log of their odds ratio, and D = (1 - R)·P/R + (1 - P):

value  softplus(-h)
grad   -1 / D
hess   (1 - 2R)·P/R / D²
"""

from typing import Any

from lossary._arguments import CHOSEN_LOG_PROBS, REJECTED_LOG_PROBS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import exp_and_rest, log_ratio, negative_part, one_minus_exp, softplus_tail
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, Reduction


def _value(x: Array, y: Array, *, xp: Any) -> Array:
    return _cost(x, y, exp_and_rest(0.0 - x, xp), exp_and_rest(0.0 - y, xp), xp)


def _grad(x: Array, y: Array, *, xp: Any) -> Array:
    return _slope(x, y, one_minus_exp(-x, xp), one_minus_exp(-y, xp), xp)


def _both(x: Array, y: Array, *, xp: Any, again: Again) -> tuple[Array, Array]:
    of_x, of_y = exp_and_rest(0.0 - x, xp), exp_and_rest(0.0 - y, xp)
    return _cost(x, y, of_x, of_y, xp), _slope(x, y, of_x[1], of_y[1], xp)


def _cost(x: Array, y: Array, of_x: tuple[Array, Array], of_y: tuple[Array, Array], xp: Any) -> Array:
    h = (x - y) + log_ratio(of_y[1], of_x[1], xp)
    return negative_part(h, xp) + softplus_tail(h, xp)


def _slope(x: Array, y: Array, not_x: Array, not_y: Array, xp: Any) -> Array:
    return -1.0 / (not_y * xp.exp(x - y) + not_x)


def _hess(x: Array, y: Array, *, xp: Any) -> Array:
    not_x, not_y = one_minus_exp(-x, xp), one_minus_exp(-y, xp)
    part = 1.0 / (not_y + not_x * xp.exp(y - x))
    return part * (not_y - xp.exp(y)) / (not_y * xp.exp(x - y) + not_x)


KERNEL = Kernel("orpo", "(),()->()", (CHOSEN_LOG_PROBS, REJECTED_LOG_PROBS), _value, _grad, _hess, both=_both)


@loss
def orpo(
    chosen: ArrayT,
    rejected: AnyArray | float,
    *,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Odds-ratio preference optimization (ORPO): the preferred of two answers should have higher odds.

    Add it to the cross-entropy of the preferred answer, which keeps the model a language model. It needs no
    reference model.

    .. math:: \ell = \log(1 + e^{-h}) \qquad h = \log \frac{e^c}{1 - e^c} - \log \frac{e^r}{1 - e^r}

    Parameters
    ----------
    chosen : array, shape (...)
        Log-probabilities :math:`c \le 0` of the preferred answers, averaged over their tokens.
    rejected : array, shape (...)
        Log-probabilities :math:`r \le 0` of the other answers, with the same shape; or a scalar.

    Returns
    -------
    array
        In nats. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, or a log-probability is positive.

    Notes
    -----
    The paper adds it to the cross-entropy with weight 0.1: ``0.1 * orpo(...)``. Average over the tokens: with
    sums, probabilities are so small that the odds equal them.

    A certain answer has infinite odds: at :math:`c = 0` the loss is 0, at :math:`r = 0` it is infinite. If
    both are certain, it is NaN. Nothing is clipped.

    `value_and_grad` returns the derivative in `chosen`.

    References
    ----------
    J. Hong, N. Lee, J. Thorne, *ORPO: monolithic preference optimization without reference model*, EMNLP
    2024.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> round(float(lossary.orpo(np.array([-0.5]), np.array([-1.2]))), 6)
    0.246553
    """
    return Call(
        KERNEL,
        chosen,
        rejected,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
