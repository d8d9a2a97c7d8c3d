"""What overlap losses are made of: the Tversky loss of a region and its derivatives.

Over the pixels j of a region, with q = 1 - p, amounts w_j (1 unless classes weigh differently), a for
`fp_weight`, b for `fn_weight` and s for `smooth`:

hit    T = s + Σ w·h
miss   N = Σ w·e
value  L = N / (T + N), which is 1 - T / (T + N) without the difference
grad   G_j = w_j·(e'_j·T/(T + N) - h'_j·N/(T + N)) / (T + N)
hess   (w_j·e''_j·T/(T + N) - 2·G_j·d_j) / (T + N), with d_j = w_j·(h'_j + e'_j), the derivative of T + N
hvp    (w_j·e''_j·v_j·T/(T + N) - G_j·Σ d·v - d_j·Σ G·v) / (T + N)

What a pixel is to hit and miss depends on how p and y overlap, by the difference δ = p·(1 - y) - q·y = p - y:

product  h = p·y         e = a·p·(1 - y) + b·q·y
minimum  h = min(p, y)   e = a·max(δ, 0) + b·max(-δ, 0)
squared  h = p·y         e = δ²/2, so T + N is Σ (p² + y²)/2

Of labels 0 and 1 the first two are the same. If T + N is 0, the loss and its derivatives are 0: there is
nothing in the region, and nothing was found in it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from lossary._kernel import Argument, Kernel
from lossary._math import sigmoids, total
from lossary._typing import Array, Formula, Number

HALF = 0.5
"""The weight of both kinds of error in Dice."""


class Pixels(NamedTuple):
    """Of each pixel: its part of hit and miss, and their derivatives in its probability."""

    hit: Array
    miss: Array
    hit_slope: Array
    miss_slope: Array
    growth: Array
    """The sum of both slopes, without the difference."""
    bend: float = 0.0
    """The second derivative of the miss; the hit has none."""


Way = Callable[[Array, Array, Array, Number, Number, Any], Pixels]
"""From p, q, y, a and b to pixels."""


def _product(p: Array, q: Array, y: Array, a: Number, b: Number, xp: Any) -> Pixels:
    not_y = 1.0 - y
    miss = a * (p * not_y) + b * (q * y)
    return Pixels(p * y, miss, y, a * not_y - b * y, a * not_y + (1.0 - b) * y)


def _minimum(p: Array, q: Array, y: Array, a: Number, b: Number, xp: Any) -> Pixels:
    """Where p = y the miss has a kink, and the slope 0, unless there is but one side of it."""
    d = p * (1.0 - y) - q * y
    more, less = d > 0, d < 0
    only = xp.where(more, 0.0, xp.where(less, 1.0, y))  # of a label 0 or 1 it is the label
    at_kink = ~(more | less) & (y > 0) & (y < 1)
    side = xp.where(at_kink, HALF, only)
    slope = xp.where(at_kink, 0.0, a * (1.0 - only) - b * only)
    growth = xp.where(at_kink, HALF, a * (1.0 - only) + (1.0 - b) * only)
    return Pixels(xp.where(more, y, p), xp.where(more, a * d, -(b * d)), side, slope, growth)


def _squared(p: Array, q: Array, y: Array, a: Number, b: Number, xp: Any) -> Pixels:
    d = p * (1.0 - y) - q * y
    return Pixels(p * y, HALF * (d * d), y, d, p, 1.0)


WAYS: dict[str, Way] = {"product": _product, "minimum": _minimum, "squared": _squared}


class Region(NamedTuple):
    """Of each region: T/(T + N), the loss N/(T + N), and T + N, 1 where it would be 0."""

    index: Array
    loss: Array
    whole: Array


def region(pixels: Pixels, smooth: Number, xp: Any, amount: Array = None) -> Region:
    hit = total(_times(amount, pixels.hit), xp) + smooth
    miss = total(_times(amount, pixels.miss), xp)
    whole = hit + miss
    whole = xp.where(whole == 0, 1.0, whole)
    return Region(hit / whole, _share(miss, hit, xp) if xp.is_differentiated else miss / whole, whole)


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


def slope(pixels: Pixels, at: Region, amount: Array = None) -> Array:
    """The derivative of the loss in each probability."""
    return _times(amount, pixels.miss_slope * at.index - pixels.hit_slope * at.loss) / at.whole


def curvature(pixels: Pixels, at: Region, g: Array, amount: Array = None) -> Array:
    """The second derivative in each probability; g is the `slope`."""
    down = -2.0 * (g * _times(amount, pixels.growth))
    return (down + _times(amount, pixels.bend * at.index) if pixels.bend else down) / at.whole


def bend(v: Array, pixels: Pixels, at: Region, g: Array, xp: Any, amount: Array = None) -> Array:
    """The Hessian in the probabilities, times v; g is their `slope`."""
    d = _times(amount, pixels.growth)
    down = -(g * total(d * v, xp) + d * total(g * v, xp))
    return (down + _times(amount, pixels.bend * at.index * v) if pixels.bend else down) / at.whole


# The formulas of the kernels: of probabilities, and of logits.


def _value(
    p: Array,
    y: Array,
    *,
    xp: Any,
    way: Way,
    fp_weight: Number = HALF,
    fn_weight: Number = HALF,
    smooth: Number = 0.0,
) -> Array:
    return region(way(p, 1.0 - p, y, fp_weight, fn_weight, xp), smooth, xp).loss[..., 0]


def _grad(
    p: Array,
    y: Array,
    *,
    xp: Any,
    way: Way,
    fp_weight: Number = HALF,
    fn_weight: Number = HALF,
    smooth: Number = 0.0,
) -> Array:
    pixels = way(p, 1.0 - p, y, fp_weight, fn_weight, xp)
    return slope(pixels, region(pixels, smooth, xp))


def _hess(
    p: Array,
    y: Array,
    *,
    xp: Any,
    way: Way,
    fp_weight: Number = HALF,
    fn_weight: Number = HALF,
    smooth: Number = 0.0,
) -> Array:
    pixels = way(p, 1.0 - p, y, fp_weight, fn_weight, xp)
    at = region(pixels, smooth, xp)
    return curvature(pixels, at, slope(pixels, at))


def _hvp(
    v: Array,
    p: Array,
    y: Array,
    *,
    xp: Any,
    way: Way,
    fp_weight: Number = HALF,
    fn_weight: Number = HALF,
    smooth: Number = 0.0,
) -> Array:
    pixels = way(p, 1.0 - p, y, fp_weight, fn_weight, xp)
    at = region(pixels, smooth, xp)
    return bend(v, pixels, at, slope(pixels, at), xp)


def _logit_value(
    x: Array,
    y: Array,
    *,
    xp: Any,
    way: Way,
    fp_weight: Number = HALF,
    fn_weight: Number = HALF,
    smooth: Number = 0.0,
) -> Array:
    return region(way(*sigmoids(x, xp), y, fp_weight, fn_weight, xp), smooth, xp).loss[..., 0]


def _logit_grad(
    x: Array,
    y: Array,
    *,
    xp: Any,
    way: Way,
    fp_weight: Number = HALF,
    fn_weight: Number = HALF,
    smooth: Number = 0.0,
) -> Array:
    p, q = sigmoids(x, xp)
    pixels = way(p, q, y, fp_weight, fn_weight, xp)
    return slope(pixels, region(pixels, smooth, xp)) * (p * q)


def _logit_hess(
    x: Array,
    y: Array,
    *,
    xp: Any,
    way: Way,
    fp_weight: Number = HALF,
    fn_weight: Number = HALF,
    smooth: Number = 0.0,
) -> Array:
    p, q = sigmoids(x, xp)
    pixels = way(p, q, y, fp_weight, fn_weight, xp)
    at = region(pixels, smooth, xp)
    g = slope(pixels, at)
    if not pixels.bend:
        return g * (p * q) * ((q - p) - 2.0 * (pixels.growth * (p * q)) / at.whole)
    return (p * q) * (curvature(pixels, at, g) * (p * q) + g * (q - p))


def _logit_hvp(
    v: Array,
    x: Array,
    y: Array,
    *,
    xp: Any,
    way: Way,
    fp_weight: Number = HALF,
    fn_weight: Number = HALF,
    smooth: Number = 0.0,
) -> Array:
    p, q = sigmoids(x, xp)
    pixels = way(p, q, y, fp_weight, fn_weight, xp)
    at = region(pixels, smooth, xp)
    g = slope(pixels, at)
    v = v * (p * q)
    return bend(v, pixels, at, g, xp) * (p * q) + g * (q - p) * v


OF_PROBS = (_value, _grad, _hess, _hvp)
OF_LOGITS = (_logit_value, _logit_grad, _logit_hess, _logit_hvp)


def kernels(
    name: str,
    takes: tuple[Argument, ...],
    formulas: tuple[Formula, ...],
    *ways: str,
    signature: str = "(s),(s)->()",
    of_logits: str = "",
) -> dict[str, Kernel]:
    """One for each way in which probabilities and labels overlap."""
    return {
        way: Kernel(
            name,
            signature,
            takes,
            *[partial(formula, way=WAYS[way]) for formula in formulas],
            of_logits=of_logits,
        )
        for way in ways
    }
