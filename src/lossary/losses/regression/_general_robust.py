"""Barron's robust loss, with u = e/c of e = predictions - targets, b = 2 - α, s² = u²/b and w = 1 + s²:

value  b/α (w^(α/2) - 1); log w for α = 0, ½u² for α = 2, 1 - exp(-½u²) for α = -∞
grad   e/c² w^(α/2 - 1)
hess   1/c² w^(α/2 - 2) (1 + (α - 1) s²)

For α = 1 these are the formulas of the pseudo-Huber loss of u.

Let r be the smaller of |s| and 1/|s|, and d = 1 + r². Then w is d near the target (|s| <= 1) and d/r² far
from it, so nothing overflows.
"""

from math import inf, sqrt
from typing import Any, NamedTuple

from lossary._arguments import PREDICTIONS, TARGETS
from lossary._check import plain_number
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute, bell, exp_quotient, is_number, least, one_minus_exp, power
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, Number, Reduction
from lossary.losses.regression import _pseudo_huber

_FAR = 64.0
"""Beyond this the bell is 0."""
_MANY = 8.0
"""Above this power an exponential is more accurate."""


class _At(NamedTuple):
    s: Array
    """|s| far from the target, 1 near it."""
    far: Array
    square: Array
    """r²"""
    d: Array


def _at(e: Array, shape: float, scale: Number, xp: Any) -> _At:
    u, b = absolute(e, xp) / scale, 2.0 - shape
    far = u > sqrt(b)
    s = xp.where(far, u, sqrt(b)) * (1.0 / sqrt(b))
    near = xp.where(far, 0.0, u)
    square = xp.where(far, (1.0 / s) * (1.0 / s), (near * near) / b)
    return _At(xp.where(far, s, 1.0), far, square, 1.0 + square)


def _value(x: Array, y: Array, *, xp: Any, shape: float = 1.0, scale: Number = 1.0) -> Array:
    u = _scaled(x - y, scale)
    if shape == 2.0:
        return 0.5 * (u * u)
    if shape == -inf:
        return one_minus_exp(0.5 * (u * u), xp)
    if shape == 1.0:
        return _pseudo_huber.value(u, 1.0, xp)
    at = _at(x - y, shape, scale, xp)
    logarithm = xp.log1p(at.square) + 2.0 * xp.log(at.s)
    if shape == 0.0:
        return logarithm
    t = (0.5 * shape) * logarithm
    near = (t < 1.0) & (t > -1.0)
    t = xp.where(near, t, 0.0)
    small = logarithm * exp_quotient(t, xp)
    powers = _raised(at.d, 0.5 * shape, xp) * _raised(at.s, shape, xp)
    b = 2.0 - shape
    return xp.where(near, (0.5 * b) * small, b / shape * (powers - 1.0))


def _grad(x: Array, y: Array, *, xp: Any, shape: float = 1.0, scale: Number = 1.0) -> Array:
    e = x - y
    u = _scaled(e, scale)
    if shape == 2.0:
        return _scaled(u, scale)
    if shape == -inf:
        return xp.where(xp.isinf(u), 0.0, u) * bell(x, y, scale, xp) / scale
    if shape == 1.0:
        return _scaled(_pseudo_huber.grad(u, 1.0, xp), scale)
    at = _at(e, shape, scale, xp)
    # s w^(α/2 - 1), with the powers of s combined.
    beyond = sqrt(2.0 - shape) * _beyond(at, shape, 1.0, xp)
    size = xp.where(at.far, beyond * xp.sign(e), u) * _raised(at.d, 0.5 * shape - 1.0, xp)
    return size / scale


def _both(
    x: Array, y: Array, *, xp: Any, again: Again, shape: float = 1.0, scale: Number = 1.0
) -> tuple[Array, Array]:
    if shape == 1.0 and again is None:
        value, slope = _pseudo_huber.both(_scaled(x - y, scale), 1.0, xp)
        return value, _scaled(slope, scale)
    of_x = x if again is None else again(x)
    return _value(x, y, xp=xp, shape=shape, scale=scale), _grad(of_x, y, xp=xp, shape=shape, scale=scale)


def _scaled(x: Array, scale: Number) -> Array:
    return x if is_number(scale, 1) else x / scale


