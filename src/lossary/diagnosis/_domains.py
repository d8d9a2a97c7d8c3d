"""Are the values what the loss takes? NaN, labels, probabilities, class ids and weights."""

from collections.abc import Iterator

import numpy as np

from lossary._advice import number
from lossary._program._explain import listing
from lossary.diagnosis._case import Case, effective_size
from lossary.diagnosis._finding import Finding, finding
from lossary.diagnosis._host import Values
from lossary.diagnosis._words import count

_ROUNDING = 1e-6
"""How far a probability in single precision may exceed 1."""
_ROW_SLACK = 1e-2
"""How far the sum of a row may be from 1: 16-bit numbers are rounded to two digits."""


def domains(case: Case) -> Iterator[Finding]:
    yield from _nan(case, "L010", "predictions", case.predictions)
    yield from _nan(case, "L011", "targets", case.targets)
    if case.counts is not None and not case.counts.any():
        return
    yield from _targets(case)
    if case.kind == "probs":
        yield from _probs(case)
    if case.weights is not None:
        yield from _weights(case, np.broadcast_to(case.weights, case.shape))


def _nan(case: Case, code: str, name: str, values: Values) -> Iterator[Finding]:
    """Examples with NaN are left out of later checks, which can then find other causes."""
    if values.dtype.kind != "f":
        return
    unknown = np.isnan(values)
    if not unknown.any():
        return
    unknown = unknown & case.counted(values)
    if not unknown.any():
        return
    case.drop(np.any(unknown, axis=-1) if unknown.ndim > len(case.shape) else unknown)
    if code == "L010":
        why = "the loss is NaN, and so is every gradient after it"
        fix = "check the inputs of these examples, then the training: diagnose_history finds its first NaN"
    else:
        why = "an unknown target has no loss; a mean over it is NaN"
        fix = "where=~np.isnan(targets), if NaN marks missing targets"
    yield finding(
        code,
        "error",
        f"NaN among the {name}",
        listing(values, unknown, values, "NaN"),
        why=why,
        fix=fix,
    )


def _targets(case: Case) -> Iterator[Finding]:
    values, counted = case.targets, case.counted(case.targets)
    if case.has_ids:
        yield from _ids(case, values, counted)
        return
    wrong = ((values < 0) | (values > 1)) & counted
    if wrong.any():
        yield _labels(case, values, wrong)
    elif case.is_multiclass:
        yield from _rows(case, "targets", values)


def _labels(case: Case, values: Values, wrong: Values) -> Finding:
    """The finding for the mistake that most likely produced these labels."""
    distinct = set(np.unique(values[case.counted(values)])[:1000].tolist())
    low, high = min(distinct), max(distinct)
    whole = all(x == int(x) for x in distinct)
    why = "outside [0, 1] the loss is negative and has no minimum: training would run to minus infinity"
    if distinct <= {-1, 0, 1}:
        fix = "targets = (targets + 1) / 2     # {-1, 1} -> {0, 1}"
    elif distinct <= {1, 2}:
        fix = "targets = targets - 1     # {1, 2} -> {0, 1}"
    elif low >= 0 and high == 255:
        fix = "targets = targets / 255     # an 8-bit mask"
    elif whole and len(distinct) == 2:
        fix = f"targets = targets == {high:g}     # {{{low:g}, {high:g}}} -> {{0, 1}}"
    elif whole and low >= 0 and not case.is_multiclass:
        return finding(
            "L104",
            "error",
            f"targets are class ids {low:g}..{high:g}",
            listing(values, wrong, values),
            f"one score per example cannot represent {len(distinct)} classes",
            why=why,
            fix='diagnose(logits, targets, task="multiclass", ...) with one score per class and example',
        )
    else:
        fix = "targets in [0, 1]: 0 or 1, or the probability of 1"
    return finding(
        "L101", "error", "targets must lie in [0, 1]", listing(values, wrong, values), why=why, fix=fix
    )


def _ids(case: Case, values: Values, counted: Values) -> Iterator[Finding]:
    classes = case.classes
    broken = values != np.floor(values)
    wrong = (broken | (values < 0) | (values >= classes)) & counted
    if not wrong.any():
        return
    low, high = values[counted].min(), values[counted].max()
    if (broken & counted).any():
        fix = "whole numbers; probabilities need one column per class"
    elif low == 1 and high == classes:
        fix = "targets = targets - 1     # they count from 1"
    elif low < 0 and (values[wrong] == low).all():
        fix = f"where=targets != {low:g}     # if that marks padding"
    else:
        fix = f"one score per class: {int(high) + 1} classes need a class axis of that length"
    yield finding(
        "L110",
        "error",
        f"targets must be class ids from 0 to {classes - 1}",
        listing(values, wrong, values),
        why="an id beyond the classes is an error in some libraries, and NaN or another class in others",
        fix=fix,
    )


