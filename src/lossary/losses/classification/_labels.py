"""Label smoothing that keeps both a label and its complement exact."""

from typing import Any, NamedTuple

from lossary._math import is_number, total
from lossary._typing import Array, Number


def both_sides(y: Array, label_smoothing: Number) -> tuple[Array, Array]:
    """The probabilities of 1 and of 0: (1-ε)·y + ε/2 and (1-ε)·(1-y) + ε/2.

    The second is not computed as 1 minus the first, which would be off by 5 ULP of 0.05 at ε = 0.1.
    """
    if is_number(label_smoothing, 0):
        return y, 1.0 - y
    kept, spread = 1.0 - label_smoothing, 0.5 * label_smoothing
    return kept * y + spread, kept * (1.0 - y) + spread


def is_mixture(label_smoothing: Number, xp: Any) -> bool:
    """Whether a label mixes the losses of 1 and 0 as it is, which takes one operation."""
    return xp.is_eager and xp.is_quick and is_number(label_smoothing, 0)


def are_signs(y: Array, label_smoothing: Number, xp: Any) -> bool:
    """Whether all labels are known to be 0 or 1, so that one side of each loss is enough."""
    return is_number(label_smoothing, 0) and xp.are_known_bits(y)


def sides(y: Array, n: Array, alpha: Number | None) -> tuple[Array, Array]:
    """Weight positives by alpha and negatives by 1 - alpha."""
    return (y, n) if alpha is None else (alpha * y, (1.0 - alpha) * n)


def is_plain_id(scores: Array, labels: Array, label_smoothing: Number, class_weights: Array = None) -> bool:
    """Whether each label is one class that bears the whole loss. If classes have weights, none does."""
    return class_weights is None and labels.ndim < scores.ndim and is_number(label_smoothing, 0)


def weight_of(scores: Array, ids: Array, class_weights: Array, xp: Any) -> Number:
    """The weight of the class in `ids`."""
    if class_weights is None:
        return 1.0
    return xp.pick(xp.broadcast_like(class_weights, scores), ids)


class Borne(NamedTuple):
    """Values at the classes that bear loss, and how much each bears: a row, or the label's class alone for
    ids.

    With only the label there is no class axis, along which XLA would loop number by number.
    """

    p: Array
    t: Number
    are_rows: bool

    def sum(self, losses: Array, xp: Any) -> Array:
        """The sum for each example."""
        return xp.sum(losses, axis=-1) if self.are_rows else losses

    def whole(self, slope: Array, p: Array, labels: Array, xp: Any) -> Array:
        """The derivative in a whole row: 0 for classes that bear no loss."""
        return slope if self.are_rows else xp.put(xp.zeros_like(p), labels, slope[..., None])


def borne(p: Array, labels: Array, label_smoothing: Number, class_weights: Array, xp: Any) -> Borne:
    """The probabilities of the classes that bear loss, for losses that are a sum over classes."""
    if is_plain_id(p, labels, label_smoothing):
        return Borne(xp.pick(p, labels), weight_of(p, labels, class_weights, xp), False)
    return Borne(p, target(p, labels, label_smoothing, class_weights, xp), True)


def target(scores: Array, labels: Array, label_smoothing: Number, class_weights: Array, xp: Any) -> Array:
    """How much loss each class of a row bears: the smoothed and weighted label distribution.

    It is (1-ε)·y + ε/K over the K classes whose score is not -inf. Labels y are class ids or, with as many
    axes as the scores, distributions.
    """
    t = labels
    if labels.ndim < scores.ndim:
        t = xp.where(xp.positions(scores, labels), xp.ones_like(xp.widened(scores)), 0.0)
    if not is_number(label_smoothing, 0):
        can_be = xp.where(scores == -xp.inf, 0.0, xp.ones_like(xp.widened(scores)))
        t = (1.0 - label_smoothing) * t + label_smoothing / total(can_be, xp) * can_be
    return t if class_weights is None else t * class_weights
