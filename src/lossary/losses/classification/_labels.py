"""Label smoothing, written so that both a label and its complement stay exact."""

from typing import Any, NamedTuple

from lossary._math import is_number, others, put, total
from lossary._typing import Array, Number


def both_sides(y: Array, label_smoothing: Number) -> tuple[Array, Array]:
    """The probabilities of 1 and of 0: (1-ε)·y + ε/2 and (1-ε)·(1-y) + ε/2.

    The second is not 1 minus the first, which would be rounded: 5 ULP of 0.05 at ε = 0.1.
    """
    if is_number(label_smoothing, 0):
        return y, 1.0 - y
    kept, spread = 1.0 - label_smoothing, 0.5 * label_smoothing
    return kept * y + spread, kept * (1.0 - y) + spread


def is_mixture(label_smoothing: Number, xp: Any) -> bool:
    """Whether a label mixes the losses of 1 and 0 as it is, which is one operation then."""
    return xp.is_eager and xp.is_quick and is_number(label_smoothing, 0)


def sides(y: Array, n: Array, alpha: Number | None) -> tuple[Array, Array]:
    """Weigh positives by alpha and negatives by 1 - alpha."""
    return (y, n) if alpha is None else (alpha * y, (1.0 - alpha) * n)


def valid(scores: Array, xp: Any) -> Array:
    """1 for a class that can be, 0 for one whose score is -inf."""
    return xp.where(scores == -xp.inf, 0.0, xp.ones_like(xp.widened(scores)))


def is_plain_id(scores: Array, labels: Array, label_smoothing: Number) -> bool:
    """Whether each label is one class, which bears all of the loss."""
    return labels.ndim < scores.ndim and is_number(label_smoothing, 0)


def weight_of(scores: Array, ids: Array, class_weights: Array, xp: Any) -> Number:
    """How much the class that `ids` names weighs."""
    if class_weights is None:
        return 1.0
    return xp.pick(xp.broadcast_like(class_weights, scores), ids)


class Borne(NamedTuple):
    """What classes that bear loss have, and how much of it: all of a row, or of ids alone the label's.

    Of the label alone there is no axis for the classes, along which XLA would go number by number.
    """

    p: Array
    t: Number
    are_rows: bool

    def sum(self, losses: Array, xp: Any) -> Array:
        """Of each example."""
        return xp.sum(losses, axis=-1) if self.are_rows else losses

    def whole(self, slope: Array, p: Array, labels: Array, xp: Any) -> Array:
        """The derivative in all of a row, which is 0 for what bears no loss."""
        return slope if self.are_rows else put(xp.zeros_like(p), labels, slope[..., None], xp)


def borne(
    p: Array,
    labels: Array,
    label_smoothing: Number,
    class_weights: Array,
    xp: Any,
    can_be: Array = None,
) -> Borne:
    """The probabilities of the classes that bear loss, for losses to which each class adds its own."""
    if is_plain_id(p, labels, label_smoothing):
        return Borne(xp.pick(p, labels), weight_of(p, labels, class_weights, xp), False)
    can_be = xp.ones_like(p) if can_be is None else can_be
    return Borne(p, target(labels, can_be, label_smoothing, class_weights, xp).t, True)


class Target(NamedTuple):
    """How much of the loss each class of a row bears, class weights included; `rest` is the others' part."""

    t: Array
    rest: Array


def target(labels: Array, can_be: Array, label_smoothing: Number, class_weights: Array, xp: Any) -> Target:
    """The smoothed and weighted label distribution: (1-ε)·y + ε/K over the K classes that can be.

    `labels` are class ids or, with as many axes as `can_be`, distributions. `rest` at the largest element
    is a sum without it, not a difference: at t = 1 - 1e-9 it is as exact as elsewhere.
    """
    if labels.ndim < can_be.ndim:
        largest = xp.positions(can_be, labels)
        t = xp.where(largest, xp.ones_like(can_be), 0.0)
    else:
        largest = xp.positions(labels, xp.argmax(labels, axis=-1))
        t = labels
    if not is_number(label_smoothing, 0):
        t = (1.0 - label_smoothing) * t + label_smoothing / total(can_be, xp) * can_be
    if class_weights is not None:
        t = t * class_weights
    return Target(t, others(t, largest, xp))
