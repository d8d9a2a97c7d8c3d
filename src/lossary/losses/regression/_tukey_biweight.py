"""Tukey's biweight, with b = predictions - targets cut off at ±c and k = 1 - (b/c)²:

value  b²/6 (1 + k + k²), which is c²/6 (1 - k³)
grad   b k²
hess   k (5k - 4)

k is computed as (c - b)(c + b)/c² plus a correction for the rounding of b.
"""

from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import clipped, difference
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction


def _value(x: Array, y: Array, *, xp: Any, scale: Number = 4.685) -> Array:
    b, k = _cut(x, y, scale, xp)
    return (b * b) * (1.0 + k * (1.0 + k)) / 6.0


def _grad(x: Array, y: Array, *, xp: Any, scale: Number = 4.685) -> Array:
    b, k = _cut(x, y, scale, xp)
    return b * (k * k)


def _hess(x: Array, y: Array, *, xp: Any, scale: Number = 4.685) -> Array:
    _, k = _cut(x, y, scale, xp)
    return k * (5.0 * k - 4.0)


def _cut(x: Array, y: Array, scale: Number, xp: Any) -> tuple[Array, Array]:
    """b and k."""
    e, lost = difference(x, y, xp)
    b = clipped(e, scale, xp)
    lost = xp.where(b == e, lost, 0.0)
    return b, (((scale - b) - lost) / scale) * (((scale + b) + lost) / scale)


KERNEL = Kernel("tukey_biweight", "(),()->()", (PREDICTIONS, TARGETS), _value, _grad, _hess)


@loss
def tukey_biweight(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    scale: float | AnyArray = 4.685,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Tukey's biweight: squared near the target, constant far from it, so outliers have zero gradient.

    It is not convex, and errors beyond the scale have no gradient. Start from a `huber` fit, or from
    predictions whose errors are mostly below the scale.

    .. math:: \ell = \begin{cases} \tfrac{c^2}{6} \left(1 - (1 - (e/c)^2)^3\right) & |e| \le c \\
              \tfrac{c^2}{6} & |e| > c \end{cases} \qquad e = x - y

    Parameters
    ----------
    predictions : array, shape (...)
        Real numbers :math:`x`.
    targets : array, shape (...)
        Real numbers :math:`y`, with the same shape; or a scalar.
    scale : float
        :math:`c > 0`, the error beyond which the loss is constant, in the units of the targets. With 4.685
        standard deviations it is 95% as efficient as least squares on normal errors. The scale is not
        estimated from the batch.

    Returns
    -------
    array
        In the units of the targets, squared, at most :math:`c^2/6`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or `scale` is not positive.

    Notes
    -----
    The second derivative is 1 at the target, as with `huber`, and negative for :math:`|e| > c/\sqrt5`.

    References
    ----------
    A. E. Beaton, J. W. Tukey, *The fitting of power series, meaning polynomials, illustrated on
    band-spectroscopic data*, Technometrics 16 (1974).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> lossary.tukey_biweight(np.array([1.0, 100.0]), np.zeros(2), scale=2.0, reduction="none").round(6)
    array([0.385417, 0.666667])
    """
    return Call(
        KERNEL,
        predictions,
        targets,
        params={"scale": scale},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
