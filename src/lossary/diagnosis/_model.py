"""What do the predictions reveal about the model? Each test stays silent if chance explains the data.

A finding needs 3.5 to 6 standard errors, or a likelihood ratio that a correct model reaches once in a
million: a thousand correct models must not cause a single false alarm.
"""

import math
from collections.abc import Iterator

import numpy as np

from lossary._advice import number
from lossary.diagnosis._calibration import CLEAR_RATIO, Calibration, likelihood_ratio
from lossary.diagnosis._case import Sample
from lossary.diagnosis._finding import Finding, finding
from lossary.diagnosis._host import Values
from lossary.diagnosis._relation import relation
from lossary.diagnosis._scale import Scale, constant_losses, rates
from lossary.diagnosis._summary import Numbers
from lossary.diagnosis._words import count, few, loss, percent

_RARE = 0.05
_UNLIKELY = 1e-4
_SURPRISING = 1e-3


def model(sample: Sample, numbers: Numbers) -> Iterator[Finding]:
    measured = numbers.scale
    yield from _one_class(sample)
    yield from _constant(sample)
    yield from relation(sample, numbers)
    yield from _certain(sample)
    has_classes = measured.base_rate - measured.best > 1e-9
    if math.isfinite(measured.loss) and has_classes:
        yield from _too_good(sample, numbers)
        yield from _few_carry(sample, numbers.fit)
        if _is_worse(sample, measured) and not _recalibration_helps(sample, numbers):
            yield _worse(sample, measured)
        else:
            yield from _confidence(sample, measured, numbers.fit)
    yield from _rare(sample)


def _one_class(sample: Sample) -> Iterator[Finding]:
    y = sample.targets
    if sample.case.is_multiclass:
        ids = y if sample.case.has_ids else y.argmax(axis=-1)
        if (ids != ids[0]).any() or len(sample) < 2:
            return
        only, chance = int(ids[0]), float(sample.logits[:, ids[0]].sum())
        which = f"all {len(sample):,} targets are class {only}"
    else:
        single = [group for group in sample.groups if np.ptp(y[group]) == 0]
        if not single or len(sample) < 2:
            return
        chance = -float(sum(sample.losses[group].sum() for group in single))
        if sample.columns is None:
            which = f"all {len(sample):,} targets are {number(y[0])}"
        else:
            names = [str(int(sample.columns[group][0])) for group in single]
            which = f"{count(len(single), 'label')} with only one kind of target: {few(names)}"
    if sample.columns is not None and len(single) < len(sample.groups):
        severity = "note"
    else:
        severity = "warning" if chance < math.log(_UNLIKELY) else "note"
    yield finding(
        "L401",
        severity,  # type: ignore[arg-type]
        "",
        which,
        why="always predicting this class has loss 0: nothing can be learned, and ranking cannot be measured",
        fix="check how the data was split, sorted or filtered; stratify=targets when splitting",
    )


def _constant(sample: Sample) -> Iterator[Finding]:
    z = sample.logits
    if len(sample) < 10:
        return
    if sample.case.is_multiclass:
        spread = float(np.ptp(z, axis=0).max())
        says = f"[{few([number(p) for p in np.exp(z[0])])}]"
    else:
        spread = max(float(np.ptp(z[group])) for group in sample.groups)
        says = number(1 / (1 + math.exp(-float(np.clip(z[0], -700, 700)))))
    if spread < 1e-3:
        yield finding(
            "L403",
            "warning",
            "",
            f"all {len(sample):,} probabilities are {says}; always predicting the base rate has loss "
            f"{loss(sample.mean(constant_losses(sample)))}",
            why="the model ignores its input",
            fix="look for dead units, too high a learning rate, or inputs that are all equal or not scaled",
        )


