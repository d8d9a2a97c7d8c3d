"""The asymmetric loss on logits. A positive label costs F with q = σ(-x), as in a focal loss. A negative
label costs F with q = relu(σ(x) - m), which is 0 for small probabilities. With l = -log(1 - q), p·n =
σ(x)·σ(-x) = |dq/dx|, a = p·n / (1 - q) and k = p·n / q:

value  F   = q^γ·l
grad   F'  = q^γ·(a + γ·k·l), toward q
hess   F'' = q^γ·(a·(n - p·m / (1 - q)) + γ·k·(2·a + ((γ - 1)·k + n - p)·l))

with p the probability of the wrong label and n = 1 - p. Where m = 0, a = q = p and k = n. No power of q below
γ occurs. With z₀ = logit(m), the difference p - m is p·(1 - m)·(1 - exp(z₀ - x)). A label y between 0 and 1
counts as y positives and 1 - y negatives.
"""

from math import log, log2
from typing import Any, NamedTuple

from lossary._arguments import LABELS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import is_number, one_minus_exp, power, relu, sigmoids, softpluses, times
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction
from lossary.losses.classification._labels import both_sides

_LOG2 = log(2.0)
_SPLIT = 2.0**40 + 1.0
"""Multiplying by it, as in `_beyond`, rounds a number to 13 bits."""


class _Side(NamedTuple):
    """The terms for labels of one kind. Where such a label costs nothing, q, nll, a and k are 0."""

    q: Array
    nll: Array
    a: Array
    bend: Array
    """n - p·m / (1 - q)"""
    k: Array
    tilt: Array
    """n - p"""


def _sides(x: Array, shift: Number, xp: Any) -> tuple[_Side, _Side]:
    of_zero, of_one = softpluses(x, xp)
    p, n = sigmoids(x, xp)
    negative = _Side(p, of_zero, p, n, n, n - p)
    if not is_number(shift, 0):
        negative = _shifted(x, p, n, negative, shift, xp)
    return _Side(n, of_one, n, p, p, p - n), negative


def _shifted(x: Array, p: Array, n: Array, plain: _Side, shift: Number, xp: Any) -> _Side:
    known = isinstance(shift, float | int)
    m = shift if known else xp.where(shift == 0, 0.5, shift)
    beyond = relu(_beyond(x, m, xp), xp)
    none = beyond <= 0
    q = (1.0 - m) * (p * one_minus_exp(beyond, xp))
    per = 1.0 / (n + m)
    pn = p * n
    k = xp.where(none, 0.0, pn / xp.where(none, 1.0, q))
    a = xp.where(none, 0.0, pn * per)
    found = _Side(q, xp.log1p(q * per), a, n - p * (m * per), k, n - p)
    if known:
        return found
    return _Side(*[xp.where(shift == 0, *either) for either in zip(plain, found, strict=True)])


def _beyond(x: Array, m: Number, xp: Any) -> Array:
    """x - logit(m). It subtracts a part with few bits first, which is exact for x near logit(m)."""
    if not isinstance(m, float | int):
        return x - xp.log(m / (1.0 - m))
    edge = _LOG2 * (log2(m) - log2(1.0 - m))  # torch.compile supports log2 for symbolic numbers
    long = _SPLIT * edge
    near = long - (long - edge)
    return (x - near) - (edge - near)


def _value(
    x: Array,
    y: Array,
    *,
    xp: Any,
    positive_gamma: Number = 1.0,
    negative_gamma: Number = 4.0,
    shift: Number = 0.05,
    label_smoothing: Number = 0.0,
) -> Array:
    y, no = both_sides(y, label_smoothing)
    one, zero = _sides(x, shift, xp)
    of_one = power(one.q, positive_gamma, xp) * one.nll
    of_zero = power(zero.q, negative_gamma, xp) * zero.nll
    return times(y, of_one, xp) + times(no, of_zero, xp)


