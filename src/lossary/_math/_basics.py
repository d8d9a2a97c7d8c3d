"""Elementary functions whose value or derivative some library gets wrong."""

from typing import Any

from lossary._typing import Array, Number


def is_number(parameter: Any, number: float) -> bool:
    """Whether a parameter is known to be this number, so its term can be dropped. Never reads an array."""
    return isinstance(parameter, float | int) and parameter == number


def relu(x: Array, xp: Any) -> Array:
    """max(x, 0), with derivative 0 at 0."""
    if xp.is_differentiated:
        return xp.where(x > 0, x, xp.where(x <= 0, 0.0, x))
    return xp.maximum(x, 0.0)


def negative_part(x: Array, xp: Any) -> Array:
    """max(-x, 0), with derivative -1 at 0, to match the side that `relu(x)` takes at 0; relu(-x) does not."""
    if xp.is_differentiated:
        return xp.where(x > 0, 0.0, -x)
    return xp.maximum(-x, 0.0)


def absolute(x: Array, xp: Any) -> Array:
    """|x|, with derivative -1 at 0, to match the side that `relu` takes."""
    return xp.where(x > 0, x, -x) if xp.is_differentiated else xp.abs(x)


def least(x: Array, limit: Number, xp: Any) -> Array:
    """min(x, limit), with derivative 1 where they are equal."""
    if xp.is_differentiated:
        return xp.where(x > limit, limit, x)
    return xp.minimum(x, limit)


def step(x: Array, xp: Any) -> Array:
    """The derivative of `relu`: 1 where x > 0, else 0; NaN for NaN."""
    if xp.overwrites:  # where it saves a pass over memory
        return xp.ceil(xp.within(x, 0.0, 1.0))
    return xp.where(x > 0, 1.0, xp.where(x <= 0, 0.0, x))


def times(amount: Number, x: Array, xp: Any) -> Array:
    """amount * x for an amount >= 0, but 0 where the amount is 0, even if x is infinite.

    The cap on |x| is 1 for an amount of 0 and infinite for all others. It avoids `where`, because XLA:CPU
    cannot fuse comparisons into reductions.
    """
    if isinstance(amount, float | int):
        return amount * x if amount else xp.zeros_like(x)
    if xp.is_quick:
        return amount * x
    if xp.is_eager:
        return amount * xp.where(amount == 0, xp.finite(x), x)
    if xp.is_differentiated or xp.reads:
        return amount * xp.where((amount == 0) & xp.isinf(x), 0.0, x)
    return amount * _capped(x, amount, xp)


def signed_times(y: Array, x: Array, xp: Any) -> Array:
    """y * x for y of either sign, but 0 where y is 0, even if x is infinite."""
    if xp.is_quick:
        return y * x
    if xp.is_eager:
        return y * xp.where(y == 0, xp.finite(x), x)
    if xp.is_differentiated:
        return y * xp.where((y == 0) & xp.isinf(x), 0.0, x)
    return y * _capped(x, xp.abs(y), xp)


def _capped(x: Array, amount: Array, xp: Any) -> Array:
    """x, but between -1 and 1 where the amount is 0."""
    low = -1.0 / (1.0 + xp.maximum(-xp.ceil(amount), -xp.ones_like(amount)))
    return xp.maximum(-xp.maximum(-x, low), low)


def by_sign(x: Array, up: Number, down: Number, xp: Any) -> Array:
    """up·x where x > 0, and down·|x| elsewhere, for nonnegative `up` and `down`."""
    if xp.is_quick:
        a = up * x
        return xp.maximum(a, (-down) * x, out=a)
    if xp.is_differentiated or isinstance(up, float | int) or isinstance(down, float | int):
        return times(up, relu(x, xp), xp) + times(down, negative_part(x, xp), xp)
    if xp.is_eager:
        return times(xp.where(x > 0, up, down), xp.abs(x), xp)
    most = float(xp.finfo(x.dtype).max)
    within = clipped(x, most, xp)
    value = xp.maximum(up * within, -(down * within))
    beyond = x - within  # infinity or 0; the next line cuts it to 0 where the value is 0
    return value - xp.maximum(-(beyond * beyond), -most * value)


def slope_by_sign(x: Array, up: Number, down: Number, xp: Any) -> Array:
    """up·x where x > 0, and down·x elsewhere."""
    if xp.is_quick:
        return xp.where(x > 0, up * x, down * x)
    return times(up, relu(x, xp), xp) - times(down, negative_part(x, xp), xp)


def greatest(x: Array, limit: Number, xp: Any) -> Array:
    """max(x, limit), with derivative 1 where they are equal."""
    return -least(-x, -limit, xp) if xp.is_differentiated else xp.maximum(x, limit)


def clipped(x: Array, limit: Number, xp: Any) -> Array:
    """x between -limit and limit, with derivative 1 at both."""
    if xp.is_differentiated:
        return greatest(least(x, limit, xp), -limit, xp)
    return xp.within(x, -limit, limit)


def positive(p: Array, xp: Any) -> Array:
    """p, but at least the smallest normal number, which keeps derivatives finite."""
    if xp.are_normal(p):
        return p
    tiny = float(xp.finfo(p.dtype).smallest_normal)
    return xp.where(p < tiny, tiny, p) if xp.is_differentiated else xp.maximum(p, tiny)


def reciprocal(p: Array, xp: Any) -> Array:
    """1/p, at most 1/tiny: exact for normal p, and finite, so times the 0 of a saturated sigmoid it is 0."""
    return 1.0 / positive(p, xp)
