"""The words for values outside their domain: which they are, and what most likely went wrong."""

from typing import Any

import numpy as np

from lossary._kernel import Argument, Kernel

Values = np.ndarray[Any, Any]

_SHOWN = 4


def listing(values: Values, outside: Values) -> str:
    """How many are outside, the first of them with their positions, and the distinct values if few."""
    places = np.argwhere(outside)
    total = int(outside.sum())
    shown = ", ".join(
        f"[{', '.join(map(str, place))}]={_number(values[tuple(place)])}" for place in places[:_SHOWN]
    )
    more = ", ..." if total > _SHOWN else ""
    text = f"{total:,} of {values.size:,} outside: {shown}{more}"
    distinct = np.unique(values[~np.isnan(values)] if values.dtype.kind == "f" else values)
    if distinct.size <= 5:
        return f"{text}   distinct: {{{', '.join(map(_number, distinct))}}}"
    return f"{text}   range [{_number(distinct[0])}, {_number(distinct[-1])}]"


def advice(kernel: Kernel, argument: Argument, values: Values) -> tuple[str, str]:
    """Why it matters, and the line that mends it."""
    name = argument.name
    domain = argument.domain
    if domain.is_class_id:
        low, high = int(values.min()), int(values.max())
        why = "an index would wrap around, or read a class that does not exist"
        if low == 1:
            return why, f"{name} - 1     if they count from 1"
        if low < 0:
            return why, f"where={name} != {low}     if that marks padding"
        return why, f"one score per class: {high + 1} classes need a class axis of length {high + 1}"
    if name == "labels" and domain.high == np.inf:
        return (
            "an item of negative relevance would be rewarded for a low score without end",
            "items=labels >= 0, if that marks padding",
        )
    if name == "labels" and domain.low < 0:
        return "a label says by its sign on which side the score should be", "-1 or 1, or between them"
    if name == "labels":
        return _labels_advice(name, domain.sums_to_one, values)
    if name == "log_probs":
        return (
            "the logarithm of a probability is at most 0",
            "log_softmax(logits), or the loss that takes logits",
        )
    if name == "distances":
        return "a pair of negative distance would be rewarded without end", "1 - similarity, if it is that"
    if domain.sums_to_one and not ((values < 0) | (values > 1)).any():
        return (
            "only probabilities of all classes have a cross-entropy",
            "axis=, if the classes are elsewhere; probs / probs.sum(axis, keepdims=True), if unnormalised",
        )
    if name in _QUANTITIES:
        return _QUANTITIES[name]
    loss = _TAKES_LOGITS.get(kernel.name, "a loss whose name begins with softmax or sigmoid")
    return (
        "these look like logits",
        f"{loss}(logits, labels)     (do not clip: what is clipped gets no gradient)",
    )


_QUANTITIES = {
    "counts": (
        "nothing is counted less than 0 times",
        "where=counts >= 0, if negative counts mark what is missing",
    ),
    "rates": ("these look like logarithms of rates", "log_poisson(log_rates, counts)"),
    "variances": ("a square is not negative", "np.exp(log_variances), if these are logarithms"),
    "predictions": (
        "beyond there is no logarithm",
        "what keeps predictions positive, such as softplus, before the loss",
    ),
    "targets": (
        "beyond there is no logarithm",
        "where=targets >= 0, if negative targets mark what is missing",
    ),
}
"""What most likely went wrong with what may not be negative, or not below -1."""
_TAKES_LOGITS = {
    "binary_cross_entropy": "sigmoid_binary_cross_entropy",
    "binary_focal": "sigmoid_focal",
    "categorical_cross_entropy": "softmax_cross_entropy",
    "categorical_focal": "softmax_focal",
    "dice": "sigmoid_dice",
    "tversky": "sigmoid_tversky",
}


def _labels_advice(name: str, rows: bool, values: Values) -> tuple[str, str]:
    if rows:
        if values.ndim and np.all(values == 0):
            return "a row of zeros has no label", "mask the row out by where="
        return (
            "only a distribution over the classes has a cross-entropy that is least at the truth",
            "a sigmoid loss, if an example may have several labels; weights=, if rows count differently",
        )
    why = "outside [0, 1] the loss has no minimum: training would run to minus infinity"
    distinct = set(np.unique(values[~np.isnan(values)])[:300].tolist())
    if distinct <= {-1.0, 0.0, 1.0}:
        return why, f"{name} = ({name} + 1) / 2     # {{-1, 1}} -> {{0, 1}}"
    if distinct <= {1.0, 2.0}:
        return why, f"{name} = {name} - 1     # {{1, 2}} -> {{0, 1}}"
    if max(distinct) == 255 and min(distinct) >= 0:
        return why, f"{name} = {name} / 255     # an 8-bit mask"
    if min(distinct) >= 0 and all(v == int(v) for v in distinct):
        return (
            "these are class ids, and one probability per example cannot tell more than two classes apart",
            "softmax_cross_entropy(logits, labels) with one logit per class",
        )
    return why, f"bring {name} into [0, 1]: 0 or 1, or the probability of 1"


def _number(x: Any) -> str:
    return f"{float(x):.4g}"
