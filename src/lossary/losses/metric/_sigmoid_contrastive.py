"""Sigmoid loss on pairs: a row of logits z, with y = 1 for the positive and -1 for negatives:

value  sum of softplus(-y z)
slope  -y σ(-y z)
"""

from typing import Any

from lossary._engine import ByRule, loss, losses_of
from lossary._math import relu, sigmoid, softplus_tail
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction
from lossary.losses.metric._pairs import of_pairs
from lossary.losses.metric._row_kernel import Block, Known, Round, RowKernel, Sum, row_sum


def _look(block: Block, known: Known, params: Known, xp: Any) -> tuple[Sum]:
    return (row_sum(_softplus(block.far, xp), xp),)


def _loss(known: Known, params: Known, xp: Any) -> Array:
    positive, far = known
    return _softplus(-positive, xp) + far


def _softplus(z: Array, xp: Any) -> Array:
    return relu(z, xp) + softplus_tail(z, xp)


def _slope(block: Block, known: Known, params: Known, xp: Any) -> Array:
    return sigmoid(block.far, xp)


def _own_slope(known: Known, xp: Any) -> Array:
    return -sigmoid(-known[0], xp)


KERNEL = RowKernel("sigmoid_contrastive", (Round((Sum,), _look),), _loss, _slope, _own_slope)
LOSSES = losses_of("sigmoid_contrastive")


@loss
def sigmoid_contrastive(
    anchors: ArrayT,
    positives: AnyArray,
    *,
    temperature: float | AnyArray = 0.1,
    bias: float | AnyArray = -10.0,
    chunk: int | None = None,
    axis_name: str | tuple[str, ...] | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> ByRule[ArrayT]:
    r"""Sigmoid contrastive loss of SigLIP: classify each pair of anchor and positive as matching or not.

    Every pair is an independent example; no softmax compares them. Memory grows with n, not n².

    .. math:: \ell_i = \log(1 + e^{-z_{ii}}) + \sum_{j \ne i} \log(1 + e^{z_{ij}}), \qquad
              z_{ij} = c_{ij} / \tau + b

    Parameters
    ----------
    anchors : array, shape (..., n, d)
        Vectors of any length; :math:`c_{ij}` is the cosine of the angle between anchor i and positive j.
    positives : array, shape (..., n, d)
        The positive of each anchor, at the same index.
    temperature : float or array of one number
        :math:`\tau`, positive. It has a gradient. SigLIP learns the logarithm s of its reciprocal,
        initialized at log 10: ``temperature=exp(-s)``.
    bias : float or array of one number
        :math:`b`. It has a gradient. Initialize it low, because most pairs do not match.
    chunk : int, optional
        Maximum number of positives whose cosines are held in memory at once. The default depends on the
        library.
    axis_name : str or tuple of str, optional
        The mapped axis of JAX's `shard_map` over which the batch is sharded. Each device's anchors are
        compared with the positives of all devices. Means and sums are over all devices; ``"none"`` and totals
        cover only this device's anchors.

    Returns
    -------
    array
        Without reduction, it has shape (..., n): the sum over an anchor's pairs. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, the temperature is not positive, or a Hessian is requested.

    Notes
    -----
    Examples masked out by `where` are not used as positives or negatives of others. The mean is over anchors,
    as in the paper: the sum over all n² pairs divided by n. A zero vector has cosine 0 with every vector, and
    zero gradient.

    References
    ----------
    X. Zhai et al., *Sigmoid loss for language image pre-training*, ICCV 2023.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> images = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 2.0]])
    >>> texts = np.array([[0.8, 0.6], [1.0, 1.0], [-0.6, 0.8]])
    >>> round(float(lossary.sigmoid_contrastive(images, texts, bias=-5.0)), 6)
    3.504177
    """
    return of_pairs(
        KERNEL,
        LOSSES,
        {
            "anchors": anchors,
            "positives": positives,
            "temperature": temperature,
            "bias": bias,
            "where": where,
        },
        chunk=chunk,
        axis_name=axis_name,
        weights=weights,
        over=over,
        reduction=reduction,
    )
