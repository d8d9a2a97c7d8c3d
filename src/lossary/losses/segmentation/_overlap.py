"""What overlap losses are made of: the Tversky loss of a region and its derivatives.

Over the pixels j of a region, with q = 1 - p, amounts w_j (1 unless classes weigh differently), a for
`fp_weight`, b for `fn_weight` and s for `smooth`:

hit    T = s + Σ w·p·y
miss   N = Σ w·(a·p·(1 - y) + b·q·y)
value  L = N / (T + N), which is 1 - T / (T + N) without the difference
grad   G_j = w_j·(a·(1 - y_j)·T/(T + N) - y_j·(b·T + N)/(T + N)) / (T + N)
hess   -2·G_j·d_j / (T + N), with d_j = w_j·(a·(1 - y_j) + (1 - b)·y_j) the derivative of T + N
hvp    -(G_j·Σ d·v + d_j·Σ G·v) / (T + N)

If T + N is 0, all of them are 0: there is nothing in the region, and nothing was found in it.
"""

from typing import Any, NamedTuple

from lossary._math import sigmoids, total
from lossary._typing import Array, Number

HALF = 0.5
"""The weight of both kinds of error in Dice."""


class Overlap(NamedTuple):
    """Of each region: T/(T + N), the loss N/(T + N), and T + N, 1 where it would be 0."""

    index: Array
    loss: Array
    whole: Array


def overlap(
    p: Array, q: Array, y: Array, a: Number, b: Number, smooth: Number, xp: Any, amount: Array = None
) -> Overlap:
    hit = total(_times(amount, p * y), xp) + smooth
    miss = a * total(_times(amount, p * (1.0 - y)), xp) + b * total(_times(amount, q * y), xp)
    whole = hit + miss
    whole = xp.where(whole == 0, 1.0, whole)
    return Overlap(hit / whole, _share(miss, hit, xp) if xp.is_differentiated else miss / whole, whole)


def _share(miss: Array, hit: Array, xp: Any) -> Array:
    """miss / (miss + hit), by the ratio of the lesser to the larger.

    The quotient rule would take the difference of what `whole` and `miss` have in common.
    """
    more = miss > hit
    large = xp.where(more, miss, hit)
    ratio = xp.where(large == 0, 0.0, xp.where(more, hit, miss) / xp.where(large == 0, 1.0, large))
    return xp.where(more, 1.0, ratio) / (1.0 + ratio)


def _times(amount: Array, x: Array) -> Array:
    return x if amount is None else amount * x


def slope(at: Overlap, y: Array, a: Number, b: Number, amount: Array = None) -> Array:
    """The derivative of the loss in each probability."""
    return _times(amount, (1.0 - y) * (a * at.index) - y * (b * at.index + at.loss)) / at.whole


def growth(y: Array, a: Number, b: Number, amount: Array = None) -> Array:
    """The derivative of `whole` in each probability."""
    return _times(amount, a * (1.0 - y) + (1.0 - b) * y)


def bend(v: Array, at: Overlap, g: Array, d: Array, xp: Any) -> Array:
    """The Hessian in the probabilities, times v; g is their `slope`, d their `growth`."""
    return -(g * total(d * v, xp) + d * total(g * v, xp)) / at.whole


# The formulas of the kernels: of probabilities, and of logits.


def value(
    p: Array, y: Array, *, xp: Any, fp_weight: Number = HALF, fn_weight: Number = HALF, smooth: Number = 0.0
) -> Array:
    return overlap(p, 1.0 - p, y, fp_weight, fn_weight, smooth, xp).loss[..., 0]


def grad(
    p: Array, y: Array, *, xp: Any, fp_weight: Number = HALF, fn_weight: Number = HALF, smooth: Number = 0.0
) -> Array:
    at = overlap(p, 1.0 - p, y, fp_weight, fn_weight, smooth, xp)
    return slope(at, y, fp_weight, fn_weight)


def hess(
    p: Array, y: Array, *, xp: Any, fp_weight: Number = HALF, fn_weight: Number = HALF, smooth: Number = 0.0
) -> Array:
    at = overlap(p, 1.0 - p, y, fp_weight, fn_weight, smooth, xp)
    g, d = slope(at, y, fp_weight, fn_weight), growth(y, fp_weight, fn_weight)
    return -2.0 * (g * d) / at.whole


def hvp(
    v: Array,
    p: Array,
    y: Array,
    *,
    xp: Any,
    fp_weight: Number = HALF,
    fn_weight: Number = HALF,
    smooth: Number = 0.0,
) -> Array:
    at = overlap(p, 1.0 - p, y, fp_weight, fn_weight, smooth, xp)
    return bend(v, at, slope(at, y, fp_weight, fn_weight), growth(y, fp_weight, fn_weight), xp)


def logit_value(
    x: Array, y: Array, *, xp: Any, fp_weight: Number = HALF, fn_weight: Number = HALF, smooth: Number = 0.0
) -> Array:
    return overlap(*sigmoids(x, xp), y, fp_weight, fn_weight, smooth, xp).loss[..., 0]


def logit_grad(
    x: Array, y: Array, *, xp: Any, fp_weight: Number = HALF, fn_weight: Number = HALF, smooth: Number = 0.0
) -> Array:
    p, q = sigmoids(x, xp)
    at = overlap(p, q, y, fp_weight, fn_weight, smooth, xp)
    return slope(at, y, fp_weight, fn_weight) * (p * q)


def logit_hess(
    x: Array, y: Array, *, xp: Any, fp_weight: Number = HALF, fn_weight: Number = HALF, smooth: Number = 0.0
) -> Array:
    p, q = sigmoids(x, xp)
    at = overlap(p, q, y, fp_weight, fn_weight, smooth, xp)
    g, d = slope(at, y, fp_weight, fn_weight), growth(y, fp_weight, fn_weight)
    return g * (p * q) * ((q - p) - 2.0 * (d * (p * q)) / at.whole)


def logit_hvp(
    v: Array,
    x: Array,
    y: Array,
    *,
    xp: Any,
    fp_weight: Number = HALF,
    fn_weight: Number = HALF,
    smooth: Number = 0.0,
) -> Array:
    p, q = sigmoids(x, xp)
    at = overlap(p, q, y, fp_weight, fn_weight, smooth, xp)
    g, d = slope(at, y, fp_weight, fn_weight), growth(y, fp_weight, fn_weight)
    v = v * (p * q)
    return bend(v, at, g, d, xp) * (p * q) + g * (q - p) * v
