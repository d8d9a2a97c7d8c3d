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
"""By how much a probability in single precision may be off 1."""
_ROW_SLACK = 1e-2
"""By how much a row of probabilities may miss the sum 1: 16-bit numbers are rounded to two digits."""


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
    """The examples with NaN are left out of what follows, so that other causes are found as well."""
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
        fix = (
            "look at the inputs of these examples, then at the training: diagnose_history finds its first NaN"
        )
    else:
        why = "an unknown target has no loss; a mean over it is NaN"
        fix = "where=~np.isnan(targets), if NaN marks what is missing"
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
    """Which mistake makes labels like these."""
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
            f"one score per example cannot hold {len(distinct)} classes",
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
        why="an index beyond the classes is an error in some libraries, NaN or another class in others",
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
            "probabilities are beyond [0, 1] by rounding",
            *facts,
            why="they were taken as 0 and 1 here; a loss of probabilities refuses them",
            fix="np.clip(predictions, 0, 1), or better the logits",
        )
        return
    if high <= 0:
        title = "these look like logarithms of probabilities"
        fix = "diagnose(np.exp(predictions), targets, ...)"
    elif low >= 0 and high <= 100 and high > 20:
        title = "these look like per cent, or like logits"
        fix = 'predictions / 100, if per cent; kind="logits" otherwise'
    elif low >= 0 and high <= 2:
        title = "something multiplied or added them up"
        fix = "look for what scaled them, such as weights, or a sum over models; do not clip"
        sums = values.sum(axis=-1)[case.counted(values)[..., 0]] if case.is_multiclass else np.ones(1)
        if np.ptp(sums) < 1e-3 < abs(sums[0] - 1):
            title = f"each row sums to {number(sums[0])}"
            fix = f"predictions / {number(sums[0])}     # better: look for what scaled them"
    else:
        title = "these look like logits"
        fix = 'kind="logits"     # do not clip: what is clipped gets no gradient'
    yield finding(
        "L102",
        "error",
        f"probabilities must lie in [0, 1]; {title}",
        *facts,
        why="the logarithm of what is no probability says nothing about the model",
        fix=fix,
    )


def _rows(case: Case, name: str, values: Values) -> Iterator[Finding]:
    sums = values.sum(axis=-1, dtype=np.float64)
    wrong = (np.abs(sums - 1) > _ROW_SLACK) & case.counted(sums)
    if not wrong.any():
        return
    if name == "targets":
        fix = 'task="multilabel", if an example may have several labels; where=, if a row of zeros has none'
    else:
        fix = "axis=, if the classes are elsewhere; predictions / predictions.sum(-1, keepdims=True)"
    yield finding(
        "L111",
        "error",
        f"each row of {name} must sum to 1 over the classes",
        listing(sums, wrong, sums, "do not"),
        why="only probabilities of all classes have a cross-entropy that is least at the truth",
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
            why="an example of negative weight is rewarded for being wrong: the loss has no minimum",
            fix="weights=abs(weights), or where=weights > 0",
        )
    elif seen.sum() == 0:
        yield finding(
            "L302",
            "error",
            "the weights sum to 0",
            f"all {seen.size:,} are 0",
            why="a weighted mean is 0/0, and there is no gradient",
            fix="is the mask the wrong way round?",
        )
    elif abs(seen.mean() - 1) > 0.01:
        size = effective_size(seen)
        yield finding(
            "L303",
            "note",
            f"the weights have the mean {number(seen.mean())}, not 1",
            f"range [{number(seen.min())}, {number(seen.max())}]; "
            f"{seen.size:,} examples count like {number(size)} of equal weight",
            why=f'reduction="mean" is {number(seen.mean())} times as large as "weighted_mean", and so is the '
            "step of the optimizer; this report has weighted means",
            fix="weights / weights.mean()",
        )
