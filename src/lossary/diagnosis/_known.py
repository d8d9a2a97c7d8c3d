"""Numbers at which a loss gets stuck, and what each of them means."""

import math
from collections.abc import Iterator
from typing import NamedTuple


class Known(NamedTuple):
    """A loss value with a known meaning."""

    value: float
    formula: str
    meaning: str


def uniform(classes: int) -> Known:
    share = "½" if classes == 2 else f"1/{classes} for each of {classes} classes"
    return Known(math.log(classes), f"log {classes}", f"a model that always predicts {share}")


def softmax_twice(classes: int) -> Known:
    return Known(
        math.log1p((classes - 1) / math.e),
        f"log(1 + {classes - 1}/e)",
        f"softmax applied twice, with {classes} classes: the loss of perfect predictions",
    )


def sigmoid_twice(rate: float) -> Known:
    """The lowest possible loss when a share `rate` of the targets is positive."""
    return Known(
        rate * math.log1p(1 / math.e) + (1 - rate) * math.log(2),
        f"{rate:.3g}·log(1 + 1/e) + {1 - rate:.3g}·log 2",
        f"sigmoid applied twice, with {100 * rate:.3g} % positive targets: the loss of perfect predictions",
    )


def base_rate(rate: float) -> Known:
    return Known(
        _entropy(rate),
        f"entropy of {100 * rate:.3g} %",
        f"a model that always predicts the base rate, if {100 * rate:.3g} % are positive",
    )


def smoothing_floor(smoothing: float, classes: int) -> Known:
    rest = smoothing / classes
    certain = 1 - smoothing + rest
    return Known(
        -certain * math.log(certain) - (classes - 1) * rest * math.log(rest) if smoothing else 0.0,
        f"entropy of labels smoothed by {smoothing:g} over {classes} classes",
        f"perfect predictions, with label_smoothing={smoothing:g} and {classes} classes",
    )


_WRONG = "a fully confident mistake"
_CLIPPED = (
    Known(
        -math.log(1e-7),
        "-log 1e-7",
        f"{_WRONG}, with probabilities clipped at 1e-7, as in Keras",
    ),
    Known(-math.log(2.0**-52), "-log 2.2e-16", f"{_WRONG} in scikit-learn's log_loss"),
    Known(100.0, "100", f"{_WRONG} in torch's binary_cross_entropy, which clamps the logarithm"),
    Known(-math.log(1e-8), "-log 1e-8", f"{_WRONG}, with 1e-8 added to probabilities"),
    Known(-math.log(1e-6), "-log 1e-6", f"{_WRONG}, with probabilities clipped at 1e-6"),
    Known(-math.log(1e-12), "-log 1e-12", f"{_WRONG}, with probabilities clipped at 1e-12"),
    Known(-math.log(1e-15), "-log 1e-15", f"{_WRONG} in scikit-learn's log_loss before version 1.3"),
    Known(-math.log(2.0**-23), "-log 1.2e-7", f"{_WRONG}, with probabilities rounded to float32"),
)
_FIXED = (
    Known(0.25, "1/4", "the Brier score when always predicting ½; the squared error of a sigmoid at 0"),
    Known(0.5, "1/2", "the mean absolute error when always predicting ½"),
    Known(1.0, "1", "the hinge loss at a score of 0; a Dice loss without any overlap"),
    Known(0.25 * math.log(2), "log 2 / 4", "the focal loss (gamma 2) when always predicting ½"),
    Known(0.0, "0", "perfect predictions; or no examples left: all masked out, or all weights 0"),
)
_MOST_CLASSES = 1_000_000


def matches(value: float, tolerance: float) -> Iterator[Known]:
    """The possible meanings of a number known up to `tolerance`, the most likely first."""

    def near(known: Known) -> bool:
        return abs(known.value - value) <= tolerance

    if 0.6 < value < math.log(_MOST_CLASSES):
        classes = round(math.exp(value))
        # With enough classes, every loss is near the logarithm of some number of classes.
        if classes >= 2 and near(uniform(classes)) and tolerance < 0.2 / classes:
            yield uniform(classes)
    if 0.3 < value < 12:
        classes = round((math.exp(value) - 1) * math.e + 1)
        if classes >= 2 and near(softmax_twice(classes)) and tolerance < 0.1 / classes:
            yield softmax_twice(classes)
    yield from filter(near, (sigmoid_twice(0.5), *_FIXED, *_CLIPPED))
    for smoothing in (0.1, 0.05, 0.2):
        yield from filter(near, (smoothing_floor(smoothing, k) for k in (2, 3, 10, 100, 1000)))
    if 0.001 < value < math.log(2) - tolerance:
        yield base_rate(_rate(value))


def _rate(entropy: float) -> float:
    """The share below one half that has this entropy, by bisection."""
    low, high = 0.0, 0.5
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _entropy(middle) < entropy else (low, middle)
    return low


def _entropy(p: float) -> float:
    return 0.0 if p in (0.0, 1.0) else -p * math.log(p) - (1 - p) * math.log1p(-p)
