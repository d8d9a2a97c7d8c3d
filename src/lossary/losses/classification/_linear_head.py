"""What a linear layer and labels come to, a tile of logits at a time.

With the logits z = h·Wᵀ + b, capped if there is a cap, each token has

loss   κ·(-log p_y) + Σ_j s_j·(lse - z_j) + λ·lse²
dz_j   A·p_j - s_j,  A = κ + Σ s_j + 2λ·lse
dz_y   (A - κ - s_y)·p_y - (κ + s_y)·(1 - p_y)

where smoothing spreads s_j = c_j·ε/K over the classes that can be, and the label keeps κ = (1-ε)·c_y. The
label's logit is left out of the sum of exponentials: with L the log-sum-exp of the *others*, -log p_y is
softplus(L - y), and 1 - p_y is sigmoid(L - y): a confident token keeps its last bits.
"""

from math import inf
from typing import Any, NamedTuple

from lossary._backend._base import Backend
from lossary._backend._rule import Inputs
from lossary._math import is_number, relu, sigmoids, softplus_tail, tanh, times
from lossary._typing import Array, Number


class Options(NamedTuple):
    """What is known of a call without its arrays. A number is None if it comes as an array."""

    chunk: int
    """How many classes, or tokens, are in a tile."""
    label_smoothing: float | None
    z_weight: float | None
    soft_cap: float | None
    dtype: Any
    """Of the computation."""
    is_spread: bool = False
    """Whether classes may be on several devices: then a tile has every n-th, not those beside each other."""
    axis_name: Any = None
    """The mapped axes along which the classes are in parts."""


class Head(NamedTuple):
    """The arrays: tokens on one axis, zeros where they do not count."""

    backend: Backend
    options: Options
    hidden: Array
    weight: Array
    bias: Array | None
    labels: Array
    kept: Number
    """κ, for each token if labels are weighed by their class."""
    spread: Array | None
    """s, for each class; None if nothing is spread."""
    in_all: Number
    """Σ s"""
    of_label: Number
    """s_y, for each token if there are class weights, had its label no logit of -inf."""
    z_weight: Number
    factor: Any
    """The dtype of what is multiplied: `hidden` is of it, `weight` is to be brought to it."""


class Given(NamedTuple):
    """What the inputs of a rule are. A share there is if it sums."""

    hidden: Any
    weight: Any
    bias: Any
    labels: Any
    where: Any
    class_weights: Any
    label_smoothing: Any
    z_weight: Any


def given(inputs: Inputs) -> Given:
    return Given(*inputs.arrays[:3], *inputs.beside)


def head_of(backend: Backend, inputs: Inputs, options: Options) -> Head:
    hidden, weight, bias, labels, where, class_weights, smoothing, z_weight = given(inputs)
    xp, dtype = backend.xp, options.dtype
    smoothing = options.label_smoothing if smoothing is None else smoothing
    z_weight = options.z_weight if z_weight is None else z_weight
    common = xp.result_type(hidden.dtype, weight.dtype)
    factor = backend.factor_dtype(common, dtype)
    rows = backend.cast(xp.reshape(hidden, (-1, hidden.shape[-1])), factor)
    labels = xp.reshape(backend.cast(labels, backend.default_dtype("integral", labels)), (-1,))
    if where is not None:
        where = xp.reshape(where, (-1,))
        rows = xp.where(where[:, None], rows, xp.zeros_like(rows))
        labels = xp.where(where, labels, xp.zeros_like(labels))
    size = weight.shape[0]
    first, parts = (0, 1) if options.axis_name is None else backend.place(options.axis_name)
    labels = xp.where((labels >= 0) & (labels < size * parts), labels, xp.zeros_like(labels))
    bias = None if bias is None else backend.cast(bias, dtype)
    kept, spread, in_all, of_label = 1.0, None, 0.0, 0.0
    if not is_number(smoothing, 0):
        kept = 1.0 - smoothing
        can_be = xp.ones_like(weight[:, 0], dtype=dtype)
        can_be = can_be if bias is None else xp.where(bias == -inf, 0.0, can_be)
        of_label = smoothing / over_devices(backend, options, xp.sum(can_be))
        spread = of_label * can_be
    if class_weights is not None:
        class_weights = backend.cast(class_weights, dtype)
        weight_of_label = xp.take(class_weights, labels, axis=0)
        kept, of_label = kept * weight_of_label, of_label * weight_of_label
        if spread is not None:
            spread = spread * backend.part(class_weights, first * size, size)
    if spread is not None:
        in_all = over_devices(backend, options, xp.sum(spread))
    labels = labels - first * size
    return Head(backend, options, rows, weight, bias, labels, kept, spread, in_all, of_label, z_weight, factor)


