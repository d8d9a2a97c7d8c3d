"""Survival in intervals of time, with logits z_j of an event in each, the last interval k and the event e:

value  Σ_{j<k} softplus(z_j) + e·softplus(-z_k) + (1 - e)·softplus(z_k)
grad   σ(z_j) for j < k; (1 - e)·σ(z_k) - e·σ(-z_k); 0 after
hess   σ(z_j)·σ(-z_j) for j <= k; 0 after
"""

from typing import Any

from lossary._arguments import CLASS_IDS, EVENTS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import sigmoid_difference, sigmoids, softpluses, times
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction


def _outcomes(z: Array, k: Array, e: Array, xp: Any) -> tuple[Array, Array]:
    """The weights with which each interval was survived and was not."""
    j, k, e = xp.arange_like(z), k[..., None], xp.broadcast_like(e[..., None], z)
    zero = xp.zeros_like(z)
    return xp.where(j < k, 1.0 + zero, xp.where(j == k, 1.0 - e, zero)), xp.where(j == k, e, zero)


def _value(z: Array, k: Array, e: Array, *, xp: Any) -> Array:
    survived, happened = _outcomes(z, k, e, xp)
    up, down = softpluses(z, xp)
    return xp.sum(times(survived, up, xp) + times(happened, down, xp), axis=-1)


def _grad(z: Array, k: Array, e: Array, *, xp: Any) -> Array:
    survived, happened = _outcomes(z, k, e, xp)
    return sigmoid_difference(survived, happened, z, xp)


def _hess(z: Array, k: Array, e: Array, *, xp: Any) -> Array:
    survived, happened = _outcomes(z, k, e, xp)
    p, q = sigmoids(z, xp)
    return (survived + happened) * (p * q)


KERNEL = Kernel("discrete_hazard", "(t),(),()->()", (LOGITS, CLASS_IDS, EVENTS), _value, _grad, _hess)


@loss
def discrete_hazard(
    logits: ArrayT,
    labels: AnyArray | int,
    events: AnyArray | float,
    *,
    axis: int = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Discrete-time survival loss (nnet-survival): negative log-likelihood over intervals, with censoring.

    In each interval, the event has probability :math:`\sigma(z_j)` for those who reach it. Unlike in `cox`,
    each person has a loss, and the model predicts survival probabilities: ``cumprod(1 - sigmoid(logits))``.

    .. math:: \ell = -\sum_{j<k} \ln(1 - \sigma(z_j))
              - \delta \ln \sigma(z_k) - (1 - \delta) \ln(1 - \sigma(z_k))

    Parameters
    ----------
    logits : array, shape (..., T, ...)
        Unbounded scores :math:`z`, the T intervals on `axis`.
    labels : array of integers, shape (...)
        The interval :math:`k`, from 0 to T - 1, in which the event happened or the person was last seen.
    events : array, shape (...)
        :math:`\delta`, whether the event happened: booleans, or 1 and 0. 0 means censored.
    axis : int
        The axis of the intervals.

    Returns
    -------
    array
        In nats; without reduction, it has the shape of the logits without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If shapes do not match, an interval is out of range, or `events` is not between 0 and 1.

    Notes
    -----
    A person censored in an interval counts as having survived it; if not, pass the interval before. The loss
    is the sum of `sigmoid_binary_cross_entropy` with one label for each interval up to :math:`k`. A fraction
    in `events` mixes both outcomes.

    References
    ----------
    M. F. Gensheimer, B. Narasimhan, *A scalable discrete-time survival model for neural networks*, PeerJ 7
    (2019).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits = np.array([[-1.0, 0.5, 2.0], [-1.0, 0.5, 2.0]])
    >>> losses = lossary.discrete_hazard(logits, np.array([1, 1]), np.array([True, False]), reduction="none")
    >>> losses.round(4).tolist()
    [0.7873, 1.2873]
    """
    return Call(
        KERNEL,
        logits,
        labels,
        events,
        axis=axis,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
