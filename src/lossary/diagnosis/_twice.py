"""Was a sigmoid or a softmax applied once too often? Then no training lowers the loss below a floor."""

import math
from collections.abc import Iterator

import numpy as np

from lossary._advice import number
from lossary.diagnosis._case import Sample
from lossary.diagnosis._finding import Finding, finding
from lossary.diagnosis._host import Values
from lossary.diagnosis._words import loss
from lossary.losses.classification import binary_cross_entropy, categorical_cross_entropy

_FEWEST = 10
_HINT = 3.0
"""The same for a mere note that it may be so."""
_CLEAR = 7.0
"""The log-likelihood ratio at which the values are taken for probabilities: a factor of 1,100.
If they are logits, chance reaches it with a probability below one over that."""


def twice(sample: Sample) -> Iterator[Finding]:
    if len(sample) < _FEWEST:
        return
    if sample.case.is_multiclass:
        yield from _softmax(sample)
    else:
        yield from _sigmoid(sample)


def _sigmoid(sample: Sample) -> Iterator[Finding]:
    """Logits between 0 and 1 mean probabilities from 0.5 to 0.73: all predictions are positive."""
    z = sample.logits
    low, high = float(z.min()), float(z.max())
    if not (low >= 0 and high <= 1 and high - low > 1e-3):
        return
    if sample.case.kind == "logits" and np.isin(z, (0, 1)).all():
        yield finding(
            "L113",
            "error",
            "",
            f"all {len(sample):,} logits are 0 or 1",
            why="a predicted class does not tell how confident the model is, and has no gradient",
            fix='decision_function(X), or predict_proba(X)[:, 1] with kind="probs", not predict(X)',
        )
        return
    as_probs = binary_cross_entropy(np.clip(z, 1e-6, 1 - 1e-6), sample.labels, reduction="none")
    likelier = float((sample.losses - as_probs).sum())
    if likelier <= _HINT or (likelier <= _CLEAR and sample.case.kind == "probs"):
        return
    floor = sample.mean(np.where(sample.labels > 0.5, math.log1p(math.exp(-1)), math.log(2)))
    share = f"[{1 / (1 + math.exp(-low)):.3f}, {1 / (1 + math.exp(-high)):.3f}]"
    if sample.case.kind == "logits":
        what = (
            f"all {len(sample):,} logits lie in [{number(low)}, {number(high)}], after the sigmoid in {share}"
        )
    else:
        what = f"all {len(sample):,} probabilities lie in {share}"
    facts = (
        f"{what}: nothing is predicted negative",
        f"without the last sigmoid, the loss is {loss(sample.mean(as_probs))}",
    )
    if likelier <= _CLEAR:
        yield finding(
            "L103",
            "note",
            "logits may be probabilities",
            *facts,
            why="with so few examples, this may be chance",
            fix='kind="probs", if the model ends in a sigmoid',
        )
        return
    if sample.case.kind == "logits":
        title = "logits look like probabilities (sigmoid applied twice?)"
        fix = 'remove the last sigmoid; or kind="probs", with binary_cross_entropy as the loss'
    else:
        title = "probabilities look like a sigmoid of probabilities (sigmoid applied twice?)"
        fix = "remove one of the two sigmoids"
    yield finding(
        "L103",
        "error",
        title,
        *facts,
        why=f"the loss cannot fall below {loss(floor)} on these targets, however good the model",
        fix=fix,
    )


def _softmax(sample: Sample) -> Iterator[Finding]:
    classes = sample.case.classes
    is_logits = sample.case.kind == "logits"
    rows = sample.given if is_logits else _before_softmax(sample.logits)
    if classes < 2 or rows.min() < -1e-6 or rows.max() > 1 + 1e-3:
        return
    if np.ptp(rows, axis=-1).max() < 1e-3:
        return
    floor = math.log1p((classes - 1) / math.e)
    why = f"with {classes} classes the loss cannot fall below {loss(floor)} = log(1 + {classes - 1}/e)"
    if np.abs(rows.sum(axis=-1) - 1).max() <= 1e-2 and (is_logits or _is_likelier(sample, rows)):
        yield finding(
            "L112",
            "error",
            f"each row of {'logits' if is_logits else 'the softmax inputs'} sums to 1: softmax applied twice",
            f"all {rows.size:,} values lie in [{number(rows.min())}, {number(rows.max())}], all "
            f"{len(rows):,} rows sum to 1",
            why=why + ", even for perfect predictions",
            fix='remove the last softmax; or kind="probs", with categorical_cross_entropy as the loss'
            if is_logits
            else "remove one of the two softmaxes",
        )
    elif is_logits and _is_likelier(sample, rows):
        yield finding(
            "L103",
            "warning",
            "logits look like sigmoid outputs, one per class",
            f"all {rows.size:,} values lie in [{number(rows.min())}, {number(rows.max())}]",
            why=why,
            fix='remove the sigmoid; or task="multilabel", if an example may have several labels',
        )


def _before_softmax(log_probs: Values) -> Values:
    """The inputs of a second softmax, if the first one returned rows that sum to 1."""
    shift = (1 - log_probs.sum(axis=-1, keepdims=True)) / log_probs.shape[-1]
    return np.asarray(log_probs + shift)


def _is_likelier(sample: Sample, rows: Values) -> bool:
    """Whether the targets are clearly more likely if these rows are probabilities, up to a factor.

    Without this check, any nearly uniform probabilities could come from a softmax of probabilities.
    """
    probs = np.clip(rows, 1e-6, None)
    probs = probs / probs.sum(axis=-1, keepdims=True)
    smoothing = sample.case.label_smoothing
    losses = categorical_cross_entropy(probs, sample.targets, label_smoothing=smoothing, reduction="none")
    return float((sample.losses - losses).sum()) > _CLEAR
