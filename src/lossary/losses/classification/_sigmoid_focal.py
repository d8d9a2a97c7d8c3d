"""The focal loss of logits. With u = x for a positive and u = -x for a negative label, q = σ(-u) the
probability of what is wrong, p = 1 - q and l = softplus(-u) = -log p, and m = q^γ:

value  F(u) = m·l
grad   F' = -m·(q + γ·p·l)
hess   F'' = m·(p·((1 + 2γ)·q + γ²·p·l) - γ·q·p·l)

No power of q below γ occurs: for γ < 1 nothing blows up at confidence. As q = exp(-relu(u))/(1 + e),
m = exp(-γ·relu(u))·exp(-γ·log1p(e)) keeps its digits where q itself would underflow.
A label y between 0 and 1 counts y times as positive and 1 - y times as negative.
"""

from typing import Any, NamedTuple

from lossary._engine import evaluate
from lossary._kernel import LABELS, LOGITS, Kernel
from lossary._math import exp_of_product, negative_part, relu, sigmoids, softplus_tail, times
from lossary._typing import Array, Axes, Number, Reduction
from lossary.losses.classification._labels import both_sides, sides


class _Side(NamedTuple):
    m: Array
    p: Array
    q: Array
    nll: Array
    pl: Array


def _both(x: Array, gamma: Number, xp: Any) -> tuple[_Side, _Side]:
    """What a positive and what a negative label needs, from one exponential."""
    up, down, tail = relu(x, xp), negative_part(x, xp), softplus_tail(x, xp)
    p, q = sigmoids(x, xp)
    factor = xp.exp(-gamma * tail)
    return (
        _side(p, q, up, down + tail, factor, gamma, xp),
        _side(q, p, down, up + tail, factor, gamma, xp),
    )


def _side(p: Array, q: Array, margin: Array, nll: Array, factor: Array, gamma: Number, xp: Any) -> _Side:
    m = exp_of_product(gamma, margin, xp) * factor
    return _Side(m, p, q, nll, times(p, nll, xp))


def _value(
    x: Array,
    y: Array,
    *,
    xp: Any,
    gamma: Number = 2.0,
    alpha: Number | None = None,
    label_smoothing: Number = 0.0,
) -> Array:
    y, n = sides(*both_sides(y, label_smoothing), alpha)
    pos, neg = _both(x, gamma, xp)
    return times(y, times(pos.m, pos.nll, xp), xp) + times(n, times(neg.m, neg.nll, xp), xp)


def _grad(
    x: Array,
    y: Array,
    *,
    xp: Any,
    gamma: Number = 2.0,
    alpha: Number | None = None,
    label_smoothing: Number = 0.0,
) -> Array:
    y, n = sides(*both_sides(y, label_smoothing), alpha)
    pos, neg = _both(x, gamma, xp)
    return n * (neg.m * (neg.q + gamma * neg.pl)) - y * (pos.m * (pos.q + gamma * pos.pl))


def _hess(
    x: Array,
    y: Array,
    *,
    xp: Any,
    gamma: Number = 2.0,
    alpha: Number | None = None,
    label_smoothing: Number = 0.0,
) -> Array:
    y, n = sides(*both_sides(y, label_smoothing), alpha)
    pos, neg = _both(x, gamma, xp)
    return y * _curvature(pos, gamma) + n * _curvature(neg, gamma)


def _curvature(side: _Side, gamma: Number) -> Array:
    m, p, q, _, pl = side
    return m * (p * ((1.0 + 2.0 * gamma) * q + gamma * (gamma * pl)) - gamma * (q * pl))


KERNEL = Kernel("sigmoid_focal", "(),()->()", (LOGITS, LABELS), _value, _grad, _hess)


def sigmoid_focal(
    logits: Array,
    labels: Array,
    *,
    gamma: Number = 2.0,
    alpha: Number | None = None,
    label_smoothing: Number = 0.0,
    axis: int = -1,
    class_weights: Array = None,
    weights: Array = None,
    where: Array = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Any:
    r"""Binary cross-entropy of logits that turns away from what is already right: for rare positives.

    With `gamma` 0 it is exactly `sigmoid_binary_cross_entropy`. There is no hidden `alpha`.

    .. math:: \ell = -\alpha\,y\,(1-p)^\gamma\log p - (1-\alpha)(1-y)\,p^\gamma\log(1-p),
              \qquad p = \sigma(x)

    Parameters
    ----------
    logits : array, shape (...)
        Unbounded scores :math:`x`; :math:`\pm\infty` are limits.
    labels : array, shape (...)
        0 or 1, or the probability :math:`y` of 1, of the same shape; any integer, boolean or floating dtype.
    gamma : float
        How fast the weight of an example falls as it is learnt; any real number >= 0.
    alpha : float in [0, 1], optional
        The weight of positives; negatives get :math:`1-\alpha`. None weighs both by 1.
    label_smoothing : float in [0, 1)
        :math:`\varepsilon`: labels become :math:`(1-\varepsilon)\,y + \varepsilon/2`.
    axis : int
        The axis of the classes, for `class_weights`.
    class_weights : array of one number per class along `axis`, optional
        How much each class counts. Part of the weights of a weighted mean.
    weights, where, over, reduction
        Which examples count, how much, and how they are summed: see :doc:`aggregation`.

    Returns
    -------
    array
        In nats. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, labels are outside [0, 1], or a parameter is out of its range.

    Notes
    -----
    The second derivative is negative where the right answer has a small probability (below 0.058 at
    :math:`\gamma = 2`): the loss is not convex. A label between 0 and 1 mixes the two losses, as a
    two-class `softmax_focal` does; formulas with one :math:`p_t` differ there.

    References
    ----------
    T.-Y. Lin et al., *Focal loss for dense object detection*, 2017.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits, labels = np.array([3.0, -3.0, 0.0]), np.array([1, 1, 0])
    >>> lossary.sigmoid_focal(logits, labels, reduction="none").round(4).tolist()
    [0.0001, 2.7663, 0.1733]
    """
    return evaluate(
        KERNEL,
        logits,
        labels,
        axis=axis,
        params={"gamma": gamma, "alpha": alpha, "label_smoothing": label_smoothing},
        per_class={"class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
