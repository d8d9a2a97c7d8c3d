"""Identity preference optimization, with d = chosen - rejected - 1/(2β):

value  d²
grad   2 d
hess   2
"""

from typing import Any

from lossary._arguments import CHOSEN, REJECTED
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction


def _value(x: Array, y: Array, *, xp: Any, beta: Number = 0.1) -> Array:
    d = (x - y) - 0.5 / beta
    return d * d


def _grad(x: Array, y: Array, *, xp: Any, beta: Number = 0.1) -> Array:
    return 2.0 * ((x - y) - 0.5 / beta)


def _hess(x: Array, y: Array, *, xp: Any, beta: Number = 0.1) -> Array:
    return 2.0 + 0.0 * xp.sign(x - y)


KERNEL = Kernel("ipo", "(),()->()", (CHOSEN, REJECTED), _value, _grad, _hess)


@loss
def ipo(
    chosen: ArrayT,
    rejected: AnyArray | float,
    *,
    beta: float | AnyArray = 0.1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Identity preference optimization (IPO): the preferred of two answers should lead by a fixed margin.

    Unlike `dpo`, it does not push pairs apart without bound when one answer is always preferred.

    .. math:: \ell = \left(c - r - \tfrac{1}{2\beta}\right)^2

    Parameters
    ----------
    chosen : array, shape (...)
        Log-ratios :math:`c` of the preferred answers: log-probability under the model minus log-probability
        under the reference. Take the mean or the sum over the tokens; the choice changes the margin.
    rejected : array, shape (...)
        Log-ratios :math:`r` of the other answers, with the same shape; or a scalar.
    beta : float
        :math:`\beta > 0`, half the inverse of the margin.

    Returns
    -------
    array
        In nats, squared. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or `beta` is not positive.

    Notes
    -----
    The paper sums over the tokens; TRL takes the mean.

    `value_and_grad` returns the derivative in `chosen`; the derivative in `rejected` is its negative.

    References
    ----------
    M. G. Azar et al., *A general theoretical paradigm to understand learning from human preferences*, AISTATS
    2024.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> float(lossary.ipo(np.array([0.5]), np.array([-0.5]), beta=0.25))
    1.0
    """
    return Call(
        KERNEL,
        chosen,
        rejected,
        params={"beta": beta},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
