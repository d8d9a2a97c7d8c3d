"""ArcFace on embeddings x and a vector w for each class, with a bounded derivative.

With u and v the directions of x and of the label's w, c their cosine and r = √(1 - c²), the slope of cos(θ +
m) in c, cos m + c·sin m / r, is unbounded. But the derivative of c in x is ρ/|x| with ρ = v - c·u and |ρ| =
r, so

    d cos(θ + m)/dx = (cos m·ρ + c·sin m·ρ/r) / |x|,

where ρ/r is a direction. If x and w are parallel, there is no such direction, and it counts as 0.
"""

from typing import Any, NamedTuple

from lossary._math import Cosine, cos_sin, cosine, scaled, total
from lossary._program._library import Library
from lossary._program._rule import Inputs, Rule
from lossary._typing import Array
from lossary.losses.classification._softmax_cross_entropy import OF_IDS

Wanted = tuple[bool, ...]
Gradients = tuple[Array | None, ...]


class Options(NamedTuple):
    """What is known about a call without its arrays."""

    dtype: Any
    """The dtype of the computation."""


class _Given(NamedTuple):
    """The inputs of the rule, by name."""

    x: Any
    w: Any
    labels: Any
    where: Any
    angle: Any
    scale: Any


class _Directions(NamedTuple):
    u: Array
    per_size: Array
    """1 / length; 0 for a zero vector, whose direction is 0."""


class _Seen(NamedTuple):
    x: _Directions
    w: _Directions
    cosines: Array
    z: Array
    """The logits."""
    ids: Array
    is_label: Array
    to_label: Cosine
    """The cosine as a function of x. `to_x` is the same as a function of the label's w."""
    to_x: Cosine
    turns: Array
    """Whether θ + m is within π."""


def _losses(backend: Library, inputs: Inputs, options: Options) -> tuple[Array, tuple[Array, ...]]:
    given, xp = _Given(*inputs.arrays, *inputs.beside), backend.xp
    at = _seen(backend, given, options.dtype)
    losses = OF_IDS.value(at.z, at.ids, xp=xp)
    return xp.reshape(losses, xp.sized(given.labels.shape, given.labels)), ()


def _pull(
    backend: Library, inputs: Inputs, options: Options, saved: Any, cotangent: Array, wanted: Wanted
) -> Gradients:
    given, xp, dtype = _Given(*inputs.arrays, *inputs.beside), backend.xp, options.dtype
    at, angle = _seen(backend, given, dtype), given.angle
    share = given.scale * xp.reshape(cotangent, (-1,))[:, None]
    slope = share * OF_IDS.grad(at.z, at.ids, xp=xp)
    own = xp.pick(slope, at.ids)[:, None]
    others = xp.where(at.is_label, 0.0, slope)
    along = others * at.cosines
    found: list[Array | None] = [None, None]
    if wanted[0]:
        rest = backend.matmul(others, at.w.u, dtype) - total(along, xp) * at.x.u
        found[0] = rest * at.x.per_size + own * _of_label(at.to_label, at.turns, angle, xp)
    if wanted[1]:
        rest = backend.matmul(xp.matrix_transpose(others), at.x.u, dtype)
        rest = rest - xp.sum(along, axis=0)[:, None] * at.w.u
        of_labels = own * _of_label(at.to_x, at.turns, angle, xp)
        chosen = xp.matrix_transpose(xp.astype(at.is_label, dtype))
        found[1] = rest * at.w.per_size + backend.matmul(chosen, of_labels, dtype)
    pairs = zip(found, given, strict=False)
    return tuple(
        [None if g is None else backend.cast(xp.reshape(g, xp.sized(a.shape, a)), a.dtype) for g, a in pairs]
    )


def _seen(backend: Library, given: _Given, dtype: Any) -> _Seen:
    xp, (x, w, labels, where, angle, scale) = backend.xp, given
    x = xp.reshape(backend.cast(x, dtype), (-1, x.shape[-1]))
    w = backend.cast(w, dtype)
    ids = xp.reshape(backend.cast(labels, backend.default_dtype("integral", backend.device(labels))), (-1,))
    if where is not None:
        where = xp.reshape(where, (-1,))
        x = xp.where(where[:, None], x, xp.zeros_like(x))
        ids = xp.where(where, ids, xp.zeros_like(ids))
    ids = xp.where((ids >= 0) & (ids < w.shape[0]), ids, xp.zeros_like(ids))
    of_x, of_w = _directions(x, xp), _directions(w, xp)
    cosines = backend.matmul(of_x.u, xp.matrix_transpose(of_w.u), dtype)
    labeled = xp.take(w, ids, axis=0)
    to_label, to_x = cosine(x, labeled, xp), cosine(labeled, x, xp)
    is_label = xp.positions(cosines, ids)
    c, (cos, sin) = to_label.c, cos_sin(angle, xp)
    turns = c >= -cos
    turned = xp.where(turns, c * cos - _sine(to_label, xp) * sin, c - angle * sin)
    z = scale * xp.where(is_label, turned, cosines)
    return _Seen(of_x, of_w, cosines, z, ids, is_label, to_label, to_x, turns)


def _directions(x: Array, xp: Any) -> _Directions:
    rows, up, _, empty = scaled(x, xp)
    per = xp.where(empty, 0.0, 1.0 / xp.sqrt(xp.where(empty, 1.0, total(rows * rows, xp))))
    return _Directions(rows * per, up * per)


def _sine(at: Cosine, xp: Any) -> Array:
    """sin θ, from the distance of the cosine from 1."""
    square = at.gap * (2.0 - at.gap)
    none = square <= 0
    return xp.where(none, 0.0, xp.sqrt(xp.where(none, 1.0, square)))


def _of_label(at: Cosine, turns: Array, angle: Array, xp: Any) -> Array:
    """The derivative of the label's cosine, with its margin where `turns`, in the cosine's first vector."""
    r = _sine(at, xp)
    parallel = r == 0
    direction = xp.where(parallel, 0.0, at.rest / xp.where(parallel, 1.0, r))
    cos, sin = cos_sin(angle, xp)
    turned = cos * at.rest + (at.c * sin) * direction
    return xp.where(turns, turned, at.rest) * at.per_size


RULE = Rule("linear_arcface", _losses, _pull)
