"""The negative log-likelihood of Student's t for e = predictions - targets, scale σ, ν degrees of freedom:

value  ½(ν+1)·log(1 + s²) + log σ with s = |e|/(σ√ν); with the constant also c(ν)
grad   (ν+1)/ν e/σ² / (1 + s²), as (ν+1)/ν t / (σ/m + e t/ν)
hess   (ν+1)/ν 1/σ² (1 - s²) / (1 + s²)²

c(ν) = log Γ(ν/2) - log Γ((ν+1)/2) + ½ log νπ, computed as a ratio of gammas without the growing parts. For
large ν, ½(ν+1)·log(1 + s²) is ½(1+1/ν)·(e/σ)² times a quotient that goes to 1: at ν = ∞ it is the normal
distribution's.
"""

from math import inf, log, pi, sqrt
from typing import Any, NamedTuple

from lossary._arguments import PREDICTIONS, SCALES, TARGETS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import absolute, clipped, greatest, least, log1p_rest, log1p_square, log_rising, positive
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction

_HALF_LOG_2PI = 0.5 * log(2 * pi)
_MANY = 2.0**20
"""Up to these degrees of freedom, s² does not vanish where the loss does not."""


def _value(x: Array, y: Array, scale: Array, *, xp: Any, df: Number = 4.0) -> Array:
    e = absolute(x - y, xp)
    if xp.are_normal(scale):
        return _cost(e, scale, df, xp)
    empty = scale == 0
    cost = _cost(e, xp.where(empty, 1.0, scale), df, xp)
    return xp.where(empty, xp.where(e == 0, -inf, xp.where(e > 0, inf, e)), cost)


def _cost(e: Array, width: Array, df: Number, xp: Any) -> Array:
    q, per = e / width, 1.0 / df
    if isinstance(df, float | int) and df < _MANY:
        fall = (0.5 * (df + 1.0)) * log1p_square(q * sqrt(per), xp)
    else:
        per = per * xp.ones_like(e)
        s = q * xp.sqrt(per)
        logarithm = log1p_square(s, xp)
        near = s < 1.0
        part, small = xp.where(near, s, 0.0), xp.where(near, q, 0.0)
        quotient = 1.0 + log1p_rest(part * part, logarithm, xp)
        half = 0.5 * (1.0 + per)
        far = half * (logarithm / xp.where(near, 1.0, per))
        fall = xp.where(near, (half * small) * (small * quotient), far)
    return fall + xp.log(width)


def _full_value(x: Array, y: Array, scale: Array, *, xp: Any, df: Number = 4.0) -> Array:
    a = (2.0 / df) * xp.ones_like(x - scale)
    ratio = log_rising(0.5 * xp.ones_like(a), a, xp)
    return _value(x, y, scale, xp=xp, df=df) + (_HALF_LOG_2PI - ratio)


def _grad(x: Array, y: Array, scale: Array, *, xp: Any, df: Number = 4.0) -> Array:
    # With q = e/σ, t is the smaller of q and sign(e), and m the larger of |q| and 1, so q = t·m.
    e, most = x - y, float(xp.finfo(x.dtype).max)
    per, scale = 1.0 / df, positive(scale, xp)
    q = e / scale
    t = clipped(q, 1.0, xp)
    m = greatest(least(absolute(q, xp), most, xp), 1.0, xp)
    return (1.0 + per) * t / (scale / m + per * (e * t))


def _hess(x: Array, y: Array, scale: Array, *, xp: Any, df: Number = 4.0) -> Array:
    e, width, far, r, per = _at(x, y, scale, df, xp)
    d = 1.0 / (1.0 + r * r)
    bent = ((1.0 - r) * (1.0 + r)) * xp.where(far, -d, d)
    size = xp.where(far, 1.0 / (xp.sqrt(per) * xp.where(far, e, 1.0)), 1.0 / width)
    return ((1.0 + per) * (bent * d)) * (size * size)


class _At(NamedTuple):
    e: Array
    width: Array
    """The scale, or 1 where it does not matter."""
    far: Array
    """Whether s > 1: beyond this the error takes the role of the scale."""
    r: Array
    """The smaller of s and 1/s."""
    per: Array
    """1/ν."""


def _at(x: Array, y: Array, scale: Array, df: Number, xp: Any) -> _At:
    e = x - y
    per = (1.0 / df) * xp.ones_like(e)
    empty = scale == 0
    s = (absolute(e, xp) / xp.where(empty, 1.0, scale)) * xp.sqrt(per)
    far = (s > 1.0) | (empty & (e != 0))
    r = xp.where(far, xp.where(empty, 0.0, xp.ones_like(s)), s) / xp.where(far, xp.where(s > 0, s, 1.0), 1.0)
    return _At(e, xp.where(empty & far, 1.0, scale), far, r, per)


_TAKES = (PREDICTIONS, TARGETS, SCALES)
KERNEL = Kernel("student_t_nll", "(),(),()->()", _TAKES, _value, _grad, _hess)
FULL = Kernel("student_t_nll", "(),(),()->()", _TAKES, _full_value, _grad, _hess)


@loss
def student_t_nll(
    predictions: ArrayT,
    targets: AnyArray | float,
    scales: AnyArray | float,
    *,
    df: float | AnyArray = 4.0,
    constant: bool = False,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Student's t negative log-likelihood: a `gaussian_nll` that is robust to outliers.

    .. math:: \ell = \frac{\nu + 1}{2} \log\left(1 + \frac{(x - y)^2}{\nu\sigma^2}\right) + \log \sigma
              \quad \left(+ \log\frac{\Gamma(\nu/2)\,\sqrt{\nu\pi}}{\Gamma((\nu + 1)/2)}\right)

    Parameters
    ----------
    predictions : array, shape (...)
        Centers :math:`x` of the distributions.
    targets : array, shape (...)
        Real numbers :math:`y`, with the same shape; or a scalar.
    scales : array, shape (...)
        Scales :math:`\sigma \ge 0`, with the same shape; or a scalar. The standard deviation is
        :math:`\sigma\sqrt{\nu/(\nu - 2)}`.
    df : float
        Degrees of freedom :math:`\nu > 0`: 1 is the Cauchy distribution, infinity the normal distribution.
    constant : bool
        Whether to add the last term, to make the loss the negative logarithm of a density. It is the same for
        all examples, but if you learn `df`, include it.

    Returns
    -------
    array
        In nats; negative where the density is large. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, scales are negative or `df` is not positive.

    Notes
    -----
    Scales are not clipped: at scale 0 the loss is :math:`-\infty` if the prediction is exact, and
    :math:`\infty` otherwise. The second derivative is negative for errors above :math:`\sigma\sqrt\nu`.

    `value_and_grad` returns the derivative in the predictions. For the derivative in the scales, use
    automatic differentiation.

    References
    ----------
    K. L. Lange, R. J. A. Little, J. M. G. Taylor, *Robust statistical modeling using the t distribution*,
    JASA 84 (1989).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> loss = lossary.student_t_nll(np.array([3.0]), np.zeros(1), 2.0, df=4.0, constant=True)
    >>> round(float(loss), 6)
    2.789694
    """
    return Call(
        FULL if constant else KERNEL,
        predictions,
        targets,
        scales,
        params={"df": df},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
