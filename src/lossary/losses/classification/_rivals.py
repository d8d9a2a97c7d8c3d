"""The best rival of a label: the class of the largest score beside its own."""

from typing import Any

from lossary._math import largest, pick, positions
from lossary._typing import Array


def lead(z: Array, labels: Array, xp: Any) -> Array:
    """By how much the best rival is above the label; -inf where there is none."""
    return largest(_rivals(z, labels, xp), xp) - pick(z, labels, xp)


def toward_rival(rate: Array, z: Array, labels: Array, xp: Any) -> Array:
    """The derivative in the scores of what has this one in `lead`; of several the first is the best."""
    best = positions(z, xp.argmax(_rivals(z, labels, xp), axis=-1), xp)
    rate = rate[..., None]
    return xp.where(best, rate, xp.where(positions(z, labels, xp), -rate, 0.0))


def _rivals(z: Array, labels: Array, xp: Any) -> Array:
    return xp.where(positions(z, labels, xp), -xp.inf, z)
