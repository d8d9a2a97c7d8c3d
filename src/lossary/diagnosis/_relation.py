"""Do predictions and targets belong together, and with the right sign?

One test refutes the predictions, at six standard errors or a likelihood ratio of a million. Another then
decides how they are wrong; there, three standard errors are enough.
"""

import math
from collections.abc import Iterator

import numpy as np

from lossary._advice import number
from lossary.diagnosis._calibration import CLEAR_RATIO, likelihood_ratio
from lossary.diagnosis._case import Sample
from lossary.diagnosis._finding import Finding, finding
from lossary.diagnosis._scale import rates
from lossary.diagnosis._summary import Numbers
from lossary.diagnosis._words import count, few, percent
from lossary.diagnosis._words import loss as loss_text
from lossary.losses.classification import sigmoid_binary_cross_entropy, softmax_cross_entropy

_OTHER_ROWS = "confident predictions that do not fit at all usually belong to other rows"
_COMPARE = (
    "compare the order of the two: one was shuffled, sorted or filtered, perhaps by a loader with "
    "shuffle=True"
)


_MOST_SHIFT = 3
"""Only a few rows get lost at the start, or come from a header read as data."""


def relation(sample: Sample, numbers: Numbers) -> Iterator[Finding]:
    shifted = _shifted(sample, numbers)
    if shifted is not None:
        yield shifted
        return
    if sample.case.is_multiclass:
        yield from _order_of_classes(sample)
        yield from _unrelated_classes(sample)
    else:
        yield from _ranks(sample, numbers)


def _shifted(sample: Sample, numbers: Numbers) -> Finding | None:
    """Do the predictions fit the targets of earlier or later rows far better than their own?

    In rows sorted by time or class, a neighbor's target is as good a guess, but not a better one.
    """
    n = len(sample)
    if n < 50 or len(sample.case.shape) != 1 or sample.places is not None or sample.case.label_smoothing:
        return None
    loss = softmax_cross_entropy if sample.case.is_multiclass else sigmoid_binary_cross_entropy
    z, y = sample.logits, sample.targets
    now = loss(z, y, reduction="none")
    for k in [sign * size for size in range(1, _MOST_SHIFT + 1) for sign in (1, -1)]:
        # Pairs the target of row i - k with the prediction of row i, and drops rows without a partner.
        part, other = (slice(k, None), slice(None, -k)) if k > 0 else (slice(None, k), slice(-k, None))
        then = loss(z[part], y[other], reduction="none")
        gain = now[part] - then
        mean, spread = float(gain.mean()), float(gain.std())
        beats = numbers.scale.base_rate - float(then.mean())
        if 2 * len(gain) * min(mean, beats) > CLEAR_RATIO and mean > 6 * spread / math.sqrt(len(gain)):
            where = "later" if k < 0 else "earlier"
            return finding(
                "L405",
                "error",
                f"the targets are shifted by {count(abs(k), 'row')}",
                f"compared with the target {count(abs(k), 'row')} {where}, the predictions have loss "
                f"{loss_text(then.mean())} instead of {loss_text(now.mean())}",
                why="rows at the start were lost on one side: a header, a window, a difference, np.roll",
                fix=f"targets = np.roll(targets, {k})     # better: find where the rows were lost",
            )
    return None


def _ranks(sample: Sample, numbers: Numbers) -> Iterator[Finding]:
    rank = numbers.rank
    if rank is None:
        return
    # Either test proves the predictions wrong; then three standard errors decide how.
    refuted = rank.missing > 6 or likelihood_ratio(sample, numbers.scale, numbers.fit) > CLEAR_RATIO
    area = f"a positive ranks above a negative in {percent(rank.auc)} of all pairs"
    if rank.above_chance < -3 and refuted:
        yield finding(
            "L404",
            "error",
            "",
            f"{area}, {number(-rank.above_chance)} standard errors below chance",
            why="the model has learned something, and predicts the opposite",
            fix="-logits, 1 - probs, or 1 - targets: find out which of them counts the other class as 1",
        )
    elif abs(rank.above_chance) < 3 and rank.missing > 6:
        yield finding(
            "L405",
            "error",
            "",
            f"{area}, as by chance; the predictions imply {number(rank.missing)} standard errors more",
            why=_OTHER_ROWS,
            fix=_COMPARE,
        )


def _order_of_classes(sample: Sample) -> Iterator[Finding]:
    """Does another order of the classes fit much better? Pairs predicted and true classes by majority."""
    classes = sample.case.classes
    if not 2 <= classes <= 1000:
        return
    true = sample.targets if sample.case.has_ids else sample.targets.argmax(axis=-1)
    said = sample.logits.argmax(axis=-1)
    table = np.bincount(said * classes + true, minlength=classes**2).reshape(classes, classes)
    order = table.argmax(axis=0)  # for each true class, the column that predicts it most often
    better, now = table[order, np.arange(classes)].sum(), np.trace(table)
    if sorted(order) != list(range(classes)) or better - now < (
        6 if 2 * better > len(sample) else 10
    ) * math.sqrt(better + now):
        return
    yield finding(
        "L404",
        "error",
        "the classes of predictions and targets are in different orders",
        f"accuracy {percent(now / len(sample))}; with the columns {_order(order.tolist())} it would be "
        f"{percent(better / len(sample))}",
        why="class names were probably mapped to ids differently in training and in evaluation",
        fix=f"predictions[..., {_order(order.tolist())}], or sort the class names in both places",
    )


def _order(order: list[int]) -> str:
    return f"[{few([str(i) for i in order], 20)}]"


def _unrelated_classes(sample: Sample) -> Iterator[Finding]:
    """Do predictions fit their own row's label better than a random row's, and as much as they claim?"""
    log_probs, base = sample.logits, rates(sample)
    drawn = log_probs @ base
    if sample.case.has_ids:
        own = log_probs[np.arange(len(sample)), sample.targets]
    else:
        own = (log_probs * sample.targets).sum(axis=-1)
    gain = own - drawn
    claimed = (np.exp(log_probs) * log_probs).sum(axis=-1) - drawn
    error = float(gain.std() / math.sqrt(sample.effective_size))
    if error == 0 or len(sample) < 20:
        return
    above_chance, missing = float(gain.mean()) / error, float((claimed - gain).mean()) / error
    if abs(above_chance) < 3 and missing > 6:
        yield finding(
            "L405",
            "error",
            "",
            "the predictions fit the label of their own row no better than those of other rows, but claim "
            f"{number(float(claimed.mean()))} nats more ({number(missing)} standard errors)",
            why=_OTHER_ROWS,
            fix=_COMPARE,
        )
