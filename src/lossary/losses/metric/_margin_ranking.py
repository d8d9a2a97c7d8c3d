"""Pairs of scores, one of which should exceed the other by a margin, with s = 2y - 1 in [-1, 1]:

value  relu(m - s (x - x'))
grad   -s where the pair costs something
hess   0
"""

from typing import Any

from lossary._arguments import OTHER_SCORES, SCORES
from lossary._encodings import both_encodings, of_encoding
from lossary._engine import Call, loss
from lossary._math import relu, step
from lossary._typing import AnyArray, Array, ArrayT, Axes, LabelsIn, Number, Reduction


def _lack(x: Array, other: Array, y: Array, margin: Number) -> Array:
    return margin - (2.0 * y - 1.0) * (x - other)


def _value(x: Array, other: Array, y: Array, *, xp: Any, margin: Number = 0.0) -> Array:
    return relu(_lack(x, other, y, margin), xp)


def _grad(x: Array, other: Array, y: Array, *, xp: Any, margin: Number = 0.0) -> Array:
    return (1.0 - 2.0 * y) * step(_lack(x, other, y, margin), xp)


def _hess(x: Array, other: Array, y: Array, *, xp: Any, margin: Number = 0.0) -> Array:
    return xp.zeros_like(x)


OF_BITS, OF_SIGNS = both_encodings(
    "margin_ranking", "(),(),()->()", (SCORES, OTHER_SCORES), _value, _grad, _hess, own="01"
)


@loss
def margin_ranking(
    scores: ArrayT,
    other_scores: AnyArray | float,
    labels: AnyArray | float,
    *,
    margin: float | AnyArray = 0.0,
    labels_in: LabelsIn = "01",
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Pairwise ranking hinge loss: one of two scores should exceed the other by a margin.

    A pair costs nothing once the right score leads by the margin.

    .. math:: \ell = \max\bigl(0,\, m - s\,(x - x')\bigr), \qquad s = 2y - 1

    Parameters
    ----------
    scores : array, shape (...)
        Unbounded scores :math:`x`.
    other_scores : array, shape (...)
        Unbounded scores :math:`x'`, with the same shape.
    labels : array, shape (...)
        :math:`y`: 1 if the score should be above the other, 0 if below.
    margin : float
        :math:`m`, the lead that the right score should have.
    labels_in : {"01", "pm1"}
        The encoding of the labels: 0 and 1, or -1 and 1 (that is, :math:`s`).

    Returns
    -------
    array
        In the units of the scores. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, or labels are outside the range that `labels_in` implies.

    Notes
    -----
    Where the lead equals the margin, the derivative is the one on the side where pairs cost nothing.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> scores, others = np.array([2.0, 2.0]), np.array([1.5, 1.5])
    >>> lossary.margin_ranking(scores, others, np.array([1, 0]), margin=1.0, reduction="none").tolist()
    [0.5, 1.5]
    """
    return Call(
        of_encoding((OF_BITS, OF_SIGNS), labels_in),
        scores,
        other_scores,
        labels,
        params={"margin": margin},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