def _certain(sample: Sample) -> Iterator[Finding]:
    """Probabilities of exactly 0 or 1; with several classes only a 0 for the label matters."""
    given = sample.given
    exact = (given == 0) | (given == 1) if sample.case.kind == "probs" else np.isinf(given)
    wrong = np.isinf(sample.losses)
    # With several classes, some may truly be impossible.
    if not exact.any() or (sample.case.is_multiclass and not wrong.any()):
        return
    what = "probabilities are exactly 0 or 1" if sample.case.kind == "probs" else "logits are infinite"
    facts = [f"{int(exact.sum()):,} of {given.size:,} {what}, {int(wrong.sum()):,} of them wrong"]
    fix = 'pass logits with kind="logits"; for votes or tree leaves, use (k + 1) / (n + 2)'
    if exact.all() and wrong.any():
        what = "these are predicted classes, not probabilities: all are exactly 0 or 1"
        fix = "predict_proba(X)[:, 1] or decision_function(X) instead of predict(X)"
    if wrong.any():
        places = [f"[{', '.join(map(str, sample.position(i)))}]" for i in np.flatnonzero(wrong)[:4]]
        facts.append(f"wrong at {few(places)}{', ...' if wrong.sum() > 4 else ''}")
        facts.append(
            "each wrong one costs 16.1 in Keras (eps 1e-7), 36.0 in scikit-learn (eps 2.2e-16), 100 in torch,"
            " and infinity in exact arithmetic"
        )
    yield finding(
        "L201",
        "warning" if wrong.any() else "note",
        what,
        *facts,
        why="a probability rounded to 0 or 1 has no gradient, and one mistake makes the loss infinite",
        fix=fix,
    )


def _too_good(sample: Sample, numbers: Numbers) -> Iterator[Finding]:
    """Every example right at almost no loss: such models are rare, and leaks are not."""
    measured, rank = numbers.scale, numbers.rank
    if len(sample) < 100 or not sample.is_certain or measured.loss > 0.01 * measured.base_rate:
        return
    if measured.base_rate < 0.1 or (rank is not None and rank.auc < 1):
        return
    if sample.case.is_multiclass:
        true = sample.targets if sample.case.has_ids else sample.targets.argmax(axis=-1)
        if (sample.logits.argmax(axis=-1) != true).any():
            return
    yield finding(
        "L409",
        "note",
        "",
        f"all {len(sample):,} examples are right, with loss {loss(measured.loss)}; always predicting the "
        f"base rate has loss {loss(measured.base_rate)}",
        why="few problems are that easy; usually a feature contains the target, or these are training data",
        fix="train without the most important feature, and look for examples that are in both sets",
    )


def _few_carry(sample: Sample, fit: Calibration | None) -> Iterator[Finding]:
    """Labels that the model gave a probability below one in a thousand, far more of them than it expected.

    Overconfident logits have the same effect. The likelihood decides which of the two it is: that of the best
    slope and shift, or that of the best share of wrong labels.
    """
    if len(sample) < 100 or sample.case.label_smoothing:
        return
    surprised = sample.losses > -math.log(_SURPRISING)
    found = int(surprised.sum())
    p = np.exp(sample.logits) if sample.case.is_multiclass else _smaller(sample)
    expected = float(p[p < _SURPRISING].sum())
    share = _share(sample, surprised)
    if found < 3 or found > 0.02 * len(sample) or share < 0.3:
        return
    # The Chernoff bound on the probability that a Poisson variable reaches `found`.
    if found <= expected or found - expected + found * math.log(max(expected, 1e-300) / found) > -14:
        return
    if fit is not None and fit.slope < 0.9 and fit.loss < _with_wrong_labels(sample):
        return
    places = [f"[{', '.join(map(str, sample.position(i)))}]" for i in np.flatnonzero(surprised)[:5]]
    yield finding(
        "L408",
        "warning",
        f"{percent(found / len(sample))} of the examples carry {percent(share)} of the loss",
        f"{found:,} of {len(sample):,} labels had a probability below 0.001, where the model expected "
        f"{number(expected)}: {', '.join(places)}{', ...' if found > 5 else ''}",
        why="labels that a good model considers nearly impossible are often wrong",
        fix="report.worst(20) lists them: look at these examples first",
    )


def _with_wrong_labels(sample: Sample) -> float:
    """The loss of the same predictions, if they allow for the best-fitting share of wrong labels."""
    right = np.exp(-sample.losses)
    wrong = (1 - right) / max(1, sample.case.classes - 1)
    shares = np.geomspace(1e-4, 0.3, 24)
    return min(sample.mean(-np.log((1 - share) * right + share * wrong)) for share in shares)


