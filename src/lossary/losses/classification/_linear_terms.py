"""The terms of a linear layer's loss, one tile of logits at a time.

With the logits z = h·Wᵀ + b, capped if there is a cap, each token has

loss   κ·(-log p_y) + Σ_j s_j·(lse - z_j) + λ·lse²
dz_j   A·p_j - s_j,  A = κ + Σ s_j + 2λ·lse
dz_y   (A - κ - s_y)·p_y - (κ + s_y)·(1 - p_y)

where smoothing spreads s_j = c_j·ε/K over the valid classes, and the label keeps κ = (1-ε)·c_y. The sum of
exponentials excludes the label's logit: with L the log-sum-exp of the *others*, -log p_y is softplus(L - y)
and 1 - p_y is sigmoid(L - y), so a confident token keeps its last bits.
"""

from math import inf
from typing import Any, NamedTuple

from lossary._math import is_number, relu, sigmoids, softplus_tail, tanh, times
from lossary._typing import Array
from lossary.losses.classification._linear_head import Classes, Head


class Tile(NamedTuple):
    """The logits of some tokens and some classes."""

    z: Array
    bend: Array | None
    """The derivative of the cap."""


def tile_of(head: Head, classes: Classes) -> Tile:
    xp, dtype, cap = head.backend.xp, head.options.dtype, head.options.soft_cap
    z = head.backend.matmul(head.hidden, head.backend.xp.matrix_transpose(classes.weight), dtype)
    if classes.bias is not None:
        z = z + classes.bias
    if cap is None:
        return Tile(z, None)
    t = tanh(z / cap, xp)
    return Tile(xp.where(z == -inf, z, cap * t), (1.0 - t) * (1.0 + t))


class Stats(NamedTuple):
    """For each token, what the loss needs to know about the logits of some classes."""

    label: Array
    """The label's logit; 0 if it is not among these classes."""
    top: Array
    """The largest of the others."""
    rest: Array
    """The sum of the others' exponentials, with `top` subtracted from the logits."""
    spread: Array | None = None
    """Σ s_j·z_j"""


def stats_of(head: Head, tile: Tile, classes: Classes) -> tuple[Stats, Array]:
    """The statistics of a tile, and its exponentials (0 for the labels), which overwrite it."""
    backend, xp, z, ids = head.backend, head.backend.xp, tile.z, classes.ids
    inside = (ids >= 0) & (ids < z.shape[-1])
    label = xp.where(inside, xp.pick(z, xp.where(inside, ids, xp.zeros_like(ids))), 0.0)
    spread = None
    if classes.spread is not None:
        spread = xp.sum(classes.spread * xp.where(z == -inf, 0.0, z), axis=-1)
    z = backend.replace(z, ids, -inf)
    top = xp.max(z, axis=-1)
    e = backend.exp(backend.minus(z, _center(top, xp)[:, None]))
    return Stats(label, top, xp.sum(e, axis=-1), spread), e


def exponentials(head: Head, classes: Classes, tile: Tile, top: Array) -> Array:
    """The exponentials of a tile, which they overwrite, relative to a known `top`."""
    backend = head.backend
    z = backend.replace(tile.z, classes.ids, -inf)
    return backend.exp(backend.minus(z, _center(top, backend.xp)[:, None]))


def _center(top: Array, xp: Any) -> Array:
    return xp.where(top == -inf, xp.zeros_like(top), top)


def merged(a: Stats, b: Stats, xp: Any) -> Stats:
    """The statistics over the classes of both."""
    top = xp.maximum(a.top, b.top)
    center = _center(top, xp)
    rest = a.rest * xp.exp(a.top - center) + b.rest * xp.exp(b.top - center)
    spread = None if a.spread is None or b.spread is None else a.spread + b.spread
    return Stats(a.label + b.label, top, rest, spread)


def whole(head: Head, stats: Stats) -> Stats:
    """The statistics over the classes of all devices."""
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
    """The log-sum-exp of the other classes, and its lead over the label."""
    none = stats.rest == 0
    others = xp.where(none, -inf, stats.top + xp.log(xp.where(none, 1.0, stats.rest)))
    return others, others - stats.label


class Slope(NamedTuple):
    """What turns exponentials into dz, for each token."""

    factor: Array
    """The factor of the exponentials: A·(1 - p_y) / Σ e_k."""
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
    """The same for exponentials relative to the largest logit of one device rather than of all."""
    if found is stats:
        return slope
    return slope._replace(factor=slope.factor * xp.exp(_center(found.top, xp) - _center(stats.top, xp)))


def slopes_of(head: Head, classes: Classes, tile: Tile, e: Array, slope: Slope, share: Array) -> Array:
    """dz of a tile times each token's share, cast to the factors' dtype; it overwrites the exponentials."""
    backend = head.backend
    dz = backend.times(e, (slope.factor * share)[:, None])
    if classes.spread is not None:
        dz = backend.minus(dz, share[:, None] * classes.spread)
    dz = backend.replace(dz, classes.ids, slope.label * share)
    if tile.bend is not None:
        dz = backend.times(dz, tile.bend)
    return backend.cast(dz, head.factor)
