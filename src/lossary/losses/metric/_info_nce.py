"""InfoNCE: cross-entropy of a row of logits z, of which one is the positive.

With p the positive and N the negatives, L = log Σ_N exp(z_n) and g = L - z_p:

value  softplus(g)
slope  -σ(g) for the positive, exp(z_n - z_p - softplus(g)) for a negative

Without the positive in L nothing cancels where it is nearly certain.
"""

from typing import Any

from lossary import _check
from lossary._engine import ByRule, loss, losses_of
from lossary._math import LogSum, log_sum, relu, sigmoids, softplus_tail
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
    return -sigmoids(lse - positive, xp)[0]


KERNEL = RowKernel("info_nce", (Round((LogSum,), _look),), _loss, _slope, _own_slope)
LOSSES = losses_of("info_nce")


@loss
def info_nce(
    anchors: ArrayT,
    positives: AnyArray,
    *,
    temperature: float | AnyArray = 0.07,
    directions: Directions = "one",
    chunk: int | None = None,
    axis_name: str | tuple[str, ...] | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> ByRule[ArrayT]:
    r"""Tell which of all positives is the anchor's: softmax cross-entropy of the cosines with them.

    The positives of the others are an anchor's negatives. With ``directions="both"`` each positive must tell
    its anchor as well, and the mean of both losses is taken: the loss of CLIP. Memory grows with n, not n².

    .. math:: \ell_i = -\log \frac{e^{c_{ii}/\tau}}{\sum_j e^{c_{ij}/\tau}}, \qquad
              \text{both: } \ell_i = -\frac12 \log \frac{e^{c_{ii}/\tau}}{\sum_j e^{c_{ij}/\tau}}
              - \frac12 \log \frac{e^{c_{ii}/\tau}}{\sum_j e^{c_{ji}/\tau}}

    Parameters
    ----------
    anchors : array, shape (..., n, d)
        Vectors of any length; :math:`c_{ij}` is the cosine of the angle between anchor i and positive j.
    positives : array, shape (..., n, d)
        The positive of each anchor, in the same place.
    temperature : float or array of one number
        :math:`\tau`, positive: the smaller, the more the nearest negatives count. It has a gradient. CLIP
        learns the logarithm s of its reciprocal: ``temperature=exp(-s)``.
    directions : {"one", "both"}
        Whether only anchors tell their positives, or positives their anchors as well.
    chunk : int, optional
        Of how many positives the cosines are held at once, at most; by default what suits the library.
    axis_name : str or tuple of str, optional
        The mapped axis of JAX along which the batch is spread over devices (`shard_map`): each has some
        anchors, and the positives of all. Means and sums are over all devices; ``"none"`` and totals are
        of this one's anchors.

    Returns
    -------
    array
        Without reduction of shape (..., n). At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, the temperature is not positive, or a Hessian is asked for.

    Notes
    -----
    What is masked out by `where` is nobody's positive or negative either.
    An anchor that is alone has the loss 0. A vector of zeros has the cosine 0 with all, and no gradient.

    References
    ----------
    A. van den Oord, Y. Li, O. Vinyals, *Representation learning with contrastive predictive coding*, 2018;
    A. Radford et al., *Learning transferable visual models from natural language supervision*, ICML 2021.

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
        {"anchors": anchors, "positives": positives, "temperature": temperature, "where": where},
        both=directions == "both",
        chunk=chunk,
        axis_name=axis_name,
        weights=weights,
        over=over,
        reduction=reduction,
    )
