"""The circle loss on a row of cosines s, with γ, margin m, positives P and negatives N:

p_j = -γ·relu(1 + m - s)·(s - 1 + m) for positives,  n_j = γ·relu(s + m)·(s - m) for negatives

value  softplus(L), L = log Σ_N exp(n) + log Σ_P exp(p)
slope  σ(L)·w·k, w the softmax of n or of p, k = dn/ds = 2γs or dp/ds = -2γ(1 - s)

k is 0 where the relu is: for positives above 1 + m and negatives below -m.
"""

from math import inf
from typing import Any

from lossary._engine import ByRule, loss, losses_of
from lossary._math import LogSum, log_sum, relu, sigmoid, softplus_tail
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction
from lossary.losses.metric._pairs import of_pairs
from lossary.losses.metric._row_kernel import Block, Known, Round, RowKernel


def _exponents(s: Array, params: Known, xp: Any) -> tuple[Array, Array]:
    gamma, margin = params
    near = -gamma * relu(1.0 + margin - s, xp) * (s - 1.0 + margin)
    far = gamma * relu(s + margin, xp) * (s - margin)
    return near, far


def _look(block: Block, known: Known, params: Known, xp: Any) -> tuple[LogSum, LogSum]:
    near, far = _exponents(block.all, params, xp)
    return (
        log_sum(xp.where(block.positive, near, -inf), xp),
        log_sum(xp.where(block.far == -inf, -inf, far), xp),
    )


def _loss(known: Known, params: Known, xp: Any) -> Array:
    both = known[0] + known[1]
    return relu(both, xp) + softplus_tail(both, xp)


def _slope(block: Block, known: Known, params: Known, xp: Any) -> Array:
    s, (of_near, of_far), (gamma, margin) = block.all, known, params
    near, far = _exponents(s, params, xp)
    of_negative = xp.where(block.far == -inf, -inf, far - of_far)
    weight = xp.exp(xp.where(block.positive, near - of_near, of_negative))
    bend = xp.where(block.positive, xp.where(s < 1.0 + margin, s - 1.0, 0.0), xp.where(s > -margin, s, 0.0))
    return sigmoid(of_near + of_far, xp) * (2.0 * gamma) * (weight * bend)


KERNEL = RowKernel("circle", (Round((LogSum, LogSum), _look),), _loss, _slope)
LOSSES = losses_of("circle")


@loss
def circle(
    embeddings: ArrayT,
    labels: AnyArray,
    *,
    gamma: float | AnyArray = 80.0,
    margin: float | AnyArray = 0.4,
    chunk: int | None = None,
    axis_name: str | tuple[str, ...] | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> ByRule[ArrayT]:
    r"""Circle loss: pull embeddings of a group together and away from others, hardest pairs first.

    Each pair is weighted by how far its cosine is from its optimum. Unlike in the paper, the weights are
    differentiated too.

    .. math:: \ell_i = \ln\Bigl(1 + \sum_{n \in N_i} e^{\gamma [c_{in} + m]_+ (c_{in} - m)}
              \sum_{p \in P_i} e^{-\gamma [1 + m - c_{ip}]_+ (c_{ip} - 1 + m)}\Bigr)

    Parameters
    ----------
    embeddings : array, shape (..., n, d)
        Vectors of any length; :math:`c` is the cosine of the angle between two of them.
    labels : array of integers, shape (..., n)
        The group of each embedding; embeddings in the same group have equal labels.
    gamma : float
        :math:`\gamma`, not negative. Larger values put more weight on the hardest pairs.
    margin : float
        :math:`m`: the cosine of positives should be above :math:`1 - m`, that of negatives below :math:`m`.
    chunk : int, optional
        Maximum number of other embeddings whose cosines are held in memory at once. The default depends on
        the library.
    axis_name : str or tuple of str, optional
        The mapped axis of JAX's `shard_map` over which the batch is sharded. Each device's embeddings are
        compared with those of all devices. Means and sums are over all devices; ``"none"`` and totals cover
        only this device's anchors.

    Returns
    -------
    array
        Without reduction, it has shape (..., n). At least float32.

    Raises
    ------
    LossInputError
        If shapes do not match, or a Hessian is requested.

    Notes
    -----
    Examples masked out by `where` are not used as positives or negatives of others. An anchor without
    positives or without negatives has loss 0. A zero vector has cosine 0 with every vector, and zero
    gradient.

    References
    ----------
    Y. Sun et al., *Circle loss: a unified perspective of pair similarity optimization*, CVPR 2020.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> embeddings = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [-0.6, 0.8]])
    >>> round(float(lossary.circle(embeddings, np.array([0, 0, 1, 1]), gamma=4.0)), 4)
    0.8299
    """
    return of_pairs(
        KERNEL,
        LOSSES,
        {"embeddings": embeddings, "labels": labels, "gamma": gamma, "margin": margin, "where": where},
        chunk=chunk,
        axis_name=axis_name,
        weights=weights,
        over=over,
        reduction=reduction,
    )
