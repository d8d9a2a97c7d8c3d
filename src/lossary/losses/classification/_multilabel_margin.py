"""The hinge losses of every right class against every wrong one, with y = 1 for the right classes.

With n = 1 - y and, for each pair j ≠ i, the weight y_j·n_i and the gap u_ji = 1 - (s_j - s_i):

value  1/K·Σ y_j·n_i·max(u_ji, 0)
grad   1/K·(Σ_j of the weights at i where u_ji > 0, minus Σ_i of those at j)
hess   0

All pairs of a row are compared at once. Sorting the row would avoid the pairs, but sums of its scores would
lose digits that differences of close scores keep.
"""

from typing import Any, NamedTuple

from lossary._arguments import LABELS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import relu, step, times
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction, RowAxes


class _Pairs(NamedTuple):
    """Pairs of right classes (second-to-last axis) and wrong classes (last axis)."""

    weight: Array
    gap: Array


def _pairs(z: Array, y: Array, xp: Any) -> _Pairs:
    index = xp.arange_like(z)
    itself = index[:, None] == index
    weight = xp.where(itself, 0.0, y[..., None] * (1.0 - y)[..., None, :])
    low = -z  # torch cannot compile the Hessian if an input itself gets a new axis
    right, wrong = low[..., None], low[..., None, :]
    apart = right - wrong
    if not xp.is_quick:
        # The difference is ignored for two classes on the same side that are both certain.
        apart = xp.where((weight == 0) & (right == wrong), 0.0, apart)
        apart = xp.where(wrong == xp.inf, -xp.inf, apart)
    return _Pairs(weight, 1.0 + apart)


def _value(z: Array, y: Array, *, xp: Any) -> Array:
    weight, gap = _pairs(z, y, xp)
    return xp.sum(relu(times(weight, gap, xp), xp), axis=(-2, -1)) / z.shape[-1]


def _grad(z: Array, y: Array, *, xp: Any) -> Array:
    weight, gap = _pairs(z, y, xp)
    pulls = weight * step(gap, xp)
    return (xp.sum(pulls, axis=-2) - xp.sum(pulls, axis=-1)) / z.shape[-1]


def _hess(z: Array, y: Array, *, xp: Any) -> Array:
    return xp.zeros_like(z)


KERNEL = Kernel(
    "multilabel_margin",
    "(c),(c)->()",
    (LOGITS, LABELS),
    _value,
    _grad,
    _hess,
    by_column=True,
    compares_pairs=True,
)


@loss
def multilabel_margin(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    axis: RowAxes = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Multilabel hinge loss: every right class should lead every wrong class by a margin of 1.

    .. math:: \ell = \frac1K \sum_{j \in Y} \sum_{i \notin Y} \max(0,\ 1 - (s_j - s_i))

    Parameters
    ----------
    logits : array, shape (..., K, ...)
        Unbounded scores :math:`s`, the K classes on `axis`; :math:`-\infty` excludes a class.
    labels : array
        1 for the classes in :math:`Y` and 0 for the others, with the shape of the logits. Any integer,
        boolean or floating dtype. To convert torch's format, ids that end at the first -1, use (see the
        example)
        ``((ids[..., None] == np.arange(K)) & (ids >= 0).cumprod(-1)[..., None].astype(bool)).any(-2)``.
    axis : int or tuple of int
        The class axis. A tuple of axes is flattened into one class axis, in the given order.

    Returns
    -------
    array
        In the units of the logits; without reduction, it has the shape of the logits without the class axis.
        At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, or labels are outside [0, 1].

    Notes
    -----
    Where a right class leads a wrong one by exactly 1, the derivative of the pair is 0, its value on the side
    where the loss is 0. A label between 0 and 1 is a probability: the loss is the expected loss of
    independently drawn labels. A logit of :math:`-\infty` costs nothing for a wrong class and infinity for a
    right one. Time and temporary memory grow with :math:`K^2`.

    References
    ----------
    A. Elisseeff, J. Weston, *A kernel method for multi-labelled classification*, NIPS 2001.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits = np.array([[0.1, 0.2, 0.4, 0.8]])
    >>> float(lossary.multilabel_margin(logits, np.array([[1, 0, 0, 1]])).round(4))
    0.85
    >>> ids = np.array([[3, 0, -1, 1]])     # the same labels in torch: 1 is behind the end
    >>> before_end = (ids >= 0).cumprod(-1)[..., None].astype(bool)
    >>> ((ids[..., None] == np.arange(4)) & before_end).any(-2).astype(int).tolist()
    [[1, 0, 0, 1]]
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
    )
