"""The best rival of a label: the class with the largest score other than its own."""

from typing import Any

from lossary._math import largest
from lossary._typing import Array


def lead(z: Array, labels: Array, xp: Any) -> Array:
    """How far the best rival is above the label; -inf if there is none."""
    return largest(_rivals(z, labels, xp), xp) - xp.pick(z, labels)


def toward_rival(rate: Array, z: Array, labels: Array, xp: Any) -> Array:
    """The derivative in the scores, given the derivative in `lead`; the first of tied rivals gets it."""
    best, rate = xp.argmax(_rivals(z, labels, xp), axis=-1), rate[..., None]
    return xp.put(xp.put(xp.zeros_like(z), labels, -rate), best, rate)


def _rivals(z: Array, labels: Array, xp: Any) -> Array:
    return xp.replaced(z, labels, -xp.inf)
