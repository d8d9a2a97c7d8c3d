"""InfoNCE: cross-entropy on a row of logits z, one of which is the positive.

With p the positive and N the negatives, L = log Σ_N exp(z_n) and g = L - z_p:

value  softplus(g)
slope  -σ(g) for the positive, exp(z_n - z_p - softplus(g)) for a negative

L excludes the positive, so nothing cancels where the positive is nearly certain.
"""

from typing import Any

from lossary import _check
from lossary._engine import ByRule, loss, losses_of
from lossary._math import LogSum, log_sum, relu, sigmoid, softplus_tail
from lossary._typing import AnyArray, Array, ArrayT, Axes, Directions, Reduction
from lossary.losses.metric._pairs import of_pairs
from lossary.losses.metric._row_kernel import Block, Known, Round, RowKernel


def _look(block: Block, known: Known, params: Known, xp: Any) -> tuple[LogSum]:
    return (log_sum(block.far, xp),)


def _loss(known: Known, params: Known, xp: Any) -> Array:
    positive, lse = known
    gap = lse - positive
    return relu(gap, xp) + softplus_tail(gap, xp)


def _slope(block: Block, known: Known, params: Known, xp: Any) -> Array:
    return xp.exp(block.far - (known[0] + _loss(known, params, xp)))


def _own_slope(known: Known, xp: Any) -> Array:
    positive, lse = known
    return -sigmoid(lse - positive, xp)


KERNEL = RowKernel("info_nce", (Round((LogSum,), _look),), _loss, _slope, _own_slope)
LOSSES = losses_of("info_nce")


@loss
def info_nce(
    anchors: ArrayT,
    positives: AnyArray,
    *,
    negatives: AnyArray | None = None,
    temperature: float | AnyArray = 0.07,
    directions: Directions = "one",
    chunk: int | None = None,
    axis_name: str | tuple[str, ...] | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> ByRule[ArrayT]:
    r"""InfoNCE: cross-entropy that picks each anchor's positive among all positives, as in CLIP.

    The positives of the other anchors serve as negatives, and so do `negatives`, if any: MoCo's queue, hard
    negatives. With ``directions="both"`` each positive must also pick its anchor, and the two losses are
    averaged: the loss of CLIP. Memory grows with n, not n².

    .. math:: \ell_i = -\log \frac{e^{c_{ii}/\tau}}{\sum_j e^{c_{ij}/\tau} + \sum_k e^{q_{ik}/\tau}}, \qquad
              \text{both: } \frac{\ell_i}{2} - \frac12 \log \frac{e^{c_{ii}/\tau}}{\sum_j e^{c_{ji}/\tau}}

    Parameters
    ----------
    anchors : array, shape (..., n, d)
        Vectors of any length; :math:`c_{ij}` is the cosine of the angle between anchor i and positive j.
    positives : array, shape (..., n, d)
        The positive of each anchor, at the same index.
    negatives : array, shape (m, d) or (..., m, d), optional
        More negatives, which are nobody's positive; :math:`q_{ik}` is the cosine of the angle between anchor
        i and negative k. All anchors share them, unless they have leading axes: then each batch has its own.
        They have a gradient.
    temperature : float or array of one number
        :math:`\tau`, positive. Smaller values put more weight on the nearest negatives. It has a gradient.
        CLIP learns the logarithm s of its reciprocal: ``temperature=exp(-s)``.
    directions : {"one", "both"}
        Whether only anchors pick their positives, or positives also pick their anchors.
    chunk : int, optional
        Maximum number of positives, and of negatives, whose cosines are held in memory at once. The default
        depends on the library.
    axis_name : str or tuple of str, optional
        The mapped axis of JAX's `shard_map` over which the batch is sharded. Each device's anchors are
        compared with the positives and the negatives of all devices: shard a queue as well, or it counts once
        for each device. Means and sums are over all devices; ``"none"`` and totals cover only this device's
        anchors.

    Returns
    -------
    array
        Without reduction, it has shape (..., n). At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, the temperature is not positive, or a Hessian is requested.

    Notes
    -----
    Examples masked out by `where` are not used as positives or negatives of others; no mask applies to
    `negatives`. MoCo's negatives are its queue alone. For its loss, make each anchor a batch of its own:
    ``info_nce(anchors[:, None, :], positives[:, None, :], negatives=queue)``. Positives never pick one of
    `negatives`. A single anchor without negatives has loss 0. A zero vector has cosine 0 with every vector,
    and zero gradient.

    References
    ----------
    A. van den Oord, Y. Li, O. Vinyals, *Representation learning with contrastive predictive coding*, 2018;
    A. Radford et al., *Learning transferable visual models from natural language supervision*, ICML 2021;
    K. He et al., *Momentum contrast for unsupervised visual representation learning*, CVPR 2020.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> images = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 2.0]])
    >>> texts = np.array([[0.8, 0.6], [1.0, 1.0], [-0.6, 0.8]])
    >>> round(float(lossary.info_nce(images, texts, temperature=0.5, directions="both")), 6)
    0.759106
    """
    _check.choice("info_nce", "directions", directions, ("one", "both"))
    return of_pairs(
        KERNEL,
        LOSSES,
        {
            "anchors": anchors,
            "positives": positives,
            "negatives": negatives,
            "temperature": temperature,
            "where": where,
        },
        both=directions == "both",
        chunk=chunk,
        axis_name=axis_name,
        weights=weights,
        over=over,
        reduction=reduction,
    )
