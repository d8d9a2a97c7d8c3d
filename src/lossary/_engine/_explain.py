"""The words for values outside their domain: which they are, and what most likely went wrong."""

from typing import Any, NamedTuple

import numpy as np

from lossary import _kernel
from lossary._check import mistake
from lossary._engine._domains import slack
from lossary._engine._plan import Plan
from lossary._kernel import Argument, Kernel
from lossary._typing import RowAxes

Values = np.ndarray[Any, Any]

_SHOWN = 4
_ROUNDING = 1e-5
_MANY = 8
"""How many sums that are 1 are no accident."""


class Advice(NamedTuple):
    """Which mistake it is, why it matters, and the line that mends it."""

    code: str
    why: str
    fix: str


def explain(plan: Plan, argument: Argument, values: Values, wrong: Values, counted: Values) -> Exception:
    """The error for an argument, rows last, of which some values are outside its domain.

    `counted` are the values that are not masked out.
    """
    kernel, domain, classes = plan.kernel, argument.domain, plan.classes
    name = f"{kernel.name}: `{argument.name}`"
    if domain.sums_to_one:
        if not ((counted < 0) | (counted > 1)).any():
            return _rows(plan, argument, values, np.asarray(wrong.any(axis=-1)), counted)
        wrong = wrong & ((values < 0) | (values > 1))
    code, why, fix = _advice(kernel, argument, counted, classes)
    what = f"must be class ids from 0 to {classes - 1}" if domain.is_class_id else str(domain)
    return mistake(code, f"{name} {what}", listing(values, wrong, counted), why=why, fix=fix)


def _rows(plan: Plan, argument: Argument, values: Values, wrong: Values, counted: Values) -> Exception:
    """The error for rows of probabilities that do not sum to 1."""
    name = f"{plan.kernel.name}: each row of `{argument.name}` must sum to 1"
    axis = _axis_that_sums(values, plan.layout.axis)
    if axis is not None:
        what = f"{name}, and does so along axis {axis}, not {plan.layout.axis}"
        return mistake("L003", what, fix=f"axis={axis}")
    sums = listing(values.sum(axis=-1), wrong, counted.sum(axis=-1))
    code, why, fix = _advice_on_rows(argument, counted)
    return mistake(code, f"{name} along the class axis", sums, why=why, fix=fix)


def _axis_that_sums(values: Values, axis: RowAxes) -> int | None:
    """The axis along which the values, whose row axis was moved to the end, sum to 1 instead."""
    if isinstance(axis, tuple):
        return None
    for i in range(values.ndim - 1):
        off = np.abs(values.sum(axis=i) - 1.0)
        if off.size >= _MANY and (off <= slack(values, np)).all():
            return i if i < axis else i + 1
    return None


def listing(values: Values, wrong: Values, counted: Values, what: str = "outside") -> str:
    """How many are `what`, the first of them with their positions, and the distinct values if few.

    `counted` are the values that are not masked out.
    """
    places = np.argwhere(wrong)
    total = len(places)
    shown = ", ".join(
        f"[{', '.join(map(str, place))}]={number(values[tuple(place)])}" for place in places[:_SHOWN]
    )
    more = ", ..." if total > _SHOWN else ""
    text = f"{total:,} of {counted.size:,} {what}: {shown}{more}"
    distinct = _distinct(counted)
    if distinct.size <= 5:
        return f"{text}   distinct: {{{', '.join(map(number, distinct))}}}"
    return f"{text}   range [{number(distinct[0])}, {number(distinct[-1])}]"


def number(x: Any) -> str:
    return f"{float(x):.4g}"


def _distinct(values: Values) -> Values:
    return np.unique(values[~np.isnan(values)] if values.dtype.kind == "f" else values)


def _advice(kernel: Kernel, argument: Argument, counted: Values, classes: int) -> Advice:
    """What to say about an argument with these values, of which some are outside its domain."""
    if argument == _kernel.CLASS_IDS:
        return _class_ids(argument.name, _distinct(counted), classes)
    if argument == _kernel.LABELS:
        return _labels(argument.name, _distinct(counted))
    if argument in (_kernel.PROBS, _kernel.CLASS_PROBS):
        return _probs(kernel, _distinct(counted))
    return _OTHERS.get(argument, _OF_ANOTHER_LOSS)


def _class_ids(name: str, distinct: Values, classes: int) -> Advice:
    low, high = int(distinct[0]), int(distinct[-1])
    why = "an index would wrap around, or read a class that does not exist"
    if low < 0:
        fix = f"where={name} != {low}     if that marks padding"
    elif low >= 1 and high == classes:
        fix = f"{name} - 1     if they count from 1"
    else:
        fix = f"one score per class: {high + 1} classes need a class axis of length {high + 1}"
    return Advice("L110", why, fix)


def _advice_on_rows(argument: Argument, counted: Values) -> Advice:
    """What to say about rows that do not sum to 1."""
    if argument.name != "labels":
        return Advice(
            "L111",
            "only probabilities of all classes have a cross-entropy",
            "axis=, if the classes are elsewhere; probs / probs.sum(axis, keepdims=True), if unnormalised",
        )
    if np.all(counted == 0):
        return Advice("L111", "a row of zeros has no label", "mask the row out by where=")
    return _OF_LABEL_ROWS._replace(code="L111")


