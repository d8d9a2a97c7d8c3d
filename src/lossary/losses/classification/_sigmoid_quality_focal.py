"""The quality focal loss on logits. With p = σ(x), n = σ(-x), e = p - y, s its sign, b the binary
cross-entropy and k = p·n / |e|:

value  |e|^γ·b
grad   s·|e|^γ·(|e| + γ·k·b)
hess   |e|^γ·((2γ + 1)·p·n + γ·k·b·((γ - 1)·k + s·(n - p)))

e is (1 - y)·p - y·n, which is exact at y = 0 and y = 1, however small it is. At e = 0 the derivatives take
their limits; in the second, the limit of γ(γ - 1)·|e|^(γ-2)·(p·n)²·b.
"""

from typing import Any, NamedTuple

from lossary._arguments import LABELS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute, power, sigmoids, signed_times, softpluses, times
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction


class _Parts(NamedTuple):
    p: Array
    n: Array
    e: Array
    size: Array
    """|e|"""
    b: Array


def _parts(x: Array, y: Array, xp: Any) -> _Parts:
    of_zero, of_one = softpluses(x, xp)
    p, n = sigmoids(x, xp)
    e = (1.0 - y) * p - y * n
    return _Parts(p, n, e, absolute(e, xp), times(y, of_one, xp) + times(1.0 - y, of_zero, xp))


def _per_size(at: _Parts, xp: Any) -> Array:
    """k, but 0 where e is 0."""
    none = at.e == 0
    return xp.where(none, 0.0, at.p * at.n / xp.where(none, 1.0, at.size))


def _value(x: Array, y: Array, *, xp: Any, gamma: Number = 2.0) -> Array:
    at = _parts(x, y, xp)
    return times(power(at.size, gamma, xp), at.b, xp)


def _grad(x: Array, y: Array, *, xp: Any, gamma: Number = 2.0) -> Array:
    at = _parts(x, y, xp)
    steep = at.size + gamma * times(_per_size(at, xp), at.b, xp)
    return xp.sign(at.e) * (power(at.size, gamma, xp) * steep)


def _hess(x: Array, y: Array, *, xp: Any, gamma: Number = 2.0) -> Array:
    at = _parts(x, y, xp)
    k, pn, weight = _per_size(at, xp), at.p * at.n, power(at.size, gamma, xp)
    kb = times(k, at.b, xp)
    bend = weight * (gamma * (kb * ((gamma - 1.0) * k + xp.sign(at.e) * (at.n - at.p))))
    none = at.e == 0
    curve = gamma * (gamma - 1.0) * times(pn * pn, at.b, xp)
    limit = signed_times(curve, power(xp.where(none, 0.0, xp.ones_like(pn)), gamma - 2.0, xp), xp)
    return weight * ((2.0 * gamma + 1.0) * pn) + xp.where(none, limit, bend)


KERNEL = Kernel("sigmoid_quality_focal", "(),()->()", (LOGITS, LABELS), _value, _grad, _hess)


@loss
def sigmoid_quality_focal(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    gamma: float | AnyArray = 2.0,
    axis: int = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Quality focal loss on logits: focal loss for labels between 0 and 1, such as how well a box overlaps.

    It is 0 where the sigmoid equals the label. For labels 0 and 1, it is `sigmoid_focal`. For labels between,
    `sigmoid_focal` mixes the losses of both classes and is never 0.

    .. math:: \ell = |y - p|^\gamma\,\bigl(-y\log p - (1-y)\log(1-p)\bigr), \qquad p = \sigma(x)

    Parameters
    ----------
    logits : array, shape (...)
        Unbounded scores :math:`x`. At :math:`\pm\infty` the loss takes its limit.
    labels : array, shape (...)
        The quality :math:`y` from 0 to 1, with the same shape; 0 for negatives. Any integer, boolean or
        floating dtype.
    gamma : float
        :math:`\gamma \ge 0`: how quickly an example loses weight as its prediction improves. The paper calls
        it beta.
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
        If the shapes differ, labels are outside [0, 1], or `gamma` is negative.

    Notes
    -----
    At :math:`p = y` the gradient is 0, and for :math:`\gamma = 2` the second derivative is
    :math:`2\,p^2(1-p)^2` times the entropy of the label. With an exponent below 1 there is a cusp, where the
    second derivative is infinite. The loss is not convex.

    References
    ----------
    X. Li et al., *Generalized focal loss: learning qualified and distributed bounding boxes for dense object
    detection*, NeurIPS 2020.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits, labels = np.array([0.3, 0.3, 0.0]), np.array([0.7, 1.0, 0.5])
    >>> lossary.sigmoid_quality_focal(logits, labels, reduction="none").round(6)
    array([0.010158, 0.100393, 0.      ])
    """
    return Call(
        KERNEL,
        logits,
        labels,
        axis=axis,
        params={"gamma": gamma, "class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
