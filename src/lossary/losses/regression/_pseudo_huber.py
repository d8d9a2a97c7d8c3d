"""The pseudo-Huber loss, with e = predictions - targets and w = √(e² + δ²):

value  δ (w - δ) = δ e² / (w + δ)
grad   δ e / w
hess   (δ / w)³

Let m be the larger of |e| and δ, q = |e|/m, d = δ/m and s² = 1 + (qd)²; q or d is 1. Then w is m·s, and
nothing overflows.
"""

from math import inf
from typing import Any

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute, clipped, greatest, is_number, least
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, Number, Reduction


def _value(x: Array, y: Array, *, xp: Any, delta: Number = 1.0) -> Array:
    return value(x - y, delta, xp)


def _grad(x: Array, y: Array, *, xp: Any, delta: Number = 1.0) -> Array:
    return grad(x - y, delta, xp)


def _hess(x: Array, y: Array, *, xp: Any, delta: Number = 1.0) -> Array:
    return hess(x - y, delta, xp)


def _both(x: Array, y: Array, *, xp: Any, again: Again, delta: Number = 1.0) -> tuple[Array, Array]:
    if again is None:
        return both(x - y, delta, xp)
    return value(x - y, delta, xp), grad(again(x) - y, delta, xp)


# Of an error e.


def value(e: Array, delta: Number, xp: Any) -> Array:
    return _cost(e, _of_squares(e, delta, xp), delta, xp)


def grad(e: Array, delta: Number, xp: Any) -> Array:
    return _slope(e, _of_squares(e, delta, xp), delta, xp)


def both(e: Array, delta: Number, xp: Any) -> tuple[Array, Array]:
    at = _of_squares(e, delta, xp)
    return _cost(e, at, delta, xp), _slope(e, at, delta, xp)


def hess(e: Array, delta: Number, xp: Any) -> Array:
    _, d, squared = _ratios(absolute(e, xp), delta, xp)
    return d * d * d / (squared * xp.sqrt(squared))  # the cube of d/s would have thrice its error


def _cost(e: Array, at: tuple[Array, Array] | None, delta: Number, xp: Any) -> Array:
    if at is not None:
        square, w = at
        return _by(delta, square / (w + delta))
    a = absolute(e, xp)
    q, d, squared = _ratios(a, delta, xp)
    return delta * a * (q / (xp.sqrt(squared) + d))


def _slope(e: Array, at: tuple[Array, Array] | None, delta: Number, xp: Any) -> Array:
    if at is not None:
        return _by(delta, e) / at[1]
    *_, squared = _ratios(absolute(e, xp), delta, xp)
    return clipped(e, delta, xp) / xp.sqrt(squared)


def _of_squares(e: Array, delta: Number, xp: Any) -> tuple[Array, Array] | None:
    """e² and w; None if squares may overflow, or lose digits."""
    if not (xp.is_quick and isinstance(delta, float) and 2.0**-40 < delta < 2.0**40 and e.size):
        return None
    square = e * e
    w = square + delta * delta
    return (square, xp.sqrt(w, out=w)) if xp.max(w) < inf else None


def _by(delta: Number, x: Array) -> Array:
    return x if is_number(delta, 1) else delta * x


def _ratios(a: Array, delta: Number, xp: Any) -> tuple[Array, Array, Array]:
    """q, d and s²."""
    a = least(a, float(xp.finfo(a.dtype).max), xp)
    m = greatest(a, delta, xp)
    q, d = a / m, delta / m
    r = q * d
    return q, d, 1.0 + r * r


KERNEL = Kernel("pseudo_huber", "(),()->()", (PREDICTIONS, TARGETS), _value, _grad, _hess, both=_both)


@loss
def pseudo_huber(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    delta: float | AnyArray = 1.0,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""A smooth `huber`: squared near the target, absolute far from it, with derivatives of every order.

    Also known as the Charbonnier loss. In super-resolution that name often means :math:`\sqrt{e^2 +
    \delta^2}`, which is not 0 at the target and whose gradient is this loss's gradient divided by
    :math:`\delta`.

    .. math:: \ell = \delta^2 \left(\sqrt{1 + (e/\delta)^2} - 1\right) \qquad e = x - y

    Parameters
    ----------
    predictions : array, shape (...)
        Real numbers :math:`x`.
    targets : array, shape (...)
        Real numbers :math:`y`, with the same shape; or a scalar.
    delta : float
        The approximate error at which the loss changes from squared to absolute, in the units of the targets;
        positive.

    Returns
    -------
    array
        In the units of the targets, squared. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or `delta` is not positive.

    Notes
    -----
    As with `huber`, the slope far from the target is :math:`\pm\delta`, and the second derivative at the
    target is 1.

    References
    ----------
    P. Charbonnier et al., *Deterministic edge-preserving regularization in computed imaging*, IEEE
    Trans. Image Process. 6 (1997).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> round(float(lossary.pseudo_huber(np.array([3.0]), np.zeros(1), delta=2.0)), 6)
    3.211103
    """
    return Call(
        KERNEL,
        predictions,
        targets,
        params={"delta": delta},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
