"""Simple preference optimization, with h = β·(chosen - rejected) - γ:

value  softplus(-h)
grad   -β σ(-h)
hess   β² σ(h) σ(-h)
"""

from typing import Any

from lossary._arguments import CHOSEN, REJECTED
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import negative_part, sigmoids, softplus_tail
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction


def _value(x: Array, y: Array, *, xp: Any, beta: Number = 2.0, margin: Number = 0.5) -> Array:
    h = beta * (x - y) - margin
    return negative_part(h, xp) + softplus_tail(h, xp)


def _grad(x: Array, y: Array, *, xp: Any, beta: Number = 2.0, margin: Number = 0.5) -> Array:
    return -beta * sigmoids(beta * (x - y) - margin, xp)[1]


def _hess(x: Array, y: Array, *, xp: Any, beta: Number = 2.0, margin: Number = 0.5) -> Array:
    p, q = sigmoids(beta * (x - y) - margin, xp)
    return (beta * p) * (beta * q)


KERNEL = Kernel("simpo", "(),()->()", (CHOSEN, REJECTED), _value, _grad, _hess)


@loss
def simpo(
    chosen: ArrayT,
    rejected: AnyArray | float,
    *,
    beta: float | AnyArray = 2.0,
    margin: float | AnyArray = 0.5,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Simple preference optimization (SimPO): the preferred of two answers should be likelier by a margin.

    It needs no reference model.

    .. math:: \ell = \log(1 + e^{-h}) \qquad h = \beta\,(c - r) - \gamma

    Parameters
    ----------
    chosen : array, shape (...)
        Log-probabilities :math:`c` of the preferred answers, averaged over their tokens.
    rejected : array, shape (...)
        Log-probabilities :math:`r` of the other answers, with the same shape; or a scalar.
    beta : float
        :math:`\beta > 0`, how quickly the loss saturates.
    margin : float
        :math:`\gamma`, the lead that the preferred answer should have, in units of :math:`h`.

    Returns
    -------
    array
        In nats. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or `beta` is not positive.

    Notes
    -----
    It takes means over the tokens, unlike the sums of `dpo`, so the length of an answer does not matter.

    `value_and_grad` returns the derivative in `chosen`; the derivative in `rejected` is its negative.

    References
    ----------
    Y. Meng, M. Xia, D. Chen, *SimPO: simple preference optimization with a reference-free reward*, NeurIPS
    2024.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> round(float(lossary.simpo(np.array([-0.5]), np.array([-1.2]))), 6)
    0.341154
    """
    return Call(
        KERNEL,
        chosen,
        rejected,
        params={"beta": beta, "margin": margin},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
