"""Do higher predictions go with positive targets? The area under the ROC curve, and its expected value.

The tests compare ranks, not predictions: a single extreme prediction cannot make a result significant.
"""

import math
from typing import NamedTuple

import numpy as np

from lossary.diagnosis._case import Sample, effective_size
from lossary.diagnosis._host import Values


class Ranking(NamedTuple):
    """The area, and its distance from chance and from the predictions' claim, in standard errors.

    `auc` is the area (for several labels, the mean). If the predicted probabilities are right, `missing` is
    near 0; if they are unrelated to the targets, `above_chance` is.
    """

    auc: float
    above_chance: float
    missing: float


def ranking(sample: Sample) -> Ranking | None:
    """None if no label has both positive and negative targets."""
    found = [one for one in (_of_label(sample, group) for group in sample.groups) if one is not None]
    if not found:
        return None
    columns = np.array(found)
    root = math.sqrt(len(found))
    return Ranking(
        float(columns[:, 0].mean()), float(columns[:, 1].sum() / root), float(columns[:, 2].sum() / root)
    )


def _of_label(sample: Sample, group: Values | slice) -> Ranking | None:
    z, y = sample.logits[group], sample.targets[group]
    w = None if sample.weights is None else sample.weights[group]
    total = float(len(z)) if w is None else float(w.sum())
    if total == 0:
        return None
    effective = total if w is None else effective_size(w)
    positive = float((y if w is None else w * y).sum() / total)
    if not 0 < positive < 1:
        return None
    order = sample.order if isinstance(group, slice) else np.argsort(z)
    z, y = z[order], y[order]
    w = np.ones_like(z) if w is None else w[order]
    starts = np.concatenate(([0], np.flatnonzero(z[1:] != z[:-1]) + 1))
    p = 1 / (1 + np.exp(-np.clip(z, -700, 700)))
    weight = np.add.reduceat(w, starts)
    auc, expected = (_area(np.add.reduceat(w * x, starts), weight) for x in (y, p))
    error = math.sqrt((effective + 1) / (12 * positive * (1 - positive))) / effective
    return Ranking(auc, (auc - 0.5) / error, (expected - auc) / error)


def _area(positive: Values, weight: Values) -> float:
    """The share of pairs in the right order; ties, already merged, count half."""
    negative = weight - positive
    below = np.cumsum(negative)
    return float(positive @ (below - negative / 2) / (positive.sum() * below[-1]))