def _probs(case: Case) -> Iterator[Finding]:
    values, counted = case.predictions, case.counted(case.predictions)
    wrong = ((values < 0) | (values > 1)) & counted
    if not wrong.any():
        if case.is_multiclass:
            yield from _rows(case, "predictions", values)
        return
    seen = values[counted]
    low, high = float(seen.min()), float(seen.max())
    facts = [listing(values, wrong, values)]
    if low >= -_ROUNDING and high <= 1 + _ROUNDING:
        case.predictions = np.clip(values, 0, 1)
        yield finding(
            "L102",
            "note",
            "rounding pushed probabilities outside [0, 1]",
            *facts,
            why="this report clips them to 0 and 1; a loss on probabilities rejects them",
            fix="np.clip(predictions, 0, 1), or better, pass the logits",
        )
        return
    if high <= 0:
        title = "these look like log-probabilities"
        fix = "diagnose(np.exp(predictions), targets, ...)"
    elif low >= 0 and high <= 100 and high > 20:
        title = "these look like percentages or logits"
        fix = 'predictions / 100, if these are percentages; kind="logits" otherwise'
    elif low >= 0 and high <= 2:
        title = "something scaled them or added them up"
        fix = "find what scaled them, such as weights or a sum over models; do not clip"
        sums = values.sum(axis=-1)[case.counted(values)[..., 0]] if case.is_multiclass else np.ones(1)
        if np.ptp(sums) < 1e-3 < abs(sums[0] - 1):
            title = f"each row sums to {number(sums[0])}"
            fix = f"predictions / {number(sums[0])}     # better: find what scaled them"
    else:
        title = "these look like logits"
        fix = 'kind="logits"     # do not clip: clipped values get no gradient'
    yield finding(
        "L102",
        "error",
        f"probabilities must lie in [0, 1]; {title}",
        *facts,
        why="the logarithm of a number that is not a probability says nothing about the model",
        fix=fix,
    )


def _rows(case: Case, name: str, values: Values) -> Iterator[Finding]:
    sums = values.sum(axis=-1, dtype=np.float64)
    wrong = (np.abs(sums - 1) > _ROW_SLACK) & case.counted(sums)
    if not wrong.any():
        return
    if name == "targets":
        fix = 'task="multilabel", if an example may have several labels; where=, to mask out rows of zeros'
    else:
        fix = "axis=, if the classes are on another axis; predictions / predictions.sum(-1, keepdims=True)"
    yield finding(
        "L111",
        "error",
        f"each row of {name} must sum to 1 over the classes",
        listing(sums, wrong, sums, "do not"),
        why="a cross-entropy is lowest at the truth only for a distribution over the classes",
        fix=fix,
    )


def _weights(case: Case, weights: Values) -> Iterator[Finding]:
    counted = case.counted(weights)
    negative = (weights < 0) & counted
    seen = weights[counted].astype(np.float64)
    unknown = ~np.isfinite(seen)
    if unknown.any():
        yield finding("L301", "error", f"{count(int(unknown.sum()), 'weight')} are not finite")
    elif negative.any():
        yield finding(
            "L301",
            "error",
            "weights must not be negative",
            listing(weights, negative, weights, "negative"),
            why="an example with a negative weight is rewarded for being wrong: the loss has no minimum",
            fix="weights=abs(weights), or where=weights > 0",
        )
    elif seen.sum() == 0:
        yield finding(
            "L302",
            "error",
            "the weights sum to 0",
            f"all {seen.size:,} are 0",
            why="a weighted mean is 0/0, and there is no gradient",
            fix="check whether a mask is inverted",
        )
    elif abs(seen.mean() - 1) > 0.01:
        size = effective_size(seen)
        yield finding(
            "L303",
            "note",
            f"the weights have mean {number(seen.mean())}, not 1",
            f"range [{number(seen.min())}, {number(seen.max())}]; "
            f"{seen.size:,} examples count like {number(size)} of equal weight",
            why=f'reduction="mean" is {number(seen.mean())} times "weighted_mean", and so is the gradient;'
            " this report uses weighted means",
            fix="weights / weights.mean()",
        )
