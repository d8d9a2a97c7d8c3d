"""Derivatives in the logits of Σ_c t_c·f(l_c), a sum over the classes with l = -log p.

For plain ids, one class bears the whole loss: the value needs only that class, and the gradient is t_c·f'_c
times p_j - [j = c]. Because dl_c/dz_j = p_j - [j = c] and d²l_c/dz_j² = p_j·q_j, with q = 1 - p:

grad   p_j·Σ_{c≠j} t_c·f'_c - q_j·t_j·f'_j
hess   p_j²·Σ_{c≠j} t_c·f''_c + q_j²·t_j·f''_j + p_j·q_j·Σ_c t_c·f'_c
hvp    with w_j = v_j - Σ p_k·v_k: p_j·w_j·Σ_c t_c·f'_c + q_j·t_j·f''_j·w_j - p_j·Σ_{c≠j} t_c·f''_c·w_c
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from lossary._math import (
    OfLabel,
    Softmax,
    others,
    softmax_of_label,
    softmax_of_label_and_slope,
    softmax_tangent,
    times,
    total,
)
from lossary._typing import Again, Array, Number
from lossary.losses.classification._labels import is_plain_id, target, weight_of

Of = Callable[[OfLabel | Softmax], Array]
"""f, f' or f'' as a function of a softmax."""


class Labels(NamedTuple):
    """How the loss is distributed over the classes."""

    labels: Array
    smoothing: Number
    weights: Array

    def are_plain(self, z: Array) -> bool:
        return is_plain_id(z, self.labels, self.smoothing)

    def weight(self, z: Array, xp: Any) -> Number:
        """t of the label if it is a plain id."""
        return weight_of(z, self.labels, self.weights, xp)

    def target(self, z: Array, xp: Any) -> Array:
        """t of each class."""
        return target(z, self.labels, self.smoothing, self.weights, xp)


class Slopes(NamedTuple):
    at: Softmax
    first: Array
    """t·f'"""
    second: Array
    """t·f''"""


def value(f: Of, z: Array, of: Labels, xp: Any) -> Array:
    if of.are_plain(z):
        return _of_label(f, softmax_of_label(z, of.labels, xp), z, of, xp)
    return _of_row(f, Softmax(z, xp), of.target(z, xp), xp)


def grad(first: Of, z: Array, of: Labels, xp: Any) -> Array:
    if of.are_plain(z):
        label, row = softmax_of_label_and_slope(z, of.labels, xp, None)
        return (of.weight(z, xp) * first(label))[..., None] * row
    at = Softmax(z, xp)
    return at.minus(of.target(z, xp) * first(at))


def both(f: Of, first: Of, z: Array, of: Labels, again: Again, xp: Any) -> tuple[Array, Array]:
    """The value and the gradient."""
    if of.are_plain(z):
        at, row = softmax_of_label_and_slope(z, of.labels, xp, again)
        return _of_label(f, at, z, of, xp), (of.weight(z, xp) * first(at))[..., None] * row
    of_value, of_grad = Softmax.twice(z, xp, again)
    t = of.target(z, xp)
    return _of_row(f, of_value, t, xp), of_grad.minus(t * first(of_grad))


def _of_label(f: Of, at: OfLabel, z: Array, of: Labels, xp: Any) -> Array:
    return times(of.weight(z, xp), f(at), xp)


def _of_row(f: Of, at: Softmax, t: Array, xp: Any) -> Array:
    return xp.sum(times(t, f(at), xp), axis=-1)


def slopes(first: Of, second: Of, z: Array, of: Labels, xp: Any) -> Slopes:
    at, t = Softmax(z, xp), of.target(z, xp)
    return Slopes(at, t * first(at), t * second(at))


def hess(slopes: Slopes, xp: Any) -> Array:
    at, first, second = slopes
    p, q = at.p, at.q
    return p * (p * others(second, at.largest, xp)) + q * (q * second) + p * q * total(first, xp)


def hvp(v: Array, slopes: Slopes, xp: Any) -> Array:
    at, first, second = slopes
    w = softmax_tangent(v, at, xp)
    sw = second * w
    return at.p * w * total(first, xp) + at.q * sw - at.p * others(sw, at.largest, xp)
