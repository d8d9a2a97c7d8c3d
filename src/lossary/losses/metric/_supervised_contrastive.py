"""Supervised contrastive loss on a row of logits z.

With P the positives of the anchor and N its negatives, L = log Σ exp(z) over each, z̄ the mean logit of P and
g = L_N - L_P:

value  (L_P - z̄) + softplus(g): two nonnegative parts, the first 0 for a single positive
slope  (w - 1/|P|) - σ(g)·w for a positive, w = exp(z - L_P);  σ(g)·exp(z - L_N) for a negative
"""

from math import inf
from typing import Any

from lossary._engine import ByRule, loss, losses_of
from lossary._math import LogSum, log_sum, relu, sigmoid, softplus_tail
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction
from lossary.losses.metric._pairs import of_pairs
from lossary.losses.metric._row_kernel import Block, Known, Round, RowKernel, Sum, row_sum


def _look(block: Block, known: Known, params: Known, xp: Any) -> tuple[LogSum, LogSum, Sum, Sum]:
    z, positive = block.all, block.positive
    return (
        log_sum(block.far, xp),
        log_sum(xp.where(positive, z, -inf), xp),
        row_sum(xp.where(positive, z, 0.0), xp),
        row_sum(xp.where(positive, xp.ones_like(z), 0.0), xp),
    )


def _loss(known: Known, params: Known, xp: Any) -> Array:
    far, near, total, count = known
    some = count > 0
    near = xp.where(some, near, 0.0)
    gap = far - near
    within = near - total / xp.where(some, count, 1.0)
    return xp.where(some, within + relu(gap, xp) + softplus_tail(gap, xp), 0.0)


def _slope(block: Block, known: Known, params: Known, xp: Any) -> Array:
    of_far, of_near, _, count = known
    some = count > 0
    of_near = xp.where(some, of_near, 0.0)
    p = xp.where(some, sigmoid(of_far - of_near, xp), 0.0)
    share = xp.exp(xp.where(block.positive, block.all - of_near, 0.0))  # others could overflow
    near = (share - 1.0 / xp.where(some, count, 1.0)) - p * share
    far = p * xp.exp(block.far - xp.where(of_far == -inf, 0.0, of_far))
    return xp.where(block.positive, near, far)


KERNEL = RowKernel("supervised_contrastive", (Round((LogSum, LogSum, Sum, Sum), _look),), _loss, _slope)
LOSSES = losses_of("supervised_contrastive")


@loss
def supervised_contrastive(
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
    r"""SupCon: pull embeddings of a class together, by cross-entropy of each positive against all others.

    Each embedding is an anchor; the others with its label are its positives. Unlike in `nt_xent`, the other
    positives are in the denominator too, so the loss of an anchor with several positives is never 0. Memory
    grows with n, not n².

    .. math:: \ell_i = \frac{1}{|P_i|} \sum_{p \in P_i}
              -\log \frac{e^{c_{ip}/\tau}}{\sum_{j \ne i} e^{c_{ij}/\tau}}

    Parameters
    ----------
    embeddings : array, shape (..., n, d)
        Vectors of any length; :math:`c` is the cosine of the angle between two of them.
    labels : array of integers, shape (..., n)
        The class of each embedding.
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
    Examples masked out by `where` are not used as positives or negatives of others. This is the form with the
    sum over positives outside the logarithm ("out" in the paper), without the factor of temperature over base
    temperature from its code. An anchor without positives has loss 0 and counts in the mean. To exclude it
    from the mean but keep it as a negative of others, give it weight 0 with ``reduction="weighted_mean"``
    rather than masking it. A zero vector has cosine 0 with every vector, and zero gradient.

    References
    ----------
    P. Khosla et al., *Supervised contrastive learning*, NeurIPS 2020.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> embeddings = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [-0.6, 0.8]])
    >>> round(float(lossary.supervised_contrastive(embeddings, np.array([0, 0, 0, 1]), temperature=0.5)), 6)
    0.871876
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
