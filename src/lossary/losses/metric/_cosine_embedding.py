"""Pairs of vectors that should or should not point the same way, with c their cosine and y in [0, 1]:

value  y (1 - c) + (1 - y) relu(c - m)
grad   ((1 - y) [c > m] - y) c'
hess   ((1 - y) [c > m] - y) c''
"""

from typing import Any

from lossary._arguments import EMBEDDINGS, OTHER_EMBEDDINGS
from lossary._encodings import both_encodings, of_encoding
from lossary._engine import Call, loss
from lossary._math import Cosine, cosine, relu, step
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, LabelsIn, Number, Reduction, RowAxes
from lossary.losses.metric._cosine_bend import bend, bend_times


def _value(a: Array, b: Array, y: Array, *, xp: Any, margin: Number = 0.0) -> Array:
    return _cost(cosine(a, b, xp), y, margin, xp)


def _cost(at: Cosine, y: Array, margin: Number, xp: Any) -> Array:
    distance = xp.where(at.c > 0, at.gap, 1.0 - at.c)[..., 0]
    return y * distance + (1.0 - y) * relu(at.c[..., 0] - margin, xp)


def _grad(a: Array, b: Array, y: Array, *, xp: Any, margin: Number = 0.0) -> Array:
    at = cosine(a, b, xp)
    return _slope(at, y, margin, xp) * (at.rest * at.per_size)


def _both(
    a: Array, b: Array, y: Array, *, xp: Any, again: Again, margin: Number = 0.0
) -> tuple[Array, Array]:
    at = cosine(a, b, xp)
    anew = at if again is None else cosine(again(a), again(b), xp)
    return _cost(at, y, margin, xp), _slope(anew, y, margin, xp) * (anew.rest * anew.per_size)


def _hess(a: Array, b: Array, y: Array, *, xp: Any, margin: Number = 0.0) -> Array:
    at = cosine(a, b, xp)
    return _slope(at, y, margin, xp) * bend(a, at, xp)


def _hvp(w: Array, a: Array, b: Array, y: Array, *, xp: Any, margin: Number = 0.0) -> Array:
    at = cosine(a, b, xp)
    return _slope(at, y, margin, xp) * bend_times(w, a, at, xp)


def _slope(at: Cosine, y: Array, margin: Number, xp: Any) -> Array:
    """The derivative of the loss in c."""
    y = y[..., None]
    return (1.0 - y) * step(at.c - margin, xp) - y


OF_BITS, OF_SIGNS = both_encodings(
    "cosine_embedding",
    "(c),(c),()->()",
    (EMBEDDINGS, OTHER_EMBEDDINGS),
    _value,
    _grad,
    _hess,
    _hvp,
    _both,
    own="01",
)


@loss
def cosine_embedding(
    embeddings: ArrayT,
    other_embeddings: AnyArray | float,
    labels: AnyArray | float,
    *,
    axis: RowAxes = -1,
    margin: float | AnyArray = 0.0,
    labels_in: LabelsIn = "01",
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Cosine embedding loss: align matching pairs, and push the cosine of other pairs below a margin.

    Pairs that do not match cost nothing once their cosine is at most the margin.

    .. math:: \ell = y\,(1 - c) + (1 - y)\max(0,\, c - m), \qquad c = \frac{a \cdot b}{|a|\,|b|}

    Parameters
    ----------
    embeddings : array, shape (..., D, ...)
        Vectors :math:`a` along `axis`, of any length.
    other_embeddings : array, shape (..., D, ...)
        Vectors :math:`b`, with the same shape.
    labels : array, shape (...)
        One number :math:`y` per pair: 1 if the two match, 0 if not; or a probability.
    axis : int or tuple of int
        The axis of the vectors, or a tuple of axes that together form one vector.
    margin : float
        :math:`m`: pairs that do not match cost nothing up to this cosine.
    labels_in : {"01", "pm1"}
        The encoding of the labels: 0 and 1, or -1 and 1.

    Returns
    -------
    array
        Without reduction, it has the shape of the labels. At least float32.

    Raises
    ------
    LossInputError
        If shapes do not match, or labels are outside the range that `labels_in` implies.

    Notes
    -----
    At :math:`c = m` the derivative is the one on the side where pairs cost nothing. A zero vector has cosine
    0 with any other, and zero derivatives. An infinite coordinate gives NaN.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> a, b = np.array([[3.0, 4.0], [3.0, 4.0]]), np.array([[4.0, 3.0], [4.0, 3.0]])
    >>> lossary.cosine_embedding(a, b, np.array([1, 0]), margin=0.5, reduction="none").tolist()
    [0.04, 0.46]
    """
    return Call(
        of_encoding((OF_BITS, OF_SIGNS), labels_in),
        embeddings,
        other_embeddings,
        labels,
        axis=axis,
        params={"margin": margin},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
