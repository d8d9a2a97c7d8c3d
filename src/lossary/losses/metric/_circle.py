"""The circle loss of a row of similarities s, with γ, margin m and the marked positives P and negatives N:

p_j = -γ·relu(1 + m - s)·(s - 1 + m) for positives,  n_j = γ·relu(s + m)·(s - m) for negatives

value  softplus(L), L = log Σ_N exp(n) + log Σ_P exp(p)
grad   σ(L)·g,  g = w·k: w the softmax of n or of p, k = dn/ds = 2γs or dp/ds = -2γ(1 - s)
hess   σ(L)·(w·(1-w)·k² + w·2γ) + σ(L)σ(-L)·g²
hvp    σ(L)·(w·k·(k·v - mean of k·v) + w·2γ·v) + σ(L)σ(-L)·g·Σ g·v, the mean by w over the same marks

k and 2γ are 0 where the relu is. That is where a similarity is beyond 1 + m or below -m.
"""

from typing import Any, NamedTuple

from lossary._engine import evaluate_through
from lossary._kernel import LOGITS, NEGATIVE_MARKS, POSITIVE_MARKS, Kernel
from lossary._math import logsumexp, relu, sigmoids, softplus_tail, total
from lossary._typing import Array, Axes, Number, Reduction
from lossary.losses.metric._pairs import pairs


def _exponents(s: Array, gamma: Number, margin: Number, xp: Any) -> tuple[Array, Array]:
    near = -gamma * relu(1.0 + margin - s, xp) * (s - 1.0 + margin)
    far = gamma * relu(s + margin, xp) * (s - margin)
    return near, far


def _value(
    s: Array, positives: Array, negatives: Array, *, xp: Any, gamma: Number = 80.0, margin: Number = 0.4
) -> Array:
    near, far = _exponents(s, gamma, margin, xp)
    both = logsumexp(near, positives > 0, xp).value + logsumexp(far, negatives > 0, xp).value
    return relu(both, xp) + softplus_tail(both, xp)


class _Slopes(NamedTuple):
    share: Array
    """w, of whichever the pair is."""
    k: Array
    bend: Array
    """dk/ds"""
    p: Array
    """σ(L), kept as an axis of length 1"""
    q: Array


def _slopes(s: Array, positives: Array, negatives: Array, gamma: Number, margin: Number, xp: Any) -> _Slopes:
    near, far = _exponents(s, gamma, margin, xp)
    of_near, of_far = logsumexp(near, positives > 0, xp), logsumexp(far, negatives > 0, xp)
    p, q = sigmoids((of_near.value + of_far.value)[..., None], xp)
    within = xp.where(positives > 0, s < 1.0 + margin, s > -margin)
    k = xp.where(within, 2.0 * gamma * xp.where(positives > 0, s - 1.0, s), 0.0)
    bend = xp.where(within, 2.0 * gamma, xp.zeros_like(s))
    return _Slopes(of_near.share + of_far.share, k, bend, p, q)


def _grad(
    s: Array, positives: Array, negatives: Array, *, xp: Any, gamma: Number = 80.0, margin: Number = 0.4
) -> Array:
    share, k, _, p, _ = _slopes(s, positives, negatives, gamma, margin, xp)
    return p * share * k


def _hess(
    s: Array, positives: Array, negatives: Array, *, xp: Any, gamma: Number = 80.0, margin: Number = 0.4
) -> Array:
    share, k, bend, p, q = _slopes(s, positives, negatives, gamma, margin, xp)
    return p * share * (k * k * ((1.0 - share) + q * share) + bend)


def _hvp(
    v: Array,
    s: Array,
    positives: Array,
    negatives: Array,
    *,
    xp: Any,
    gamma: Number = 80.0,
    margin: Number = 0.4,
) -> Array:
    share, k, bend, p, q = _slopes(s, positives, negatives, gamma, margin, xp)
    along = share * k * v
    mean = xp.where(positives > 0, total(along * positives, xp), total(along * negatives, xp))
    return p * share * (k * (k * v - mean + q * total(along, xp)) + bend * v)


KERNEL = Kernel(
    "circle", "(c),(c),(c)->()", (LOGITS, POSITIVE_MARKS, NEGATIVE_MARKS), _value, _grad, _hess, _hvp
)


def circle(
    embeddings: Array,
    labels: Array,
    *,
    gamma: Number = 80.0,
    margin: Number = 0.4,
    weights: Array = None,
    where: Array = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Any:
    r"""Draw embeddings of one group together and apart from others, hardest pairs first.

    Each pair is weighed by how far its cosine is from where it should be, in the loss and in the gradient:
    the weights are differentiated too, unlike in the paper.

    .. math:: \ell_i = \ln\Bigl(1 + \sum_{n \in N_i} e^{\gamma [c_{in} + m]_+ (c_{in} - m)}
              \sum_{p \in P_i} e^{-\gamma [1 + m - c_{ip}]_+ (c_{ip} - 1 + m)}\Bigr)

    Parameters
    ----------
    embeddings : array, shape (..., n, d)
        Vectors of any length; :math:`c` is the cosine of the angle between two of them.
    labels : array of integers, shape (..., n)
        The group of each embedding: equal for those that belong together.
    gamma : float
        :math:`\gamma`, not negative: the larger, the more the hardest pairs count.
    margin : float
        :math:`m`: positives should have a cosine above :math:`1 - m`, negatives one below :math:`m`.
    weights, where, over, reduction
        Which anchors count, how much, and how they are summed: see :doc:`aggregation`. What is masked out
        is nobody's positive or negative either.

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
    An anchor without positives, or without negatives, has the loss 0. A vector of zeros has the cosine 0
    with all, and no gradient.

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
    return evaluate_through(
        lambda x: pairs("circle", x, labels, where),
        KERNEL,
        embeddings,
        params={"gamma": gamma, "margin": margin},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
