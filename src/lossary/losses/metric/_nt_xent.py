"""Normalised temperature-scaled cross-entropy, of a row of logits z.

With P the positives of the anchor, N its negatives, and for each positive g = L - z_p:

L      log Σ_N exp(z_n)                                                       (first round)
value  mean over P of softplus(g)                                             (second round)
slope  -σ(g)/|P| for a positive, exp(z_n - L)·(mean over P of σ(g)) for a negative
"""

from math import inf
from typing import Any

from lossary._engine import ByRule, loss, losses_of
from lossary._math import LogSum, log_sum, relu, sigmoids, softplus_tail
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction
from lossary.losses.metric._pairs import of_pairs
from lossary.losses.metric._row_kernel import Block, Known, Round, RowKernel, Sum, row_sum


def _look_at_negatives(block: Block, known: Known, params: Known, xp: Any) -> tuple[LogSum]:
    return (log_sum(block.far, xp),)


def _look_at_positives(block: Block, known: Known, params: Known, xp: Any) -> tuple[Sum, Sum, Sum]:
    gap = known[0] - block.all
    each = (relu(gap, xp) + softplus_tail(gap, xp), sigmoids(gap, xp)[0], xp.ones_like(gap))
    softplus, sigmoid, count = [row_sum(xp.where(block.positive, x, 0.0), xp) for x in each]
    return softplus, sigmoid, count


def _loss(known: Known, params: Known, xp: Any) -> Array:
    _, softplus, _, count = known
    return softplus * _each(count, xp)


def _slope(block: Block, known: Known, params: Known, xp: Any) -> Array:
    lse, _, sigmoid, count = known
    each = _each(count, xp)
    near = -sigmoids(lse - block.all, xp)[0] * each
    far = xp.exp(block.far - xp.where(lse == -inf, 0.0, lse)) * (sigmoid * each)
    return xp.where(block.positive, near, far)


def _each(count: Array, xp: Any) -> Array:
    """1/|P|; 0 where there is none."""
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
    r"""Draw embeddings of one group together, and apart from those of all others.

    Each embedding is an anchor; the others with its label are its positives, those with another label its
    negatives. Unlike supervised contrastive losses, the other positives are not in the denominator. Memory
    grows with n, not n².

    .. math:: \ell_i = \frac{1}{|P_i|} \sum_{p \in P_i}
              -\log \frac{e^{c_{ip}/\tau}}{e^{c_{ip}/\tau} + \sum_{n \in N_i} e^{c_{in}/\tau}}

    Parameters
    ----------
    embeddings : array, shape (..., n, d)
        Vectors of any length; :math:`c` is the cosine of the angle between two of them.
    labels : array of integers, shape (..., n)
        The group of each embedding: equal for those that belong together.
    temperature : float or array of one number
        :math:`\tau`, positive: the smaller, the more the nearest negatives count. It has a gradient.
    chunk : int, optional
        Of how many others the cosines are held at once, at most; by default what suits the library.
    axis_name : str or tuple of str, optional
        The mapped axis of JAX along which the batch is spread over devices (`shard_map`): each has some
        embeddings, and the others of all. Means and sums are over all devices; ``"none"`` and totals are
        of this one's anchors.

    Returns
    -------
    array
        Without reduction of shape (..., n). At least float32.

    Raises
    ------
    LossInputError
        If the shapes do not fit, the temperature is not positive, or a Hessian is asked for.

    Notes
    -----
    What is masked out by `where` is nobody's positive or negative either.
    An anchor without positives has the loss 0, and so has one without negatives. The mean is one over
    anchors. For that over pairs, with n the number of each anchor's positives:
    ``weights=n / max(n.sum(), 1), reduction="sum"``. A vector of zeros has the cosine 0 with all, and no
    gradient.

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
