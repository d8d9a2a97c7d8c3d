"""Normalised temperature-scaled cross-entropy, of a row of similarities s over the temperature.

With P the marked positives of the anchor, N its negatives, L = log Σ_N exp(s_n), w_n = exp(s_n - L), and
for each positive g = L - s_p, a = σ(g), b = σ(g)·σ(-g), means over P written ā and b̄:

value  mean of softplus(g)
grad   -a/|P| for a positive, w·ā for a negative
hess   b/|P| for a positive, w·(1-w)·ā + w²·b̄ for a negative
hvp    with u = Σ w_n·v_n: b·(v - u)/|P|, and w·(v - u)·ā + w·mean of b·(u - v_p)
"""

from typing import Any, NamedTuple

from lossary._engine import evaluate_through
from lossary._kernel import LOGITS, NEGATIVE_MARKS, POSITIVE_MARKS, Kernel
from lossary._math import logsumexp, relu, sigmoids, softplus_tail, total
from lossary._typing import Array, Axes, Number, Reduction
from lossary.losses.metric._pairs import pairs


def _value(s: Array, positives: Array, negatives: Array, *, xp: Any) -> Array:
    gap = logsumexp(s, negatives > 0, xp).value[..., None] - s
    return _mean(relu(gap, xp) + softplus_tail(gap, xp), positives, xp)[..., 0]


class _Slopes(NamedTuple):
    a: Array
    b: Array
    """a/|P| and b/|P|, 0 beside positives."""
    w: Array


def _mean(x: Array, positives: Array, xp: Any) -> Array:
    """Over the positives of each row; 0 where there are none."""
    return total(xp.where(positives > 0, x, 0.0), xp) * _each(positives, xp)


def _each(positives: Array, xp: Any) -> Array:
    count = total(positives, xp)
    return xp.where(count > 0, 1.0 / xp.where(count > 0, count, 1.0), 0.0)


def _slopes(s: Array, positives: Array, negatives: Array, xp: Any) -> _Slopes:
    lse, w = logsumexp(s, negatives > 0, xp)
    p, q = sigmoids(lse[..., None] - s, xp)
    each = xp.where(positives > 0, _each(positives, xp), 0.0)
    return _Slopes(p * each, p * q * each, w)


def _grad(s: Array, positives: Array, negatives: Array, *, xp: Any) -> Array:
    a, _, w = _slopes(s, positives, negatives, xp)
    return w * total(a, xp) - a


def _hess(s: Array, positives: Array, negatives: Array, *, xp: Any) -> Array:
    a, b, w = _slopes(s, positives, negatives, xp)
    return b + w * ((1.0 - w) * total(a, xp) + w * total(b, xp))


def _hvp(v: Array, s: Array, positives: Array, negatives: Array, *, xp: Any) -> Array:
    a, b, w = _slopes(s, positives, negatives, xp)
    apart = v - total(w * v, xp)
    return b * apart + w * (apart * total(a, xp) - total(b * apart, xp))


KERNEL = Kernel(
    "nt_xent", "(c),(c),(c)->()", (LOGITS, POSITIVE_MARKS, NEGATIVE_MARKS), _value, _grad, _hess, _hvp
)


def nt_xent(
    embeddings: Array,
    labels: Array,
    *,
    temperature: Number = 0.07,
    weights: Array = None,
    where: Array = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Any:
    r"""Draw embeddings of one group together, and apart from those of all others.

    Each embedding is an anchor; the others with its label are its positives, those with another label its
    negatives. Unlike supervised contrastive losses, the other positives are not in the denominator.

    .. math:: \ell_i = \frac{1}{|P_i|} \sum_{p \in P_i}
              -\log \frac{e^{c_{ip}/\tau}}{e^{c_{ip}/\tau} + \sum_{n \in N_i} e^{c_{in}/\tau}}

    Parameters
    ----------
    embeddings : array, shape (..., n, d)
        Vectors of any length; :math:`c` is the cosine of the angle between two of them.
    labels : array of integers, shape (..., n)
        The group of each embedding: equal for those that belong together.
    temperature : float
        :math:`\tau`, positive: the smaller, the more the nearest negatives count.
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
        If the shapes do not fit, the temperature is not positive, or a Hessian is asked for.

    Notes
    -----
    An anchor without positives has the loss 0, and so has one without negatives. The mean is one over
    anchors; for that over pairs pass the number of each anchor's positives as `weights`, and
    ``reduction="weighted_mean"``. A vector of zeros has the cosine 0 with all, and no gradient.

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
    return evaluate_through(
        lambda x: pairs("nt_xent", x, labels, where, temperature),
        KERNEL,
        embeddings,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
