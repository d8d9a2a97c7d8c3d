"""Label smoothing, written so that both a label and its complement stay exact."""

from typing import Any, NamedTuple

from lossary._math import is_zero, positions, total
from lossary._typing import Array, Number


def both_sides(y: Array, label_smoothing: Number) -> tuple[Array, Array]:
    """The probabilities of 1 and of 0: (1-ε)·y + ε/2 and (1-ε)·(1-y) + ε/2.

    The second is not 1 minus the first, which would be rounded: 5 ULP of 0.05 at ε = 0.1.
    """
    if is_zero(label_smoothing):
        return y, 1.0 - y
    kept, spread = 1.0 - label_smoothing, 0.5 * label_smoothing
    return kept * y + spread, kept * (1.0 - y) + spread


def sides(y: Array, n: Array, alpha: Number | None) -> tuple[Array, Array]:
    """Weigh positives by alpha and negatives by 1 - alpha."""
    return (y, n) if alpha is None else (alpha * y, (1.0 - alpha) * n)


def valid(scores: Array, xp: Any) -> Array:
    """1 for a class that can be, 0 for one whose score is -inf."""
    return xp.where(scores == -xp.inf, 0.0, xp.ones_like(scores))


class Target(NamedTuple):
    """How much of the loss each class of a row bears, class weights included; T - t is `rest`."""

    t: Array
    rest: Array


def target_of_ids(
    ids: Array, valid: Array, label_smoothing: Number, class_weights: Array, xp: Any
) -> Target:
    """The smoothed and weighted distribution of a class id, for formulas that need all of it."""
    at_label = positions(valid, ids)
    weights = xp.astype(valid, valid.dtype) if class_weights is None else class_weights
    spread = label_smoothing / total(valid, xp) * valid * weights
    t = xp.where(at_label, (1.0 - label_smoothing) * weights + spread, spread)
    outside = total(xp.where(at_label, 0.0, t), xp)
    return Target(t, xp.where(at_label, outside, total(t, xp) - t))


def target_of_distribution(
    y: Array, valid: Array, label_smoothing: Number, class_weights: Array, xp: Any
) -> Target:
    """The smoothed and weighted distribution; its largest element is left out of its own rest exactly."""
    t = y
    if not is_zero(label_smoothing):
        t = (1.0 - label_smoothing) * y + label_smoothing / total(valid, xp) * valid
    if class_weights is not None:
        t = t * class_weights
    at_largest = positions(t, xp.argmax(t, axis=-1))
    outside = total(xp.where(at_largest, 0.0, t), xp)
    return Target(t, xp.where(at_largest, outside, total(t, xp) - t))
