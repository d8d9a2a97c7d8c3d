"""The multi-similarity loss of a row of cosines s, with scales α and β, base λ, positives P and negatives N:

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
    r"""Draw embeddings of one group together and apart from others, each pair weighed beside those that are
    worse.

    Of an anchor's positives the far ones count most, of its negatives the near ones: how sharply, the two
    scales say.

    .. math:: \ell_i = \frac1\alpha \ln\Bigl(1 + \sum_{p \in P_i} e^{-\alpha (c_{ip} - \lambda)}\Bigr)
              + \frac1\beta \ln\Bigl(1 + \sum_{n \in N_i} e^{\beta (c_{in} - \lambda)}\Bigr)

    Parameters
    ----------
    embeddings : array, shape (..., n, d)
        Vectors of any length; :math:`c` is the cosine of the angle between two of them.
    labels : array of integers, shape (..., n)
        The group of each embedding: equal for those that belong together.
    positive_scale : float
        :math:`\alpha`, positive: the larger, the more the farthest positives count.
    negative_scale : float
        :math:`\beta`, positive: the larger, the more the nearest negatives count.
    base : float
        :math:`\lambda`: the cosine that positives should be above and negatives below.
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
        If the shapes do not fit, or a Hessian is asked for.

    Notes
    -----
    What is masked out by `where` is nobody's positive or negative either.
    An anchor without positives has the loss of its negatives alone, and vice versa; one with neither
    has the loss 0. A vector of zeros has the cosine 0 with all, and no gradient. Scales and base have no
    gradient. All pairs count; the paper leaves out those that are easy, and
    so has other numbers.

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