def _labels(name: str, distinct: Values) -> Advice:
    why = "outside [0, 1] the loss has no minimum: training would run to minus infinity"
    found = set(distinct[:300].tolist())
    low, high = min(found), max(distinct.tolist())
    whole = all(v.is_integer() for v in map(float, found))
    if found <= {-1, 1}:
        return Advice("L101", why, f"{name} = ({name} + 1) / 2     # {{-1, 1}} -> {{0, 1}}")
    if found <= {1, 2}:
        return Advice("L101", why, f"{name} = {name} - 1     # {{1, 2}} -> {{0, 1}}")
    if whole and low < 0 and found - {low} <= {0, 1}:
        return Advice("L101", why, f"where={name} != {number(low)}     if that marks what has no label")
    if low >= 0 and high == 255:
        return Advice("L101", why, f"{name} = {name} / 255     # an 8-bit mask")
    if low >= 0 and whole:
        return Advice(
            "L104",
            "these are class ids, and one probability per example cannot tell more than two classes apart",
            "softmax_cross_entropy(logits, labels) with one logit per class",
        )
    return Advice("L101", why, f"bring {name} into [0, 1]: 0 or 1, or the probability of 1")


def _probs(kernel: Kernel, distinct: Values) -> Advice:
    if distinct[0] >= -_ROUNDING and distinct[-1] <= 1 + _ROUNDING:
        return Advice("L102", "these are probabilities, but for rounding", "np.clip(probs, 0, 1)")
    loss = _TAKES_LOGITS.get(kernel.name, "a loss whose name begins with softmax or sigmoid")
    return Advice(
        "L102",
        "these look like logits",
        f"{loss}(logits, labels)     (do not clip: what is clipped gets no gradient)",
    )


_TAKES_LOGITS = {
    "binary_cross_entropy": "sigmoid_binary_cross_entropy",
    "binary_focal": "sigmoid_focal",
    "categorical_cross_entropy": "softmax_cross_entropy",
    "categorical_focal": "softmax_focal",
    "dice": "sigmoid_dice",
    "tversky": "sigmoid_tversky",
}

_OF_LABEL_ROWS = Advice(
    "L101",
    "only a distribution over the classes has a cross-entropy that is least at the truth",
    "a sigmoid loss, if an example may have several labels; weights=, if rows count differently",
)

_OF_ANOTHER_LOSS = Advice(
    "L120", "outside of it the formula is not defined", "where=, if such values mark what is missing"
)
"""For arguments of losses that are made elsewhere."""

_OTHERS = {
    _kernel.CLASS_LABELS: _OF_LABEL_ROWS,
    _kernel.SIGNS: Advice(
        "L101", "a label says by its sign on which side the score should be", "-1 or 1, or between them"
    ),
    _kernel.LOG_PROBS: Advice(
        "L102",
        "the logarithm of a probability is at most 0",
        "log_softmax(logits), or the loss that takes logits",
    ),
    _kernel.LOG_LABELS: Advice(
        "L120", "the logarithm of a probability is at most 0", 'labels_in="probs", if these are probabilities'
    ),
    _kernel.RELEVANCES: Advice(
        "L120",
        "an item of negative relevance would be rewarded for a low score without end",
        "items=labels >= 0, if that marks padding",
    ),
    _kernel.ITEMS: Advice("L120", "an item is there or it is not", "items=items != 0"),
    _kernel.COUNTS: Advice(
        "L120",
        "nothing is counted less than 0 times",
        "where=counts >= 0, if negative counts mark what is missing",
    ),
    _kernel.QUANTITIES: Advice(
        "L120",
        "an amount that is less than nothing has no logarithm, and the loss no minimum",
        "where=, if a negative amount marks what is missing; np.clip(targets, 0, None), if it is noise",
    ),
    _kernel.RATES: Advice("L120", "these look like logarithms of rates", "log_poisson(log_rates, counts)"),
    _kernel.VARIANCES: Advice(
        "L120", "a square is not negative", "np.exp(log_variances), if these are logarithms"
    ),
    _kernel.DISTANCES: Advice(
        "L120", "a pair of negative distance would be rewarded without end", "1 - similarity, if it is that"
    ),
    _kernel.AMOUNTS: Advice(
        "L120",
        "beyond there is no logarithm",
        "what keeps predictions positive, such as softplus, before the loss",
    ),
    _kernel.TRUE_AMOUNTS: Advice(
        "L120",
        "beyond there is no logarithm",
        "where=targets >= 0, if negative targets mark what is missing",
    ),
    _kernel.LOGIT_LENGTHS: Advice("L120", "a length is a number of frames", "0 for a sequence that is empty"),
    _kernel.LABEL_LENGTHS: Advice("L120", "a length is a number of labels", "0 for one without labels"),
}
"""What most likely went wrong where it is always the same."""
