"""Are the probabilities right on average? Scales and shifts the logits to fit the targets.

J. Platt, *Probabilistic outputs for support vector machines* (1999), by maximum likelihood: his prior of one
example on either side makes the slope of a sharp model too low. Separable examples have an infinite slope;
the fit stops once the loss is practically 0. For classes: C. Guo et al., *On calibration of modern neural
networks* (2017), where the slope is one over the temperature.
"""

from typing import NamedTuple

import numpy as np

from lossary.diagnosis._case import Sample
from lossary.diagnosis._host import Values
from lossary.diagnosis._scale import Scale
from lossary.losses.classification import sigmoid_binary_cross_entropy

CLEAR_RATIO = 28.0
"""Twice the logarithm of a likelihood ratio. With two fitted numbers, chance exceeds it once in a million."""

_STEPS = 50
_CELLS = 4096
_MOST_ROWS = 20_000


class Calibration(NamedTuple):
    """The slope to multiply logits by, the shift to add, and the resulting loss.

    A slope below 1 means overconfident, above 1 underconfident. Several classes have no shift.
    """

    slope: float
    shift: float | None
    loss: float


def calibration(sample: Sample) -> Calibration | None:
    """None if there is nothing to fit: only one class, or only one prediction."""
    if sample.case.is_multiclass:
        return _of_classes(sample)
    labels = sample.labels
    rate = sample.mean(labels)
    z, y, w = _condensed(sample)
    spread = _spread(z, w)
    if not 0 < rate < 1 or spread < 1e-9:
        return None
    slope, shift = _fitted(z / spread, y, w * (sample.effective_size / w.sum()), spread)
    slope /= spread
    after = sample.mean(sigmoid_binary_cross_entropy(slope * sample.logits + shift, labels, reduction="none"))
    now = sample.mean(sample.losses)
    return Calibration(1.0, 0.0, now) if now < after else Calibration(slope, shift, after)


def _spread(z: Values, w: Values) -> float:
    """The standard deviation of numbers whose squares may overflow."""
    size = float(np.abs(z).max())
    if size == 0:
        return 0.0
    z = z / size
    return size * float(np.sqrt(np.average((z - np.average(z, weights=w)) ** 2, weights=w)))


def likelihood_ratio(sample: Sample, measured: Scale, fit: Calibration | None) -> float:
    """Twice the log-likelihood ratio of the targets after and before recalibration."""
    return 0.0 if fit is None else 2 * sample.effective_size * (measured.loss - fit.loss)


def _condensed(sample: Sample) -> tuple[Values, Values, Values]:
    """Logits, labels and weights. Many are averaged in cells of similar logits, with the same fit."""
    z, y, w = sample.logits, sample.labels, sample.weights
    if len(z) <= 4 * _CELLS:
        return z, y, np.ones_like(z) if w is None else w
    order = sample.order
    starts = np.arange(_CELLS) * len(z) // _CELLS
    if w is None:
        sizes = np.diff(starts, append=len(z)).astype(float)
        return np.add.reduceat(z[order], starts) / sizes, np.add.reduceat(y[order], starts) / sizes, sizes
    total = np.add.reduceat(w[order], starts)
    safe = np.maximum(total, 5e-324)
    return (
        np.add.reduceat((w * z)[order], starts) / safe,
        np.add.reduceat((w * y)[order], starts) / safe,
        total,
    )


def _fitted(z: Values, y: Values, w: Values, slope: float) -> tuple[float, float]:
    """Newton's method; steps that do not reduce the loss are halved.

    It starts from a constant or from the given slope, whichever is better.
    """
    design = np.stack([z, np.ones_like(z)])
    constant = np.array([0.0, np.log(np.average(y, weights=w) / np.average(1 - y, weights=w))])

    def cost(at: Values) -> float:
        return float(sigmoid_binary_cross_entropy(at @ design, y, weights=w, reduction="sum"))

    at = min(constant, np.array([slope, 0.0]), key=cost)
    now = cost(at)
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(at @ design, -700, 700)))
        gradient = design @ (w * (p - y))
        hessian = (design * (w * p * (1 - p))) @ design.T + 1e-9 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        while (then := cost(at - step)) > now and np.abs(step).max() > 1e-9:
            step = step / 2
        at, before, now = at - step, now, then
        if before - now < 1e-9 * max(1.0, now):
            break
    return float(at[0]), float(at[1])


def _of_classes(sample: Sample) -> Calibration | None:
    """One slope for all log-probabilities, by Newton's method on evenly spaced rows."""
    every = slice(None, None, max(1, len(sample) // _MOST_ROWS))
    z = sample.logits[every]
    w = (np.ones(len(z)) if sample.weights is None else sample.weights[every])[:, None]
    q = _distributions(sample, every)
    if not w.sum() or float(np.ptp(z, axis=-1).max()) < 1e-9:
        return None
    slope, now = 1.0, np.inf
    for _ in range(_STEPS):
        logs = _log_softmax(slope * z)
        p = np.exp(logs)
        before, now = now, float(-(w * q * logs).sum())
        mean = (p * z).sum(axis=-1, keepdims=True)
        gradient = float((w * (p - q) * z).sum())
        curvature = float((w * p * (z - mean) ** 2).sum())
        if curvature <= 0 or abs(before - now) < 1e-9 * max(1.0, now):
            break
        # A step that keeps the slope within a factor of 4 cannot leave the region where Newton converges.
        slope = float(np.clip(slope - gradient / curvature, slope / 4, slope * 4))
    # The gain on these rows, subtracted from the loss on all rows.
    gain = float((w * q * (logs - z)).sum() / w.sum())
    return Calibration(
        *((slope, None) if gain > 0 else (1.0, None)), sample.mean(sample.losses) - max(gain, 0.0)
    )


def _distributions(sample: Sample, every: slice) -> Values:
    smoothing, classes = sample.case.label_smoothing, sample.case.classes
    q = sample.targets[every]
    if sample.case.has_ids:
        q = np.eye(classes)[q] if classes <= 64 else (np.arange(classes) == q[:, None]).astype(float)
    return (1 - smoothing) * q + smoothing / classes


def _log_softmax(z: Values) -> Values:
    z = z - z.max(axis=-1, keepdims=True)
    return np.asarray(z - np.log(np.exp(z).sum(axis=-1, keepdims=True)))
