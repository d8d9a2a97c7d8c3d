"""The demo's data: handwritten digits and the question "is it an 8?", true for one image in ten."""

import math
from typing import NamedTuple

from lossary._typing import Array
from lossary.cli._demo_text import paragraph

_RARE = 8
_BRIGHTEST = 16.0


class Digits(NamedTuple):
    """Flattened images of 8 x 8 pixels in [0, 1], and labels: 1 for an 8, 0 for any other digit."""

    pixels: Array
    labels: Array
    held_out_pixels: Array
    held_out_labels: Array

    @property
    def base_rate(self) -> float:
        """The share of 8s among the held-out images."""
        return float(self.held_out_labels.mean())

    @property
    def base_logit(self) -> float:
        """The logit of the base rate: no other constant has a lower cross-entropy."""
        return math.log(self.base_rate / (1.0 - self.base_rate))

    @property
    def baseline(self) -> float:
        """The cross-entropy of that constant, which is the entropy of the base rate."""
        p = self.base_rate
        return -p * math.log(p) - (1.0 - p) * math.log(1.0 - p)

    @property
    def pos_weight(self) -> float:
        """The number of other digits per 8 in the training data."""
        return float((self.labels == 0).sum() / (self.labels == 1).sum())


def load() -> Digits:
    """Load scikit-learn's digits. Half of them are held out, with the same share of 8s."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    pixels, digits = load_digits(return_X_y=True)
    labels = (digits == _RARE).astype("int32")
    pixels = (pixels / _BRIGHTEST).astype("float32")
    split = train_test_split(pixels, labels, test_size=0.5, stratify=labels, random_state=0)
    return Digits(split[0], split[2], split[1], split[3])


def describe(digits: Digits) -> None:
    paragraph(
        f"Data: scikit-learn's handwritten digits. Is it an 8? {len(digits.labels)} images for training, "
        f"{len(digits.held_out_labels)} held out, of which {digits.held_out_labels.sum()} are 8s "
        f"({digits.base_rate:.1%})."
    )
    paragraph(
        f"The number to beat is {digits.baseline:.4f}: the cross-entropy of always predicting "
        f"{digits.base_rate:.1%}, which is the entropy of the base rate."
    )
