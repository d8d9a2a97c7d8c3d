"""Normalized temperature-scaled cross-entropy (NT-Xent) on a row of logits z.

With P the positives of the anchor, N its negatives, and for each positive g = L - z_p:

L      log Σ_N exp(z_n)                                                       (first round)
value  mean over P of softplus(g)                                             (second round)
slope  -σ(g)/|P| for a positive, exp(z_n - L)·(mean over P of σ(g)) for a negative
"""

from math import inf
from typing import Any

from lossary._engine import ByRule, loss, losses_of
from lossary._math import LogSum, log_sum, relu, sigmoid, softplus_tail
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction
from lossary.losses.metric._pairs import of_pairs
from lossary.losses.metric._row_kernel import Block, Known, Round, RowKernel, Sum, row_sum


def _look_at_negatives(block: Block, known: Known, params: Known, xp: Any) -> tuple[LogSum]:
    return (log_sum(block.far, xp),)


def _look_at_positives(block: Block, known: Known, params: Known, xp: Any) -> tuple[Sum, Sum, Sum]:
    gap = known[0] - block.all
    each = (relu(gap, xp) + softplus_tail(gap, xp), sigmoid(gap, xp), xp.ones_like(gap))
    softplus, pull, count = [row_sum(xp.where(block.positive, x, 0.0), xp) for x in each]
    return softplus, pull, count


def _loss(known: Known, params: Known, xp: Any) -> Array:
    _, softplus, _, count = known
    return softplus * _each(count, xp)


def _slope(block: Block, known: Known, params: Known, xp: Any) -> Array:
    lse, _, pull, count = known
    each = _each(count, xp)
    near = -sigmoid(lse - block.all, xp) * each
    far = xp.exp(block.far - xp.where(lse == -inf, 0.0, lse)) * (pull * each)
    return xp.where(block.positive, near, far)


def _each(count: Array, xp: Any) -> Array:
    """1/|P|; 0 if P is empty."""
    return xp.where(count > 0, 1.0 / xp.where(count > 0, count, 1.0), 0.0)


KERNEL = RowKernel(
    "nt_xent",
    (Round((LogSum,), _look_at_negatives), Round((Sum, Sum, Sum), _look_at_positives)),
    _loss,
    _slope,
)
LOSSES = losses_of("nt_xent")


@loss
def nt_xent(
    embeddings: ArrayT,
    labels: AnyArray,
    *,
    temperature: float | AnyArray = 0.07,
    chunk: int | None = None,
    axis_name: str | tuple[str, ...] | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> ByRule[ArrayT]:
    r"""NT-Xent, the contrastive loss of SimCLR: pull a group's embeddings together and away from others.

    Each embedding is an anchor. Other embeddings with its label are its positives; those with another label
    are its negatives. Unlike in `supervised_contrastive`, the other positives are not in the denominator.
    Memory grows with n, not n².

    .. math:: \ell_i = \frac{1}{|P_i|} \sum_{p \in P_i}
              -\log \frac{e^{c_{ip}/\tau}}{e^{c_{ip}/\tau} + \sum_{n \in N_i} e^{c_{in}/\tau}}

    Parameters
    ----------
    embeddings : array, shape (..., n, d)
        Vectors of any length; :math:`c` is the cosine of the angle between two of them.
    labels : array of integers, shape (..., n)
        The group of each embedding; embeddings in the same group have equal labels.
    temperature : float or array of one number
        :math:`\tau`, positive. Smaller values put more weight on the nearest negatives. It has a gradient.
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
        If shapes do not match, the temperature is not positive, or a Hessian is requested.

    Notes
    -----
    Examples masked out by `where` are not used as positives or negatives of others. An anchor without
    positives or without negatives has loss 0. The mean is over anchors. For the mean over pairs, with n the
    number of each anchor's positives, pass ``weights=n / max(n.sum(), 1), reduction="sum"``. A zero vector
    has cosine 0 with every vector, and zero gradient.

    References
    ----------
    T. Chen et al., *A simple framework for contrastive learning of visual representations*, ICML 2020.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> embeddings = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [-0.6, 0.8]])
    >>> round(float(lossary.nt_xent(embeddings, np.array([0, 0, 1, 1]), temperature=0.5)), 6)
    0.43019
    """
    return of_pairs(
        KERNEL,
        LOSSES,
        {"embeddings": embeddings, "labels": labels, "temperature": temperature, "where": where},
        chunk=chunk,
        axis_name=axis_name,
        weights=weights,
        over=over,
        reduction=reduction,
    )