def _hess(x: Array, y: Array, *, xp: Any, shape: float = 1.0, scale: Number = 1.0) -> Array:
    e = x - y
    per_square = (1.0 / scale) * (1.0 / scale)
    if shape == 2.0:
        return per_square + 0.0 * xp.sign(e)
    if shape == -inf:
        u = least(absolute(e, xp) / scale, _FAR, xp)
        return per_square * (bell(x, y, scale, xp) * ((1.0 - u) * (1.0 + u)))
    if shape == 1.0:
        return per_square * _pseudo_huber.hess(e / scale, 1.0, xp)
    at = _at(e, shape, scale, xp)
    bent = xp.where(at.far, at.square + (shape - 1.0), 1.0 + (shape - 1.0) * at.square)
    return per_square * (bent * (_beyond(at, shape, 2.0, xp) * _raised(at.d, 0.5 * shape - 2.0, xp)))


def _beyond(at: _At, shape: float, less: float, xp: Any) -> Array:
    """s^(α - less) far from the target, 1 near it. For α < 1 the exponent itself would be rounded."""
    if shape >= 1.0:
        return _raised(at.s, shape - less, xp)
    r = 1.0 / at.s
    return _raised(at.s, shape, xp) * (r if less == 1.0 else r * r)


def _raised(base: Array, exponent: float, xp: Any) -> Array:
    """A power of a number that is at least 1."""
    if abs(exponent) > _MANY:
        return xp.exp(exponent * xp.log(base))
    return power(base, exponent, xp) if exponent >= 0.0 else power(1.0 / base, -exponent, xp)


KERNEL = Kernel("general_robust", "(),()->()", (PREDICTIONS, TARGETS), _value, _grad, _hess, both=_both)


@loss
def general_robust(
    predictions: ArrayT,
    targets: AnyArray | float,
    *,
    shape: float = 1.0,
    scale: float | AnyArray = 1.0,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Barron's robust loss: the shape α tunes it from squared error to bounded, outlier-tolerant losses.

    ======= ==========================================================
    shape   Also known as
    ======= ==========================================================
    2       half the squared error, in units of the scale
    1       `pseudo_huber` divided by its `delta` squared, Charbonnier
    0       Cauchy, Lorentzian
    -2      Geman-McClure
    -inf    Welsch, Leclerc
    ======= ==========================================================

    .. math:: \ell = \frac{|\alpha - 2|}{\alpha}
              \left( \left( \frac{(e/c)^2}{|\alpha - 2|} + 1 \right)^{\alpha/2} - 1 \right) \qquad e = x - y

    and its limits at :math:`\alpha = 2, 0, -\infty`.

    Parameters
    ----------
    predictions : array, shape (...)
        Real numbers :math:`x`.
    targets : array, shape (...)
        Real numbers :math:`y`, with the same shape; or a scalar.
    shape : float, at most 2
        :math:`\alpha`; a number, not an array. Above 1 the loss grows faster than the error; below 0 it is
        bounded.
    scale : float
        :math:`c`, the approximate error at which the loss changes from squared to robust, in the units of the
        targets; positive.

    Returns
    -------
    array
        Dimensionless. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, `shape` is above 2 or `scale` is not positive.
    LossTypeError
        If `shape` is an array.

    Notes
    -----
    The second derivative at the target is :math:`1/c^2` for every shape. For :math:`\alpha < 1` it is
    negative far from the target. SciPy's ``least_squares(loss="cauchy")`` has :math:`\log(1 + (e/\delta)^2)`:
    shape 0 with :math:`\delta = \sqrt2 c`.

    The shape cannot be learned here, so it must be a number. Learning it requires adding the partition
    function to the loss; without it the lowest shape always wins.

    References
    ----------
    J. T. Barron, *A general and adaptive robust loss function*, CVPR 2019, eq. 8 and 13.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> x, y = np.array([3.0]), np.array([0.0])
    >>> [round(float(lossary.general_robust(x, y, shape=a, scale=2.0)), 6) for a in (2.0, 1.0, 0.0, -2.0)]
    [1.125, 0.802776, 0.753772, 0.72]
    """
    plain_number("general_robust", "shape", shape, "the formula is another one for each")
    return Call(
        KERNEL,
        predictions,
        targets,
        params={"shape": shape, "scale": scale},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
