"""The loss on a scale: between what knowing nothing costs and the best that is possible."""

import math
from typing import NamedTuple

import numpy as np

from lossary.diagnosis._case import Sample
from lossary.diagnosis._host import Values


class Scale(NamedTuple):
    """Mean losses, each of a model that may be compared with.

    Attributes
    ----------
    loss : float
        Of the predictions.
    uniform : float
        Of always saying 1/2, or 1/K for each of K classes.
    base_rate : float
        Of always saying how frequent each class is.
    best : float
        The entropy of the targets: no predictions have a lower loss. 0 if targets are certain.
    """

    loss: float
    uniform: float
    base_rate: float
    best: float


def scale(sample: Sample) -> Scale:
    """Weighted means, all of the same examples."""
    return Scale(
        sample.mean(sample.losses),
        math.log(sample.case.classes),
        sample.mean(constant_losses(sample)),
        _least(sample),
    )


def rates(sample: Sample) -> Values:
    """How frequent each class is; of labels that do not exclude each other, each one."""
    if sample.case.is_multiclass:
        smoothing, classes = sample.case.label_smoothing, sample.case.classes
        if sample.case.has_ids:
            shares = np.bincount(sample.targets, weights=sample.weights, minlength=classes).astype(float)
        else:
            shares = np.average(sample.targets, axis=0, weights=sample.weights)
        return np.asarray((1 - smoothing) * shares / shares.sum() + smoothing / classes)
    labels, weights = sample.labels, sample.weights
    return np.array(
        [
            np.average(labels[group], weights=None if weights is None else weights[group])
            if weights is None or weights[group].sum() > 0
            else labels[group].mean()
            for group in sample.groups
        ]
    )


def constant_losses(sample: Sample) -> Values:
    """The loss of each example if the base rate is always the answer."""
    base = rates(sample)
    smoothing = sample.case.label_smoothing
    if sample.case.is_multiclass:
        cost = -_log(base)
        if sample.case.has_ids:
            return (1 - smoothing) * cost[sample.targets] + smoothing * float(cost.mean())
        return ((1 - smoothing) * sample.targets + smoothing / sample.case.classes) @ cost
    labels = sample.labels
    costs = np.empty(len(sample))
    for group, q in zip(sample.groups, base, strict=True):
        costs[group] = labels[group] * (_log(1 - q) - _log(q)) - _log(1 - q)
    return costs


def entropy(p: Values) -> Values:
    """Of yes or no, in nats."""
    return np.asarray(-p * _log(p) - (1 - p) * _log(1 - p))


def _least(sample: Sample) -> float:
    smoothing = sample.case.label_smoothing
    if sample.is_certain and smoothing == 0:
        return 0.0
    if not sample.case.is_multiclass:
        return sample.mean(entropy(sample.labels))
    classes = sample.case.classes
    if sample.case.has_ids:
        certain, rest = 1 - smoothing + smoothing / classes, smoothing / classes
        return float(-certain * _log(certain) - (classes - 1) * rest * _log(rest))
    q = (1 - smoothing) * sample.targets + smoothing / classes
    return sample.mean((-q * _log(q)).sum(axis=-1))


def _log(p: Values | float) -> Values:
    """The logarithm, but finite at 0, where it is multiplied by 0."""
    return np.log(np.maximum(p, 5e-324))
