"""The contrastive loss on distances d with margin m, with y in [0, 1]:

value  y d² + (1 - y) relu(m - d)²
grad   2 y d - 2 (1 - y) relu(m - d)
hess   2 y + 2 (1 - y) [d < m]
"""

from typing import Any

from lossary._arguments import DISTANCES
from lossary._encodings import both_encodings, of_encoding
from lossary._engine import Call, loss
from lossary._math import relu, step, times
from lossary._typing import AnyArray, Array, ArrayT, Axes, LabelsIn, Number, Reduction


def _value(d: Array, y: Array, *, xp: Any, margin: Number = 1.0) -> Array:
    gap = relu(margin - d, xp)
    return times(y, d * d, xp) + (1.0 - y) * (gap * gap)


def _grad(d: Array, y: Array, *, xp: Any, margin: Number = 1.0) -> Array:
    return 2.0 * (times(y, d, xp) - (1.0 - y) * relu(margin - d, xp))


def _hess(d: Array, y: Array, *, xp: Any, margin: Number = 1.0) -> Array:
    return 2.0 * (y + (1.0 - y) * step(margin - d, xp))


OF_BITS, OF_SIGNS = both_encodings("contrastive", "(),()->()", (DISTANCES,), _value, _grad, _hess, own="01")


@loss
def contrastive(
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
    r"""Contrastive loss on distances: pull matching pairs together, and push other pairs a margin apart.

    It takes distances of any kind, not their squares and not similarities. Unlike in the paper, there is no
    factor of one half. `hinge_embedding` is the same without the squares.

    .. math:: \ell = y\,d^2 + (1 - y)\max(0,\, m - d)^2

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
        In the units of the distances, squared. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, a distance is negative, or labels are outside the range that `labels_in`
        implies.

    Notes
    -----
    At :math:`d = m` the second derivative is the one on the side where pairs cost nothing. A label between 0
    and 1 mixes both cases. Derivatives in the distance are finite. Whether the derivative in the vectors
    exists where they are equal depends on the distance.

    References
    ----------
    R. Hadsell, S. Chopra, Y. LeCun, *Dimensionality reduction by learning an invariant mapping*, CVPR 2006.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> lossary.contrastive(np.array([0.25, 0.25, 3.0]), np.array([1, 0, 0]), reduction="none").tolist()
    [0.0625, 0.5625, 0.0]
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
