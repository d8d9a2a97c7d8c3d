"""The building blocks of overlap losses: the Tversky loss of a region and its derivatives.

Over the pixels j of a region, with q = 1 - p, amounts w_j (1 unless classes weigh differently), a for
`fp_weight`, b for `fn_weight` and s for `smooth`:

hit    T = s + Σ w·h
miss   N = Σ w·e
value  L = N / (T + N), which is 1 - T / (T + N) without the subtraction
grad   G_j = w_j·(e'_j·T/(T + N) - h'_j·N/(T + N)) / (T + N)
hess   (w_j·e''_j·T/(T + N) - 2·G_j·d_j) / (T + N), with d_j = w_j·(h'_j + e'_j), the derivative of T + N
hvp    (w_j·e''_j·v_j·T/(T + N) - G_j·Σ d·v - d_j·Σ G·v) / (T + N)

A pixel's contribution to hit and miss depends on how p and y overlap, with δ = p·(1 - y) - q·y = p - y:

product  h = p·y         e = a·p·(1 - y) + b·q·y
minimum  h = min(p, y)   e = a·max(δ, 0) + b·max(-δ, 0)
squared  h = p·y         e = δ²/2, so T + N is Σ (p² + y²)/2

For labels 0 and 1 the first two are the same. If T + N is 0, the loss and its derivatives are 0: the region
is empty, and nothing was predicted in it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from lossary._kernel import Argument, Kernel
from lossary._math import positive, sigmoids, total
from lossary._typing import Again, Array, Formula, Number

HALF = 0.5
"""The weight of both kinds of error in Dice."""


class Pixels(NamedTuple):
    """Rows of pixels, or tables with a row for each class."""

    p: Array
    q: Array
    y: Array
    rest: Array
    """1 - y"""


class Way(NamedTuple):
    """A way to measure how probabilities and labels overlap."""

    sums: Callable[[Pixels, Any], tuple[Array, Array, Array | None]]
    """The sums of the hits, the false positives, and the misses of each row. Without a third sum, the second
    is of both."""
    slope: Callable[..., Array]
    """e'·index - h'·loss, a function of the pixels, a, b, index and loss."""
    growth: Callable[..., Array]
    """h' + e' without the subtraction, a function of the pixels, a and b."""
    bend: float = 0.0
    """e''"""


def _product_sums(at: Pixels, xp: Any) -> tuple[Array, Array, Array]:
    return xp.row_dot(at.p, at.y), xp.row_dot(at.p, at.rest), xp.row_dot(at.q, at.y)


def _product_slope(at: Pixels, a: Number, b: Number, index: Array, loss: Array, xp: Any) -> Array:
    return at.rest * (a * index) - at.y * (b * index + loss)


def _product_growth(at: Pixels, a: Number, b: Number, xp: Any) -> Array:
    return a * at.rest + (1.0 - b) * at.y


def _difference(at: Pixels) -> Array:
    """p - y, with the last digits of q where y is 1."""
    return at.p * at.rest - at.q * at.y


def _minimum_sums(at: Pixels, xp: Any) -> tuple[Array, Array, Array]:
    d = _difference(at)
    more = d > 0
    parts = xp.where(more, at.y, at.p), xp.where(more, d, 0.0 * d), xp.where(more, 0.0 * d, -d)
    hit, false, missed = (total(part, xp) for part in parts)
    return hit, false, missed


def _side(at: Pixels, xp: Any) -> tuple[Pixels, Array]:
    """For y, 1 below the label and 0 above it; and where neither holds, at a kink. A label of 0 or 1 has only
    one side.
    """
    d = _difference(at)
    more, less = d > 0, d < 0
    side = xp.where(more, 0.0, xp.where(less, 1.0, at.y))
    return at._replace(y=side, rest=1.0 - side), ~(more | less) & (at.y > 0) & (at.y < 1)


def _minimum_slope(at: Pixels, a: Number, b: Number, index: Array, loss: Array, xp: Any) -> Array:
    side, at_kink = _side(at, xp)
    return xp.where(at_kink, -HALF * loss, _product_slope(side, a, b, index, loss, xp))


def _minimum_growth(at: Pixels, a: Number, b: Number, xp: Any) -> Array:
    side, at_kink = _side(at, xp)
    return xp.where(at_kink, HALF, _product_growth(side, a, b, xp))


def _squared_sums(at: Pixels, xp: Any) -> tuple[Array, Array, None]:
    d = _difference(at)
    return xp.row_dot(at.p, at.y), xp.row_dot(d, d), None


def _squared_slope(at: Pixels, a: Number, b: Number, index: Array, loss: Array, xp: Any) -> Array:
    return _difference(at) * index - at.y * loss


def _squared_growth(at: Pixels, a: Number, b: Number, xp: Any) -> Array:
    return at.p


WAYS = {
    "product": Way(_product_sums, _product_slope, _product_growth),
    "minimum": Way(_minimum_sums, _minimum_slope, _minimum_growth),
    "squared": Way(_squared_sums, _squared_slope, _squared_growth, 1.0),
}


class Region(NamedTuple):
    """Some pixels, and for each region T/(T + N), the loss N/(T + N), and T + N (1 where it would be 0)."""

    way: Way
    pixels: Pixels
    costs: tuple[Number, Number]
    """a and b"""
    amount: Array | None
    """One for each row of a table; None for rows."""
    index: Array
    loss: Array
    whole: Array


def by_class(x: Array, classes: int, xp: Any) -> Array:
    """Rows of all classes, one after another, as tables with a row for each class."""
    return xp.reshape(x, (*xp.sized(x.shape, x)[:-1], classes, x.shape[-1] // max(1, classes)))


def region(
    way: Way,
    p: Array,
    q: Array,
    y: Array,
    a: Number,
    b: Number,
    smooth: Number,
    xp: Any,
    amount: Array = None,
) -> Region:
    pixels = Pixels(p, q, y, 1.0 - y)
    hit, miss, missed = way.sums(pixels, xp)
    miss = a * miss if missed is None else a * miss + b * missed
    hit, miss = [_over_classes(_times(amount, x), amount, xp) for x in (hit, miss)]
    hit = hit + smooth
    whole = hit + miss
    whole = xp.where(whole == 0, 1.0, whole)
    loss = _share(miss, hit, xp) if xp.is_differentiated else miss / whole
    return Region(way, pixels, (a, b), amount, hit / whole, loss, whole)


def _share(miss: Array, hit: Array, xp: Any) -> Array:
    """miss / (miss + hit), from the ratio of the smaller to the larger.

    The quotient rule would subtract what `whole` and `miss` have in common.
    """
    more = miss > hit
    large = xp.where(more, miss, hit)
    ratio = xp.where(large == 0, 0.0, xp.where(more, hit, miss) / xp.where(large == 0, 1.0, large))
    return xp.where(more, 1.0, ratio) / (1.0 + ratio)


def _times(amount: Array, x: Array) -> Array:
    return x if amount is None else amount * x


def _over_classes(x: Array, amount: Array, xp: Any) -> Array:
    """The sum over the rows of a table."""
    return x if amount is None else xp.sum(x, axis=-2, keepdims=True)


def slope(at: Region, xp: Any) -> Array:
    """The derivative of the loss in each probability."""
    found = at.way.slope(at.pixels, *at.costs, at.index, at.loss, xp)
    return found / at.whole if at.amount is None else found * (at.amount / positive(at.whole, xp))


def growth(at: Region, xp: Any) -> Array:
    """The derivative of `whole` in each probability."""
    return _times(at.amount, at.way.growth(at.pixels, *at.costs, xp))


def curvature(at: Region, g: Array, xp: Any) -> Array:
    """The second derivative in each probability; g is the `slope`."""
    down = -2.0 * (g * growth(at, xp))
    return (down + _times(at.amount, at.way.bend * at.index) if at.way.bend else down) / at.whole


def bend(v: Array, at: Region, g: Array, xp: Any) -> Array:
    """The Hessian in the probabilities, times v; g is the `slope`."""
    d = growth(at, xp)
    along, bent = [_over_classes(xp.row_dot(x, v), at.amount, xp) for x in (d, g)]
    down = -(g * along + d * bent)
    return (down + _times(at.amount, at.way.bend * at.index * v) if at.way.bend else down) / at.whole


# The formulas of the kernels, on probabilities and on logits.


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
    return region(way, p, 1.0 - p, y, fp_weight, fn_weight, smooth, xp).loss[..., 0]


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
    return slope(region(way, p, 1.0 - p, y, fp_weight, fn_weight, smooth, xp), xp)


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
    at = region(way, p, 1.0 - p, y, fp_weight, fn_weight, smooth, xp)
    return curvature(at, slope(at, xp), xp)


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
    at = region(way, p, 1.0 - p, y, fp_weight, fn_weight, smooth, xp)
    return bend(v, at, slope(at, xp), xp)


def _both(
    p: Array,
    y: Array,
    *,
    xp: Any,
    again: Again,
    way: Way,
    fp_weight: Number = HALF,
    fn_weight: Number = HALF,
    smooth: Number = 0.0,
) -> tuple[Array, Array]:
    at = anew = region(way, p, 1.0 - p, y, fp_weight, fn_weight, smooth, xp)
    if again is not None:
        p = again(p)
        anew = region(way, p, 1.0 - p, y, fp_weight, fn_weight, smooth, xp)
    return at.loss[..., 0], slope(anew, xp)


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
    return region(way, *sigmoids(x, xp), y, fp_weight, fn_weight, smooth, xp).loss[..., 0]


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
    return slope(region(way, p, q, y, fp_weight, fn_weight, smooth, xp), xp) * (p * q)


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
    at = region(way, p, q, y, fp_weight, fn_weight, smooth, xp)
    g = slope(at, xp)
    if not way.bend:
        return g * (p * q) * ((q - p) - 2.0 * (growth(at, xp) * (p * q)) / at.whole)
    return (p * q) * (curvature(at, g, xp) * (p * q) + g * (q - p))


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
    at = region(way, p, q, y, fp_weight, fn_weight, smooth, xp)
    g = slope(at, xp)
    v = v * (p * q)
    return bend(v, at, g, xp) * (p * q) + g * (q - p) * v


def _logit_both(
    x: Array,
    y: Array,
    *,
    xp: Any,
    again: Again,
    way: Way,
    fp_weight: Number = HALF,
    fn_weight: Number = HALF,
    smooth: Number = 0.0,
) -> tuple[Array, Array]:
    p, q = sigmoids(x, xp)
    at = anew = region(way, p, q, y, fp_weight, fn_weight, smooth, xp)
    if again is not None:
        p, q = sigmoids(again(x), xp)
        anew = region(way, p, q, y, fp_weight, fn_weight, smooth, xp)
    return at.loss[..., 0], slope(anew, xp) * (p * q)


OF_PROBS = (_value, _grad, _hess, _hvp, _both)
OF_LOGITS = (_logit_value, _logit_grad, _logit_hess, _logit_hvp, _logit_both)


def kernels(
    name: str,
    takes: tuple[Argument, ...],
    formulas: tuple[Formula, ...],
    *ways: str,
    signature: str = "(s),(s)->()",
    of_logits: str = "",
) -> dict[str, Kernel]:
    """One for each way to measure overlap."""
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
