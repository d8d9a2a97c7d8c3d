"""The Jensen-Shannon divergence of a softmax and labels, with g and h the derivatives of a term.

Because dp_j = p_j·(v_j - Σ p_k·v_k), written p_j·τ(v)_j, with r_j = g_j + p_j·h_j - Σ p_k·g_k:

value  Σ of `_jensen_shannon_terms`
grad   p_j·τ(g)_j
hess   p_j·(r_j·(1 - p_j)² + p_j·Σ_{k≠j} p_k·r_k)
hvp    p_j·τ(r·τ(v))_j
"""

from typing import Any

from lossary._arguments import CLASS_LABELS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import Softmax, others, softmax_tangent
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, AxisName, Reduction, RowAxes
from lossary.losses.divergences import _jensen_shannon_terms as terms
from lossary.losses.divergences._each import summed


def _value(z: Array, t: Array, *, xp: Any) -> Array:
    return summed(terms.value)(Softmax(z, xp).p, t, xp=xp)


def _grad(z: Array, t: Array, *, xp: Any) -> Array:
    return _slope(Softmax(z, xp), t, xp)


def _both(z: Array, t: Array, *, xp: Any, again: Again) -> tuple[Array, Array]:
    at, anew = Softmax.twice(z, xp, again)
    return summed(terms.value)(at.p, t, xp=xp), _slope(anew, t, xp)


def _slope(at: Softmax, t: Array, xp: Any) -> Array:
    return at.p * softmax_tangent(terms.grad(at.p, t, xp), at, xp)


def _hess(z: Array, t: Array, *, xp: Any) -> Array:
    at = Softmax(z, xp)
    r = _bend(at, t, xp)
    return at.p * (r * at.q * at.q + at.p * others(at.p * r, at.largest, xp))


def _hvp(v: Array, z: Array, t: Array, *, xp: Any) -> Array:
    at = Softmax(z, xp)
    return at.p * softmax_tangent(_bend(at, t, xp) * softmax_tangent(v, at, xp), at, xp)


def _bend(at: Softmax, t: Array, xp: Any) -> Array:
    g = terms.grad(at.p, t, xp)
    return softmax_tangent(g, at, xp) + terms.p_times_hess(at.p, t, xp)


KERNEL = Kernel(
    "softmax_jensen_shannon",
    "(c),(c)->()",
    (LOGITS, CLASS_LABELS),
    _value,
    _grad,
    _hess,
    _hvp,
    _both,
    by_column=True,
)


@loss
def softmax_jensen_shannon(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
    axis_name: AxisName = None,
) -> Call[ArrayT]:
    r"""`jensen_shannon` of a softmax of logits: a bounded loss, for distilling a teacher that may be wrong.

    .. math:: \ell = \tfrac12 \sum_j p_j \log\frac{p_j}{m_j} + t_j \log\frac{t_j}{m_j},
              \qquad m = \tfrac12 (p + t), \qquad p = \operatorname{softmax}(z)

    Parameters
    ----------
    logits : array, shape (..., K, ...)
        Unbounded scores :math:`z`, the K classes on `axis`; :math:`-\infty` excludes a class.
    labels : array, shape (..., K, ...)
        Distributions :math:`t` over the classes, with the same shape; each row sums to 1.
    axis : int or tuple of int
        The class axis, or a tuple of axes that together form one row, in this order.
    axis_name : str or tuple of str, optional
        The mapped axis inside `jax.shard_map` over which the classes are sharded: each device holds a part of
        `axis`. Class ids are global: see :doc:`sharding`.

    Returns
    -------
    array
        In nats; without reduction, it has the shape of the logits without the class axis. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, or a row of labels is not a distribution.

    Notes
    -----
    Never negative, at most :math:`\log 2`, and finite even where a label has mass on an excluded class. It is
    not convex: entirely wrong predictions have almost no gradient.

    References
    ----------
    J. Lin, *Divergence measures based on the Shannon entropy*, IEEE Trans. Inf. Theory 37 (1991).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits, labels = np.array([[2.0, 1.0, 0.0]]), np.array([[0.25, 0.75, 0.0]])
    >>> round(float(lossary.softmax_jensen_shannon(logits, labels)), 4)
    0.1473
    """
    return Call(
        KERNEL,
        logits,
        labels,
        axis=axis,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
        axis_name=axis_name,
    )
