"""A power of the Tversky loss L of a region, with its gradient G and Hessian H from `_overlap`:

value  L^k
grad   k·L^(k - 1)·G
hess   k·L^(k - 1)·(H + (k - 1)·G²/L)
hvp    k·L^(k - 1)·(H·v + (k - 1)·G·(G·v)/L)

At L = 0 the derivatives are 0 unless k is 1. For k < 1 the slope is infinite there, but L cannot decrease.
"""

from functools import partial
from typing import Any, cast

from lossary._math import power, total
from lossary._typing import Again, Array, Formula, Number
from lossary.losses.segmentation._overlap import HALF, OF_LOGITS, OF_PROBS

THREE_QUARTERS = 0.75
"""The exponent in the paper."""


def _value(
    x: Array, y: Array, *, of: tuple[Formula, ...], xp: Any, exponent: Number, **tversky: Any
) -> Array:
    return power(of[0](x, y, xp=xp, **tversky), exponent, xp)


def _steepness(loss: Array, exponent: Number, xp: Any) -> tuple[Array, Array]:
    """k·L^(k - 1), and (k - 1)/L, for each region."""
    loss = loss[..., None]
    none = loss == 0
    safe = xp.where(none, 1.0, loss)
    at_none = xp.where(exponent + 0.0 * loss == 1, 1.0, 0.0 * loss)
    slope = xp.where(none, at_none, exponent * power(safe, exponent - 1.0, xp))
    return slope, (exponent - 1.0) / safe


def _grad(x: Array, y: Array, *, of: tuple[Formula, ...], xp: Any, exponent: Number, **tversky: Any) -> Array:
    value, grad = of[4](x, y, xp=xp, again=None, **tversky)
    return _steepness(value, exponent, xp)[0] * grad


def _both(
    x: Array,
    y: Array,
    *,
    of: tuple[Formula, ...],
    xp: Any,
    again: Again,
    exponent: Number,
    **tversky: Any,
) -> tuple[Array, Array]:
    value, grad = of[4](x, y, xp=xp, again=again, **tversky)
    return power(value, exponent, xp), _steepness(value, exponent, xp)[0] * grad


def _hess(x: Array, y: Array, *, of: tuple[Formula, ...], xp: Any, exponent: Number, **tversky: Any) -> Array:
    value, grad = of[4](x, y, xp=xp, again=None, **tversky)
    hess = of[2](x, y, xp=xp, **tversky)
    steep, more = _steepness(value, exponent, xp)
    return steep * (hess + more * grad * grad)


def _hvp(
    v: Array, x: Array, y: Array, *, of: tuple[Formula, ...], xp: Any, exponent: Number, **tversky: Any
) -> Array:
    value, grad = of[4](x, y, xp=xp, again=None, **tversky)
    steep, more = _steepness(value, exponent, xp)
    return steep * (of[3](v, x, y, xp=xp, **tversky) + more * grad * total(grad * v, xp))


def _of(formula: Formula, of: tuple[Formula, ...]) -> Formula:
    """The formula, with its parameters by name."""

    def focal(
        *arrays: Array,
        xp: Any,
        way: Any,
        fp_weight: Number = HALF,
        fn_weight: Number = HALF,
        smooth: Number = 0.0,
        exponent: Number = THREE_QUARTERS,
    ) -> Array:
        tversky = {"way": way, "fp_weight": fp_weight, "fn_weight": fn_weight, "smooth": smooth}
        return formula(*arrays, of=of, xp=xp, exponent=exponent, **tversky)

    return focal


def _both_of(of: tuple[Formula, ...]) -> Formula:
    def both(*arrays: Array, again: Again, **named: Any) -> tuple[Array, Array]:
        return cast("tuple[Array, Array]", _of(partial(_both, again=again), of)(*arrays, **named))

    return both


FOCAL_OF_PROBS, FOCAL_OF_LOGITS = (
    (*[_of(formula, of) for formula in (_value, _grad, _hess, _hvp)], _both_of(of))
    for of in (OF_PROBS, OF_LOGITS)
)
