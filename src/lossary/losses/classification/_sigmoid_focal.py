"""The focal loss on logits. Let u = x for a positive and u = -x for a negative label, q = σ(-u) the
probability of the wrong answer, p = 1 - q, l = softplus(-u) = -log p, and m = q^γ:

value  F(u) = m·l
grad   F' = -m·(q + γ·p·l)
hess   F'' = m·(p·((1 + 2γ)·q + γ²·p·l) - γ·q·p·l)

No power of q below γ occurs, so nothing blows up at confident predictions for γ < 1. A label y between 0 and
1 counts y times as positive and 1 - y times as negative. Where all labels are known to be 0 or 1, one side is
computed.
"""

from typing import Any, NamedTuple

from lossary._arguments import LABELS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import (
    negative_part,
    power,
    relu,
    sigmoid_and_tail,
    sigmoids,
    sigmoids_and_tail,
    softpluses,
    times,
)
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, Number, Reduction
from lossary.losses.classification._labels import are_signs, both_sides, is_mixture, sides


class _Side(NamedTuple):
    m: Array
    p: Array
    q: Array
    nll: Array


def _sides(x: Array, gamma: Number, xp: Any) -> tuple[_Side, _Side]:
    """The terms for a positive and for a negative label."""
    of_zero, of_one = softpluses(x, xp)
    p, q = sigmoids(x, xp)
    return _Side(power(q, gamma, xp), p, q, of_one), _Side(power(p, gamma, xp), q, p, of_zero)


def _value(
    x: Array,
    y: Array,
    *,
    xp: Any,
    gamma: Number = 2.0,
    alpha: Number | None = None,
    label_smoothing: Number = 0.0,
) -> Array:
    if are_signs(y, label_smoothing, xp):
        v = (1.0 - 2.0 * y) * x
        q, tail = sigmoid_and_tail(v, xp)
        return _weighed(power(q, gamma, xp) * (relu(v, xp) + tail), y, alpha)
    return _cost(y, *_sides(x, gamma, xp), alpha, label_smoothing, xp)


def _grad(
    x: Array,
    y: Array,
    *,
    xp: Any,
    gamma: Number = 2.0,
    alpha: Number | None = None,
    label_smoothing: Number = 0.0,
) -> Array:
    return _slope(y, *_sides(x, gamma, xp), gamma, alpha, label_smoothing, xp)


def _both(
    x: Array,
    y: Array,
    *,
    xp: Any,
    again: Again,
    gamma: Number = 2.0,
    alpha: Number | None = None,
    label_smoothing: Number = 0.0,
) -> tuple[Array, Array]:
    if are_signs(y, label_smoothing, xp):
        s = 2.0 * y - 1.0
        u = s * x
        p, q, tail = sigmoids_and_tail(u, xp)
        side = _Side(power(q, gamma, xp), p, q, negative_part(u, xp) + tail)
        slope = -s * _steepness(side, gamma, xp)
        return _weighed(side.m * side.nll, y, alpha), _weighed(slope, y, alpha)
    pos, neg = _sides(x, gamma, xp)
    value = _cost(y, pos, neg, alpha, label_smoothing, xp)
    return value, _slope(y, pos, neg, gamma, alpha, label_smoothing, xp)


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
    pos, neg = _sides(x, gamma, xp)
    return y * _curvature(pos, gamma, xp) + n * _curvature(neg, gamma, xp)


def _weighed(losses: Array, y: Array, alpha: Number | None) -> Array:
    """Losses of labels that are 0 or 1, weighted by class."""
    if alpha is None:
        return losses
    pos, neg = sides(y, 1.0 - y, alpha)
    return (pos + neg) * losses


def _cost(y: Array, pos: _Side, neg: _Side, alpha: Number | None, label_smoothing: Number, xp: Any) -> Array:
    of_one, of_zero = pos.m * pos.nll, neg.m * neg.nll
    if alpha is None and is_mixture(label_smoothing, xp):
        return xp.lerp(of_zero, of_one, y)
    y, n = sides(*both_sides(y, label_smoothing), alpha)
    return times(y, of_one, xp) + times(n, of_zero, xp)


def _slope(
    y: Array,
    pos: _Side,
    neg: _Side,
    gamma: Number,
    alpha: Number | None,
    label_smoothing: Number,
    xp: Any,
) -> Array:
    of_one, of_zero = _steepness(pos, gamma, xp), _steepness(neg, gamma, xp)
    if alpha is None and is_mixture(label_smoothing, xp):
        return xp.lerp(of_zero, -of_one, y)
    y, n = sides(*both_sides(y, label_smoothing), alpha)
    return n * of_zero - y * of_one


def _steepness(side: _Side, gamma: Number, xp: Any) -> Array:
    """-F'"""
    m, p, q, nll = side
    return m * (q + gamma * times(p, nll, xp))


def _curvature(side: _Side, gamma: Number, xp: Any) -> Array:
    """F''"""
    m, p, q, nll = side
    pl = times(p, nll, xp)
    return m * (p * ((1.0 + 2.0 * gamma) * q + gamma * (gamma * pl)) - gamma * (q * pl))


KERNEL = Kernel(
    "sigmoid_focal", "(),()->()", (LOGITS, LABELS), _value, _grad, _hess, both=_both, all_or_nothing=True
)


@loss
def sigmoid_focal(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    gamma: float | AnyArray = 2.0,
    alpha: float | AnyArray | None = None,
    label_smoothing: float | AnyArray = 0.0,
    axis: int = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Focal loss on logits: binary cross-entropy that down-weights well-classified examples.

    For rare positives. With `gamma` 0 it is exactly `sigmoid_binary_cross_entropy`. There is no hidden
    `alpha`.

    .. math:: \ell = -\alpha\,y\,(1-p)^\gamma\log p - (1-\alpha)(1-y)\,p^\gamma\log(1-p),
              \qquad p = \sigma(x)

    Parameters
    ----------
    logits : array, shape (...)
        Unbounded scores :math:`x`. At :math:`\pm\infty` the loss takes its limit.
    labels : array, shape (...)
        0 or 1, or the probability :math:`y` of 1, with the same shape. Any integer, boolean or floating
        dtype.
    gamma : float
        How quickly an example loses weight as its prediction improves; any real number >= 0.
    alpha : float in [0, 1], optional
        The weight of positives; negatives get :math:`1-\alpha`. With None, both have weight 1.
    label_smoothing : float in [0, 1)
        :math:`\varepsilon`: replaces labels with :math:`(1-\varepsilon)\,y + \varepsilon/2`.
    axis : int
        The axis of the classes, for `class_weights`.
    class_weights : array of one number per class along `axis`, optional
        The weight of each class. ``"weighted_mean"`` includes it in the denominator.

    Returns
    -------
    array
        In nats. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, labels are outside [0, 1], or a parameter is out of range.

    Notes
    -----
    The loss is not convex: the second derivative is negative where the right answer has a small probability
    (below 0.058 at :math:`\gamma = 2`). A label between 0 and 1 mixes the two losses, like a two-class
    `softmax_focal`; formulas with a single :math:`p_t` differ there. For labels that are qualities the
    sigmoid should equal, use `sigmoid_quality_focal`.

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
    return Call(
        KERNEL,
        logits,
        labels,
        axis=axis,
        params={
            "gamma": gamma,
            "alpha": alpha,
            "label_smoothing": label_smoothing,
            "class_weights": class_weights,
        },
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