def over_devices(backend: Backend, options: Options, x: Array) -> Array:
    """The sum of what the devices have found."""
    return x if options.axis_name is None else backend.psum(x, options.axis_name)


def tokens_of(head: Head, start: Any, size: int) -> Head:
    """Some of the tokens."""
    part = head.backend.part
    kept, of_label = (
        part(x, start, size) if getattr(x, "ndim", 0) else x for x in (head.kept, head.of_label)
    )
    hidden, labels = part(head.hidden, start, size), part(head.labels, start, size)
    return head._replace(hidden=hidden, labels=labels, kept=kept, of_label=of_label)


class Classes(NamedTuple):
    """Some of the classes, or all."""

    weight: Array
    bias: Array | None
    spread: Array | None
    ids: Array
    """Of each token, where among them its label is, if it is."""


def classes_of(head: Head, start: Any, size: int) -> Classes:
    """So many classes; those at `start`, or in as many steps of n classes, if they are on several devices."""
    count, rest = divmod(head.weight.shape[0], size)
    weight, bias, spread = (
        None if x is None else rows_of(head, x, start, size) for x in (head.weight, head.bias, head.spread)
    )
    ids = head.labels - start
    if head.options.is_spread and not rest:
        xp = head.backend.xp
        ids = xp.where(head.labels % count == start // size, head.labels // count, -xp.ones_like(ids))
    return Classes(head.backend.cast(weight, head.factor), bias, spread, ids)


def rows_of(head: Head, x: Array, start: Any, size: int) -> Array:
    """The rows that `x` has for some classes."""
    count, rest = divmod(x.shape[0], size)
    if not head.options.is_spread or rest:
        return head.backend.part(x, start, size)
    xp = head.backend.xp
    apart = xp.reshape(x, (size, count, *x.shape[1:]))
    return head.backend.part(apart, start // size, 1, axis=1)[:, 0, ...]


def with_rows(head: Head, x: Array, start: Any, rows: Array) -> Array:
    """`x` with the rows that it has for some classes replaced."""
    size = rows.shape[0]
    count, rest = divmod(x.shape[0], size)
    if not head.options.is_spread or rest:
        return head.backend.put(x, start, rows)
    xp = head.backend.xp
    apart = xp.reshape(x, (size, count, *x.shape[1:]))
    return xp.reshape(head.backend.put(apart, start // size, rows[:, None, ...], axis=1), x.shape)


def all_classes(head: Head) -> Classes:
    return Classes(head.backend.cast(head.weight, head.factor), head.bias, head.spread, head.labels)


class Tile(NamedTuple):
    """The logits of some tokens and some classes."""

    z: Array
    bend: Array | None
    """The derivative of the cap."""


def tile_of(head: Head, classes: Classes) -> Tile:
    xp, dtype, cap = head.backend.xp, head.options.dtype, head.options.soft_cap
    z = head.backend.matmul(head.hidden, classes.weight.T, dtype)
    if classes.bias is not None:
        z = z + classes.bias
    if cap is None:
        return Tile(z, None)
    t = tanh(z / cap, xp)
    return Tile(xp.where(z == -inf, z, cap * t), (1.0 - t) * (1.0 + t))


class Stats(NamedTuple):
    """Of each token, what the loss needs to know of the logits of some classes."""

    label: Array
    """The label's logit; 0 if it is not among them."""
    top: Array
    """The largest of the others."""
    rest: Array
    """The sum of the others' exponentials, of logits less `top`."""
    spread: Array | None = None
    """Σ s_j·z_j"""


def stats_of(head: Head, tile: Tile, classes: Classes) -> tuple[Stats, Array]:
    """Those of a tile; and its exponentials, of which the labels' are 0, in its place.

    What is written `a -= b` needs no memory where arrays can be written to, and is a new array elsewhere.
    """
    backend, xp, z, ids = head.backend, head.backend.xp, tile.z, classes.ids
    inside = (ids >= 0) & (ids < z.shape[-1])
    label = xp.where(inside, backend.pick(z, xp.where(inside, ids, xp.zeros_like(ids))), 0.0)
    spread = None
    if classes.spread is not None:
        spread = xp.sum(classes.spread * xp.where(z == -inf, 0.0, z), axis=-1)
    z = backend.replace(z, ids, -inf)
    top = xp.max(z, axis=-1)
    z -= _center(top, xp)[:, None]
    e = backend.exp(z)
    return Stats(label, top, xp.sum(e, axis=-1), spread), e


def exponentials(head: Head, classes: Classes, tile: Tile, top: Array) -> Array:
    """Those of a tile, which they take the place of, less a `top` that is known already."""
    z = head.backend.replace(tile.z, classes.ids, -inf)
    z -= _center(top, head.backend.xp)[:, None]
    return head.backend.exp(z)


def _center(top: Array, xp: Any) -> Array:
    return xp.where(top == -inf, xp.zeros_like(top), top)


def merged(a: Stats, b: Stats, xp: Any) -> Stats:
    """Those of the classes of both."""
    top = xp.maximum(a.top, b.top)
    center = _center(top, xp)
    rest = a.rest * xp.exp(a.top - center) + b.rest * xp.exp(b.top - center)
    spread = None if a.spread is None or b.spread is None else a.spread + b.spread
    return Stats(a.label + b.label, top, rest, spread)


def whole(head: Head, stats: Stats) -> Stats:
    """Those of the classes of all devices."""
    backend, axis_name = head.backend, head.options.axis_name
    if axis_name is None:
        return stats
    top = backend.pmax(stats.top, axis_name)
    rest = stats.rest * backend.xp.exp(stats.top - _center(top, backend.xp))
    label, rest, spread = backend.psum((stats.label, rest, stats.spread), axis_name)
    return Stats(label, top, rest, spread)


def losses_of(head: Head, stats: Stats) -> Array:
    xp = head.backend.xp
    others, ahead = _others(stats, xp)
    tail = softplus_tail(ahead, xp)
    loss = times(head.kept, relu(ahead, xp) + tail, xp)
    level = xp.maximum(others, stats.label) + tail
    if stats.spread is not None:
        loss = loss + (head.in_all * level - stats.spread)
    return loss if is_number(head.z_weight, 0) else loss + head.z_weight * level * level


def _others(stats: Stats, xp: Any) -> tuple[Array, Array]:
    """The log-sum-exp of the other classes, and how far it is ahead of the label."""
    others = stats.top + xp.log(stats.rest)
    return others, others - stats.label


class Slope(NamedTuple):
    """What makes dz of exponentials, for each token."""

    factor: Array
    """Of the exponentials: A·(1 - p_y) / Σ e_k."""
    label: Array
    """dz_y"""


def slope_of(head: Head, stats: Stats) -> Slope:
    xp = head.backend.xp
    others, ahead = _others(stats, xp)
    not_label, label = sigmoids(ahead, xp)
    own, rest = head.kept, head.in_all
    if head.spread is not None:
        of_label = xp.where(stats.label == -inf, 0.0, xp.zeros_like(stats.label) + head.of_label)
        own, rest = own + of_label, rest - of_label
    if not is_number(head.z_weight, 0):
        level = xp.maximum(others, stats.label) + softplus_tail(ahead, xp)
        rest = rest + 2.0 * head.z_weight * level
    none = stats.rest == 0
    factor = (own + rest) * not_label / xp.where(none, 1.0, stats.rest)
    return Slope(factor, rest * label - own * not_label)


def rescaled(slope: Slope, found: Stats, stats: Stats, xp: Any) -> Slope:
    """The same for exponentials that are less the largest logit of one device, not of all."""
    if found is stats:
        return slope
    return slope._replace(factor=slope.factor * xp.exp(_center(found.top, xp) - _center(stats.top, xp)))


def slopes_of(head: Head, classes: Classes, tile: Tile, e: Array, slope: Slope, share: Array) -> Array:
    """dz of a tile, in the place of its exponentials: each token's times its share, as a factor."""
    dz = e
    dz *= (slope.factor * share)[:, None]
    if classes.spread is not None:
        dz -= share[:, None] * classes.spread
    dz = head.backend.replace(dz, classes.ids, slope.label * share)
    if tile.bend is not None:
        dz *= tile.bend
    return head.backend.cast(dz, head.factor)
