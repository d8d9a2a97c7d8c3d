"""The loss on a scale, between that of an uninformed model and the best possible."""

import math
from typing import NamedTuple

import numpy as np

from lossary.diagnosis._case import Sample
from lossary.diagnosis._host import Values


class Scale(NamedTuple):
    """Mean losses: of the predictions, and of reference models.

    Attributes
    ----------
    loss : float
        The loss of the predictions.
    uniform : float
        The loss of always predicting 1/2, or 1/K for each of K classes.
    base_rate : float
        The loss of always predicting the class frequencies.
    best : float
        The entropy of the targets, which is the lowest possible loss. 0 if the targets are certain.
    """

    loss: float
    uniform: float
    base_rate: float
    best: float


def scale(sample: Sample) -> Scale:
    """Weighted means, all over the same examples."""
    return Scale(
        sample.mean(sample.losses),
        math.log(sample.case.classes),
        sample.mean(constant_losses(sample)),
        _least(sample),
    )


def rates(sample: Sample) -> Values:
    """The frequency of each class, or of each label in a multilabel problem."""
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
    """The loss of each example when always predicting the base rate."""
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
    """The entropy of a yes-or-no variable, in nats."""
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
    """The logarithm, made finite at 0, where it is multiplied by 0."""
    return np.log(np.maximum(p, 5e-324))
