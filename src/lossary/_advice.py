"""The most likely mistake behind values outside their domain, why it matters, and a fix."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

Values = np.ndarray[Any, Any]

_ROUNDING = 1e-5
_ROW_SLACK = 1e-2


class Advice(NamedTuple):
    """The code of the mistake, why it matters, and the line that fixes it."""

    code: str
    why: str
    fix: str


class Situation(NamedTuple):
    """What advice may depend on."""

    name: str
    """The argument's name."""
    counted: Values
    """The values that are not masked out."""
    classes: int
    of_logits: str
    """The loss that takes logits where this one takes probabilities, if there is one."""
    first: str
    """The name of the loss's first argument."""
    axis: Any
    """The axis of an example if there is one loss for several numbers; else None."""
    of_regions: bool
    """Whether the loss is computed per region."""

    @property
    def distinct(self) -> Values:
        return distinct(self.counted)


Advisor: TypeAlias = Advice | Callable[[Situation], Advice]
"""Advice, or a function that returns it."""

UNKNOWN = Advice("L120", "the formula is not defined there", "where=, if such values mark missing data")
"""For arguments without advice of their own."""

_ROWS = "a cross-entropy is lowest at the truth only for a distribution over the classes"


def distinct(values: Values) -> Values:
    return np.unique(values[~np.isnan(values)] if values.dtype.kind == "f" else values)


def number(x: Any) -> str:
    return f"{float(x):.4g}"


def on_class_ids(at: Situation) -> Advice:
    name, found, classes = at.name, at.distinct, at.classes
    low, high = int(found[0]), int(found[-1])
    why = "an index would wrap around, or read a class that does not exist"
    known = found[found >= 0]
    fits = bool(known.size) and int(known[-1]) < classes
    if low < 0 and (fits or not known.size):
        mark = f"!= {low}" if len(found) - len(known) == 1 else ">= 0"
        fix = f"where={name} {mark}     if that marks padding"
    elif low < 0 and len(found) <= classes:
        fix = f"np.unique({name}, return_inverse=True)[1], if these are class names"
    elif low >= 1 and high == classes:
        fix = f"{name} - 1     if they count from 1"
    else:
        fix = f"one score per class: {high + 1} classes need a class axis of length {high + 1}"
    return Advice("L110", why, fix)


def on_ranks(at: Situation) -> Advice:
    """Of class ids of which there is one more than there are thresholds."""
    low, high, classes = int(at.distinct[0]), int(at.distinct[-1]), at.classes + 1
    if low < 0 or (low >= 1 and high == classes):
        return on_class_ids(at._replace(classes=classes))
    why = "between n + 1 classes in their order there are n thresholds, and each has a logit"
    return Advice("L110", why, f"one logit per threshold: {high + 1} classes need {high} on the axis")


def on_bins(at: Situation) -> Advice:
    """Of places between bins."""
    last = at.classes - 1
    return Advice(
        "L120",
        "a number outside of the bins has none beside it",
        f"np.clip({at.name}, 0, {last}), if some are beyond;"
        f" (x - low) / (high - low) * {last}, of numbers x from low to high",
    )


def on_sequences(at: Situation) -> Advice:
    """Advice on rows of class ids, which may end in padding."""
    name, low = at.name, int(at.distinct[0])
    if low >= 0:
        return on_class_ids(at)
    why = "no alignment contains a class that does not exist"
    there = f"({name} != {low})"
    fix = f"{name} * {there}, label_lengths={there}.sum(-1) and logit_lengths=     if {low} marks padding"
    return Advice("L110", why, fix)


def on_lengths(at: Situation) -> Advice:
    low = at.distinct[0]
    why = "a length cannot be negative, or greater than the length of its axis"
    if low < 0:
        return Advice("L120", why, "0 for an empty sequence")
    return Advice("L120", why, f"{at.name} // s, if the model has a stride of s; or pad the axis")


