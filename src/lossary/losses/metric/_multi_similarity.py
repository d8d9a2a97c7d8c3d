"""The multi-similarity loss on a row of cosines s, with scales α and β, base λ, positives P and negatives N:

p_j = -α·(s - λ) for positives,  n_j = β·(s - λ) for negatives,  L = log Σ exp over each

value  softplus(L_P)/α + softplus(L_N)/β
slope  -exp(p - softplus(L_P)) for a positive,  exp(n - softplus(L_N)) for a negative
"""

from math import inf
from typing import Any

from lossary._engine import ByRule, loss, losses_of
from lossary._math import LogSum, log_sum, relu, softplus_tail
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction
from lossary.losses.metric._pairs import of_pairs
from lossary.losses.metric._row_kernel import Block, Known, Round, RowKernel


def _exponents(block: Block, params: Known, xp: Any) -> tuple[Array, Array]:
    positive_scale, negative_scale, base = params
    beyond = block.all - base
    near = xp.where(block.positive, -positive_scale * beyond, -inf)
    return near, xp.where(block.far == -inf, -inf, negative_scale * beyond)


def _look(block: Block, known: Known, params: Known, xp: Any) -> tuple[LogSum, LogSum]:
    near, far = _exponents(block, params, xp)
    return log_sum(near, xp), log_sum(far, xp)


def _softplus(x: Array, xp: Any) -> Array:
    return relu(x, xp) + softplus_tail(x, xp)


def _loss(known: Known, params: Known, xp: Any) -> Array:
    return _softplus(known[0], xp) / params[0] + _softplus(known[1], xp) / params[1]


def _slope(block: Block, known: Known, params: Known, xp: Any) -> Array:
    near, far = _exponents(block, params, xp)
    return xp.exp(far - _softplus(known[1], xp)) - xp.exp(near - _softplus(known[0], xp))


KERNEL = RowKernel("multi_similarity", (Round((LogSum, LogSum), _look),), _loss, _slope)
LOSSES = losses_of("multi_similarity")


@loss
def multi_similarity(
    embeddings: ArrayT,
    labels: AnyArray,
    *,
    positive_scale: float | AnyArray = 2.0,
    negative_scale: float | AnyArray = 50.0,
    base: float | AnyArray = 0.5,
    chunk: int | None = None,
    axis_name: str | tuple[str, ...] | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> ByRule[ArrayT]:
    r"""Multi-similarity loss: pull embeddings of a group together and away from others, hardest pairs first.

    An anchor's far positives and near negatives count most. The two scales control how sharply.

    .. math:: \ell_i = \frac{1}{\alpha} \ln\Bigl(1 + \sum_{p \in P_i} e^{-\alpha (c_{ip} - \lambda)}\Bigr)
              + \frac{1}{\beta} \ln\Bigl(1 + \sum_{n \in N_i} e^{\beta (c_{in} - \lambda)}\Bigr)

    Parameters
    ----------
    embeddings : array, shape (..., n, d)
        Vectors of any length; :math:`c` is the cosine of the angle between two of them.
    labels : array of integers, shape (..., n)
        The group of each embedding; embeddings in the same group have equal labels.
    positive_scale : float
        :math:`\alpha`, positive. Larger values put more weight on the farthest positives.
    negative_scale : float
        :math:`\beta`, positive. Larger values put more weight on the nearest negatives.
    base : float
        :math:`\lambda`: the cosine that positives should be above and negatives below.
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
    positives has only the loss of its negatives, and vice versa; an anchor with neither has loss 0. A zero
    vector has cosine 0 with every vector, and zero gradient. Scales and base have no gradient. All pairs
    count; the paper drops easy pairs, so its values differ.

    References
    ----------
    X. Wang et al., *Multi-similarity loss with general pair weighting for deep metric learning*, CVPR 2019.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> embeddings = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [-0.6, 0.8]])
    >>> round(float(lossary.multi_similarity(embeddings, np.array([0, 0, 1, 1]))), 4)
    0.2688
    """
    return of_pairs(
        KERNEL,
        LOSSES,
        {
            "embeddings": embeddings,
            "labels": labels,
            "positive_scale": positive_scale,
            "negative_scale": negative_scale,
            "base": base,
            "where": where,
        },
        chunk=chunk,
        axis_name=axis_name,
        weights=weights,
        over=over,
        reduction=reduction,
    )
