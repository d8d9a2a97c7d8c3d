"""The numbers of a diagnosis, measured once, as a table and as a dictionary."""

import math
from typing import Any, NamedTuple

import numpy as np

from lossary.diagnosis._calibration import Calibration, calibration
from lossary.diagnosis._case import Sample
from lossary.diagnosis._ranking import Ranking, ranking
from lossary.diagnosis._report import Row
from lossary.diagnosis._scale import Scale, rates, scale
from lossary.diagnosis._words import loss, percent


class Numbers(NamedTuple):
    """The measurements on the examples, before any conclusion."""

    scale: Scale
    fit: Calibration | None
    rank: Ranking | None
    worst_share: float


def measure(sample: Sample) -> Numbers:
    measured = scale(sample)
    is_finite = math.isfinite(measured.loss)
    return Numbers(
        measured,
        calibration(sample) if is_finite else None,
        None if sample.case.is_multiclass else ranking(sample),
        _worst_share(sample) if is_finite else math.nan,
    )


def as_dict(sample: Sample, numbers: Numbers) -> dict[str, Any]:
    found: dict[str, Any] = {"examples": len(sample), **numbers.scale._asdict()}
    if sample.weights is not None:
        found["effective_size"] = sample.effective_size
    if numbers.fit is not None:
        found["slope"] = numbers.fit.slope
        if numbers.fit.shift is not None:
            found["shift"] = numbers.fit.shift
        found["recalibrated"] = numbers.fit.loss
    if numbers.rank is not None:
        found["auc"] = numbers.rank.auc
    found["worst_share"] = numbers.worst_share
    return found


def as_rows(sample: Sample, numbers: Numbers) -> list[Row]:
    measured, fit = numbers.scale, numbers.fit
    classes = sample.case.classes
    rows = [
        Row("loss", loss(measured.loss), f"{sample.case.loss_name} over {len(sample):,} examples"),
        Row(
            f"always 1/{classes}",
            loss(measured.uniform),
            f"log {classes}",
        ),
        Row("always the base rate", loss(measured.base_rate), _base(sample)),
        Row("best possible", loss(measured.best), "the entropy of the targets"),
    ]
    if fit is not None:
        shift = "" if fit.shift is None else f", shift {fit.shift:+.3f}"
        rows.append(Row("recalibrated", loss(fit.loss), f"logits times {fit.slope:.3f}{shift}"))
    if numbers.rank is not None:
        labels = ", mean over the labels" if sample.columns is not None else ""
        rows.append(Row("AUC", loss(numbers.rank.auc), f"0.5 is chance{labels}"))
    if math.isfinite(numbers.worst_share):
        rows.append(Row("worst 1 %", percent(numbers.worst_share), "of the loss"))
    return rows


def _base(sample: Sample) -> str:
    if sample.case.is_multiclass or sample.columns is not None:
        return "of each class" if sample.case.is_multiclass else "of each label"
    return f"{percent(rates(sample)[0])} are positive"


def _worst_share(sample: Sample) -> float:
    costs = sample.losses if sample.weights is None else sample.losses * sample.weights
    total = float(costs.sum())
    if total == 0:
        return 0.0
    few = max(1, round(0.01 * len(costs)))
    return float(np.partition(costs, len(costs) - few)[-few:].sum()) / total
