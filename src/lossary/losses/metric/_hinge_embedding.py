"""Pairs whose distance should be small, or at least a margin, with y in [0, 1]:

value  y d + (1 - y) relu(m - d)
grad   y - (1 - y) [d < m]
hess   0
"""

from typing import Any

from lossary._arguments import DISTANCES
from lossary._encodings import both_encodings, of_encoding
from lossary._engine import Call, loss
from lossary._math import relu, step, times
from lossary._typing import AnyArray, Array, ArrayT, Axes, LabelsIn, Number, Reduction


def _value(d: Array, y: Array, *, xp: Any, margin: Number = 1.0) -> Array:
    return times(y, d, xp) + (1.0 - y) * relu(margin - d, xp)


def _grad(d: Array, y: Array, *, xp: Any, margin: Number = 1.0) -> Array:
    return y - (1.0 - y) * step(margin - d, xp)


def _hess(d: Array, y: Array, *, xp: Any, margin: Number = 1.0) -> Array:
    return xp.zeros_like(d)


OF_BITS, OF_SIGNS = both_encodings(
    "hinge_embedding", "(),()->()", (DISTANCES,), _value, _grad, _hess, own="01"
)


@loss
def hinge_embedding(
    distances: ArrayT,
    labels: AnyArray | float,
    *,
    margin: float | AnyArray = 1.0,
    labels_in: LabelsIn = "01",
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Hinge embedding loss: reduce the distance of matching pairs, and push other pairs a margin apart.

    It takes distances of any kind, not similarities.

    .. math:: \ell = y\,d + (1 - y)\max(0,\, m - d)

    Parameters
    ----------
    distances : array, shape (...)
        The distance :math:`d \ge 0` of each pair.
    labels : array, shape (...)
        :math:`y`: 1 if the two match, 0 if not; or a probability.
    margin : float
        :math:`m`: pairs that do not match cost nothing from this distance on.
    labels_in : {"01", "pm1"}
        The encoding of the labels: 0 and 1, or -1 and 1.

    Returns
    -------
    array
        In the units of the distances. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, a distance is negative, or labels are outside the range that `labels_in`
        implies.

    Notes
    -----
    At :math:`d = m` the derivative is the one on the side where pairs cost nothing.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> lossary.hinge_embedding(np.array([0.25, 0.25, 3.0]), np.array([1, 0, 0]), reduction="none").tolist()
    [0.25, 0.75, 0.0]
    """
    return Call(
        of_encoding((OF_BITS, OF_SIGNS), labels_in),
        distances,
        labels,
        params={"margin": margin},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
