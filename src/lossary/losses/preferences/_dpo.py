"""Direct preference optimization: h = β·(chosen - rejected), p = σ(h), q = σ(-h), and ε the rate of flips:

value  (1-ε)·softplus(-h) + ε·softplus(h); robust: ((1-ε)·softplus(-h) - ε·softplus(h)) / (1-2ε)
grad   β·(ε p - (1-ε) q); robust: -β·((1-ε) q + ε p) / (1-2ε)
hess   β² p q
"""

from typing import Any

from lossary._arguments import CHOSEN, REJECTED
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import negative_part, relu, sigmoid_difference, sigmoids, softplus_tail, times
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction


def _value(x: Array, y: Array, *, xp: Any, beta: Number = 0.1, flip_rate: Number = 0.0) -> Array:
    h = beta * (x - y)
    sides = times(1.0 - flip_rate, negative_part(h, xp), xp) + times(flip_rate, relu(h, xp), xp)
    return sides + softplus_tail(h, xp)


def _grad(x: Array, y: Array, *, xp: Any, beta: Number = 0.1, flip_rate: Number = 0.0) -> Array:
    return beta * sigmoid_difference(flip_rate, 1.0 - flip_rate, beta * (x - y), xp)


def _hess(x: Array, y: Array, *, xp: Any, beta: Number = 0.1, flip_rate: Number = 0.0) -> Array:
    p, q = sigmoids(beta * (x - y), xp)
    return (beta * p) * (beta * q)


def _robust_value(x: Array, y: Array, *, xp: Any, beta: Number = 0.1, flip_rate: Number = 0.0) -> Array:
    h = beta * (x - y)
    sides = (1.0 - flip_rate) * negative_part(h, xp) - times(flip_rate, relu(h, xp), xp)
    return sides / (1.0 - 2.0 * flip_rate) + softplus_tail(h, xp)


def _robust_grad(x: Array, y: Array, *, xp: Any, beta: Number = 0.1, flip_rate: Number = 0.0) -> Array:
    p, q = sigmoids(beta * (x - y), xp)
    return -beta * (flip_rate * p + (1.0 - flip_rate) * q) / (1.0 - 2.0 * flip_rate)


KERNEL = Kernel("dpo", "(),()->()", (CHOSEN, REJECTED), _value, _grad, _hess)
ROBUST = Kernel("dpo", "(),()->()", (CHOSEN, REJECTED), _robust_value, _robust_grad, _hess)


@loss
def dpo(
    chosen: ArrayT,
    rejected: AnyArray | float,
    *,
    beta: float | AnyArray = 0.1,
    flip_rate: float | AnyArray = 0.0,
    robust: bool = False,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Direct preference optimization (DPO): raise the preferred answer's probability relative to the
    other's.

    A reference model keeps the trained model from straying. The loss is `logistic` of the scaled difference.

    .. math:: \ell = (1 - \varepsilon)\,\log(1 + e^{-h}) + \varepsilon\,\log(1 + e^h) \quad h = \beta\,(c - r)

    Parameters
    ----------
    chosen : array, shape (...)
        Log-ratios :math:`c` of the preferred answers: log-probability under the model minus log-probability
        under the reference, summed over the tokens.
    rejected : array, shape (...)
        Log-ratios :math:`r` of the other answers, with the same shape; or a scalar.
    beta : float
        :math:`\beta > 0`, how quickly the loss saturates. Small values let the model move far from the
        reference.
    flip_rate : float in [0, 0.5)
        :math:`\varepsilon`, the fraction of pairs assumed to be swapped.
    robust : bool
        Whether to correct for the swapped pairs, which makes the expected loss on noisy pairs equal to the
        loss on correct ones: the second term is subtracted, and the result divided by :math:`1 -
        2\varepsilon`. The loss may then be negative.

    Returns
    -------
    array
        In nats. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or a parameter is out of range.

    Notes
    -----
    :math:`\varepsilon` is TRL's `label_smoothing`. The equivalent `label_smoothing` of
    `sigmoid_binary_cross_entropy` is twice as large.

    `value_and_grad` returns the derivative in `chosen`; the derivative in `rejected` is its negative.

    References
    ----------
    R. Rafailov et al., *Direct preference optimization*, NeurIPS 2023; S. R. Chowdhury et al., *Provably
    robust DPO*, ICML 2024.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> round(float(lossary.dpo(np.array([0.4]), np.array([-0.3]), beta=0.1)), 6)
    0.65876
    """
    return Call(
        ROBUST if robust else KERNEL,
        chosen,
        rejected,
        params={"beta": beta, "flip_rate": flip_rate},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
