"""The sparsemax loss: ½|p - q|² plus the cost of labels outside the support, for p = sparsemax(s), labels q.

With a_j = 1 + s_j - max s, the projection onto the simplex is p_j = max(a_j - θ, 0). The largest a_j is 1.
With R the sum of the other a_j in the support and k the size of the support, θ = R/k. Nothing cancels: p - q
of a confident row, and its θ, are exact to the last bits. The loss, by definition max_p (s·p - ½|p|²) + ½|q|²
- s·q, is a sum of nonnegative terms because p - q sums to 0:

value  ½·Σ (p_j - q_j)² + Σ q_j·max(θ - a_j, 0)
grad   p_j - q_j
hess   1 - 1/k in the support, else 0
hvp    v_j - the mean of v over the support there, else 0
"""

from typing import Any, NamedTuple

from lossary._arguments import CLASS_IDS, CLASS_LABELS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import relu, step, times, total
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction, RowAxes


class _Projection(NamedTuple):
    below: Array
    """s - max s"""
    height: Array
    """a - θ, whose positive part is p"""
    theta: Array


def _project(z: Array, xp: Any) -> _Projection:
    best = xp.argmax(z, axis=-1)
    first = xp.positions(z, best)
    below = xp.where(first & (z == xp.inf), 0.0, z - xp.pick(z, best)[..., None])
    a = 1.0 + below
    rest = xp.where(first, 0.0, relu(a, xp))
    support = a > _threshold(rest, xp)
    # Computed again, without the error of the cumulative sum and with a derivative for autodiff.
    count = total(xp.where(support, xp.ones_like(a), 0.0), xp)
    theta = total(xp.where(support, rest, 0.0), xp) / count
    return _Projection(below, a - theta, theta)


def _threshold(rest: Array, xp: Any) -> Array:
    """θ: the maximum over n of the sum of the n largest a after the first, divided by n + 1."""
    sums = xp.running_total(-xp.sort(-rest, axis=-1))
    ratios = sums / (1.0 + xp.running_total(xp.ones_like(rest)))
    return xp.max(ratios, axis=-1, keepdims=True)


def _value(z: Array, labels: Array, *, xp: Any) -> Array:
    at, q = _project(z, xp), _distribution(z, labels, xp)
    d = _difference(at, q, xp)
    return xp.sum(0.5 * (d * d) + times(q, relu(-at.height, xp), xp), axis=-1)


def _grad(z: Array, labels: Array, *, xp: Any) -> Array:
    return _difference(_project(z, xp), _distribution(z, labels, xp), xp)


def _hess(z: Array, labels: Array, *, xp: Any) -> Array:
    support = step(_project(z, xp).height, xp)
    count = total(support, xp)
    return support * ((count - 1.0) / count)


def _hvp(v: Array, z: Array, labels: Array, *, xp: Any) -> Array:
    support = step(_project(z, xp).height, xp)
    return support * (v - total(support * v, xp) / total(support, xp))


def _distribution(z: Array, labels: Array, xp: Any) -> Array:
    if labels.ndim == z.ndim:
        return labels
    return xp.where(xp.positions(z, labels), xp.ones_like(z), 0.0)


def _difference(at: _Projection, q: Array, xp: Any) -> Array:
    """p - q. Taking 1 - q first avoids subtracting values near 1 from 1."""
    return xp.where(at.height <= 0, -q, (at.below + (1.0 - q)) - at.theta)


_NAME = "multiclass_sparsemax"
OF_IDS = Kernel(_NAME, "(c),()->()", (LOGITS, CLASS_IDS), _value, _grad, _hess, _hvp)
OF_DISTRIBUTIONS = Kernel(_NAME, "(c),(c)->()", (LOGITS, CLASS_LABELS), _value, _grad, _hess, _hvp)


@loss
def multiclass_sparsemax(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Sparsemax loss on logits: an alternative to softmax whose probabilities can be exactly 0.

    It is 0 if and only if the projection :math:`p` of the logits onto the simplex equals the label; for a
    class id, that is once it leads all others by 1. For two classes it is `sparsemax`.

    .. math:: \ell = \tfrac12 \sum_{j:\,p_j > 0} (s_j^2 - \tau^2) + \tfrac12 \|q\|^2 - s \cdot q,
              \qquad p_j = \max(s_j - \tau,\ 0), \quad \sum_j p_j = 1

    Parameters
    ----------
    logits : array, shape (..., K, ...)
        Unbounded scores :math:`s`, the K classes on `axis`; :math:`-\infty` excludes a class.
    labels : array
        Class ids 0 to K-1, with the shape of the logits without the class axis; or distributions :math:`q`,
        with the shape of the logits, whose rows sum to 1.
    axis : int or tuple of int
        The class axis. A tuple of axes is flattened into one class axis in the given order, the last axis
        varying fastest; class ids index the flattened axis.
    class_weights : array of K numbers, optional
        The weight of each class. It multiplies the loss of examples with that label; for a distribution, its
        mean weight does. ``"weighted_mean"`` includes it in the denominator.

    Returns
    -------
    array
        In the units of the logits; without reduction, it has the shape of the logits without the class axis.
        At least float32.

    Raises
    ------
    LossInputError
        If shapes do not match, a class id is out of range, or a row of labels is not a distribution.

    Notes
    -----
    The derivative is continuous. At the edge of the support the second derivative is 0, its value outside.
    The loss is infinite if the label's class is excluded. A single logit of :math:`+\infty` is certainty. Two
    of them, or a row of only :math:`-\infty`, give NaN.

    References
    ----------
    A. F. T. Martins, R. F. Astudillo, *From softmax to sparsemax*, ICML 2016; M. Blondel,
    A. F. T. Martins, V. Niculae, *Learning with Fenchel-Young losses*, JMLR 21 (2020).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits = np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    >>> lossary.multiclass_sparsemax(logits, np.array([0, 2]), reduction="none").round(4).tolist()
    [0.0, 0.3333]
    """
    return Call(
        (OF_IDS, OF_DISTRIBUTIONS),
        logits,
        labels,
        axis=axis,
        params={"class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