def _smaller(sample: Sample) -> Values:
    """The smaller of the two probabilities."""
    return np.asarray(1 / (1 + np.exp(np.minimum(np.abs(sample.logits), 700))))


def _share(sample: Sample, chosen: Values) -> float:
    costs = sample.losses if sample.weights is None else sample.losses * sample.weights
    total = float(costs.sum())
    return float(costs[chosen].sum()) / total if total > 0 else 0.0


def _confidence(sample: Sample, measured: Scale, fit: Calibration | None) -> Iterator[Finding]:
    if fit is None or likelihood_ratio(sample, measured, fit) <= CLEAR_RATIO:
        return
    gain = measured.loss - fit.loss
    matters = gain > 0.01 * (measured.base_rate - measured.best)
    if fit.shift is None:
        title = "overconfident" if fit.slope < 1 else "underconfident"
        fix = f"logits * {fit.slope:.3g}     # fit this on held-out data"
        facts = f"slope {fit.slope:.3g} (1 is right)"
    else:
        title = _kind_of_fit(fit)
        shift = f"{'+' if fit.shift >= 0 else '-'} {abs(fit.shift):.3g}"
        fix = f"logits * {fit.slope:.3g} {shift}     # fit this on held-out data"
        facts = f"slope {fit.slope:.3g} (1 is right), shift {fit.shift:+.3g} (0 is right)"
    yield finding(
        "L407",
        "warning" if matters else "note",
        f"the predictions are {title}",
        f"{facts}; recalibrated, the loss is {loss(fit.loss)} instead of {loss(measured.loss)}",
        why="probabilities that are too extreme, cautious or shifted raise the loss, but keep the ranking",
        fix=fix,
    )


def _kind_of_fit(fit: Calibration) -> str:
    if fit.slope < 0.9:
        return "overconfident"
    if fit.slope > 1.1:
        return "underconfident"
    return "too low throughout" if (fit.shift or 0.0) > 0 else "too high throughout"


def _recalibration_helps(sample: Sample, numbers: Numbers) -> bool:
    """Whether the recalibrated predictions beat the base rate."""
    if numbers.fit is None:
        return False
    gain = numbers.scale.base_rate - numbers.fit.loss
    return 2 * sample.effective_size * gain > CLEAR_RATIO


def _is_worse(sample: Sample, measured: Scale) -> bool:
    """Worse than a constant, by 3.5 standard errors."""
    difference = sample.losses - constant_losses(sample)
    excess = measured.loss - measured.base_rate
    spread = math.sqrt(sample.mean((difference - excess) ** 2))
    if len(sample) < 20 or excess < 3.5 * spread / math.sqrt(sample.effective_size):
        return False
    # The base rates come from these very examples, which gives each an advantage of half a nat.
    fitted = sample.case.classes - 1 if sample.case.is_multiclass else len(sample.groups)
    return 2 * sample.effective_size * excess > CLEAR_RATIO + 3 * fitted


def _worse(sample: Sample, measured: Scale) -> Finding:
    return finding(
        "L406",
        "warning",
        "",
        f"the loss is {loss(measured.loss)}; always predicting the base rate has loss "
        f"{loss(measured.base_rate)}",
        why="what the model has learned does harm on these examples, and recalibration does not help",
        fix="compare with the training loss: if that is low, the model has memorized its examples",
    )


def _rare(sample: Sample) -> Iterator[Finding]:
    base = rates(sample)
    if sample.case.is_multiclass:
        rare = np.flatnonzero((base > 0) & (base < _RARE / max(1, sample.case.classes - 1)))
        names = [f"class {k}: {percent(base[k])}" for k in rare]
    else:
        rare = np.flatnonzero(np.minimum(base, 1 - base) < _RARE)
        rare = rare[(base[rare] > 0) & (base[rare] < 1)]
        names = [
            f"label {k}: {percent(base[k])}"
            if sample.columns is not None
            else f"{percent(base[k])} are positive"
            for k in rare
        ]
    if not len(rare) or sample.case.label_smoothing:
        return
    yield finding(
        "L402",
        "note",
        "",
        few(names),
        why="a low loss and a high accuracy come for free: always predicting the base rate has loss "
        f"{loss(sample.mean(constant_losses(sample)))}",
        fix="compare the loss with that number, or judge by average precision, not by accuracy",
    )