def on_labels(at: Situation) -> Advice:
    """Advice on labels that should be 0, 1 or between."""
    name, values = at.name, at.distinct
    why = "outside [0, 1] the loss has no minimum: training would run to minus infinity"
    found = set(values[:300].tolist())
    low, high = min(found), max(values.tolist())
    whole = all(v.is_integer() for v in map(float, found))
    if found <= {-1, 1}:
        return Advice("L101", why, f"{name} = ({name} + 1) / 2     # {{-1, 1}} -> {{0, 1}}")
    if found <= {1, 2}:
        return Advice("L101", why, f"{name} = {name} - 1     # {{1, 2}} -> {{0, 1}}")
    if whole and low < 0 and found - {low} <= {0, 1}:
        return Advice("L101", why, f"{_without(at, number(low))}     if that marks missing labels")
    if low >= 0 and high == 255:
        return Advice("L101", why, f"{name} = {name} / 255     # an 8-bit mask")
    if low >= 0 and whole and at.first not in ("logits", "probs"):
        return Advice("L101", why, f"{name} = {name} != 0     if 0 means no")
    if low >= 0 and whole:
        return Advice(
            "L104",
            "these are class ids, and one probability per example cannot tell more than two classes apart",
            "softmax_cross_entropy(logits, labels) with one logit per class",
        )
    return Advice("L101", why, f"bring {name} into [0, 1]: 0 or 1, or the probability of 1")


def on_corners(at: Situation) -> Advice:
    name = at.name
    in_order = f"np.sort({name}.reshape(*{name}.shape[:-1], 2, 2), axis=-2).reshape({name}.shape)"
    return Advice(
        "L120",
        "a box that ends before it begins has no area",
        f'{in_order}, if corners may come in any order; format="center", if these are centers and sizes',
    )


def on_centers(at: Situation) -> Advice:
    return Advice(
        "L120",
        "a box of negative size has no area",
        f'format="corners", if these are corners; where=({at.name}[..., 2:] >= 0).all(-1), if a negative size'
        " marks what is missing",
    )


def on_probs(at: Situation) -> Advice:
    found = at.distinct
    if found[0] >= -_ROUNDING and found[-1] <= 1 + _ROUNDING:
        return Advice("L102", "these are probabilities with rounding errors", "np.clip(probs, 0, 1)")
    loss = f"{at.of_logits}(logits, labels)" if at.of_logits else "softmax(logits), which are probabilities"
    fix = f"{loss}     (do not clip: clipped values get no gradient)"
    return Advice("L102", "these look like logits", fix)


def _without(at: Situation, mark: str) -> str:
    """How to leave out marked elements: mask out their examples; in a region, make them count as nothing."""
    there = f"{at.name} != {mark}"
    if at.of_regions:
        first = f"np.where({there}, {at.first}, {'0' if at.first == 'probs' else '-np.inf'})"
        return f"{first} and {at.name} * ({there})"
    return f"where={there}" if at.axis is None else f"where=({there}).all({at.axis})"


def on_rows(at: Situation) -> Advice:
    """Advice on rows of probabilities that do not sum to 1."""
    return Advice(
        "L111",
        "a cross-entropy needs the probabilities of all classes",
        f"{_normalized(at)}, if unnormalized; axis=, if the classes are on another axis",
    )


def on_class_labels(at: Situation) -> Advice:
    """Advice on rows that should be distributions, but have values outside [0, 1]."""
    low, high = at.distinct[0], at.distinct[-1]
    if low >= 0:
        fix = f"{_normalized(at)}, if these are counts or votes"
    elif low >= -1 and high <= 1:
        fix = f"({at.name} + 1) / 2     # {{-1, 1}} -> {{0, 1}}"
    else:
        fix = f"softmax({at.name}), if these are the logits of another model"
    return Advice("L101", _ROWS, fix)


def on_label_rows(at: Situation) -> Advice:
    sums = at.counted.sum(axis=-1)
    if not sums[np.abs(sums - 1) > _ROW_SLACK].any():
        return Advice("L111", "a row of zeros has no label", f"where={at.name}.any({at.axis})")
    return Advice(
        "L111",
        _ROWS,
        "a sigmoid loss, if an example may have several labels; weights=, if rows count differently",
    )


def _normalized(at: Situation) -> str:
    return f"{at.name} / {at.name}.sum({at.axis}, keepdims=True)"