def _grad(
    x: Array,
    y: Array,
    *,
    xp: Any,
    positive_gamma: Number = 1.0,
    negative_gamma: Number = 4.0,
    shift: Number = 0.05,
    label_smoothing: Number = 0.0,
) -> Array:
    y, no = both_sides(y, label_smoothing)
    one, zero = _sides(x, shift, xp)
    return no * _slope(zero, negative_gamma, xp) - y * _slope(one, positive_gamma, xp)


def _hess(
    x: Array,
    y: Array,
    *,
    xp: Any,
    positive_gamma: Number = 1.0,
    negative_gamma: Number = 4.0,
    shift: Number = 0.05,
    label_smoothing: Number = 0.0,
) -> Array:
    y, no = both_sides(y, label_smoothing)
    one, zero = _sides(x, shift, xp)
    return y * _curvature(one, positive_gamma, xp) + no * _curvature(zero, negative_gamma, xp)


def _slope(side: _Side, gamma: Number, xp: Any) -> Array:
    return power(side.q, gamma, xp) * (side.a + gamma * times(side.k, side.nll, xp))


def _curvature(side: _Side, gamma: Number, xp: Any) -> Array:
    q, nll, a, bend, k, tilt = side
    kl = times(k, nll, xp)
    inner = 2.0 * a * k + ((gamma - 1.0) * k + tilt) * kl
    return power(q, gamma, xp) * (a * bend + gamma * inner)


KERNEL = Kernel("sigmoid_asymmetric", "(),()->()", (LOGITS, LABELS), _value, _grad, _hess)


@loss
def sigmoid_asymmetric(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    positive_gamma: float | AnyArray = 1.0,
    negative_gamma: float | AnyArray = 4.0,
    shift: float | AnyArray = 0.05,
    label_smoothing: float | AnyArray = 0.0,
    axis: int = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Asymmetric loss (ASL) for multi-label classification: a focal loss that ignores easy negatives.

    For labels that are mostly 0. Positives and negatives have an exponent each. With equal exponents and no
    `shift`, it is `sigmoid_focal`; if the exponents are 0 too, it is `sigmoid_binary_cross_entropy`.

    .. math:: \ell = -y\,(1-p)^{\gamma_+}\log p - (1-y)\,q^{\gamma_-}\log(1-q),
              \qquad p = \sigma(x),\quad q = \max(p - m, 0)

    Parameters
    ----------
    logits : array, shape (...)
        Unbounded scores :math:`x`. At :math:`\pm\infty` the loss takes its limit.
    labels : array, shape (...)
        0 or 1, or the probability :math:`y` of 1, with the same shape. Any integer, boolean or floating
        dtype.
    positive_gamma, negative_gamma : float
        :math:`\gamma_+` and :math:`\gamma_-`, at least 0: how quickly positives and negatives lose weight as
        their prediction improves.
    shift : float in [0, 1)
        :math:`m`: negatives with a smaller probability cost nothing. Other libraries call it clip or margin.
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
    Nothing is clipped: a positive label at :math:`x = -40` costs 40 with slope -1. With a `shift`, a negative
    label costs at most :math:`-(1-m)^{\gamma_-}\log m`. At :math:`p = m`, the derivatives are the ones on the
    side where the loss is 0. The loss is not convex: the second derivative can be negative.

    The paper sums over the labels of an example: pass ``reduction="sum"`` with `over`. The mean is smaller by
    a constant factor.

    References
    ----------
    T. Ridnik et al., *Asymmetric loss for multi-label classification*, ICCV 2021.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits, labels = np.array([0.3, 0.3, -4.0]), np.array([1, 0, 0])
    >>> lossary.sigmoid_asymmetric(logits, labels, reduction="none").round(6)
    array([0.23591 , 0.056226, 0.      ])
    """
    return Call(
        KERNEL,
        logits,
        labels,
        axis=axis,
        params={
            "positive_gamma": positive_gamma,
            "negative_gamma": negative_gamma,
            "shift": shift,
            "label_smoothing": label_smoothing,
            "class_weights": class_weights,
        },
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
