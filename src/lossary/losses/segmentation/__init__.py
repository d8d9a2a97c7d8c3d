"""Losses on the overlap of regions."""

from lossary.losses.segmentation._dice import dice
from lossary.losses.segmentation._focal_tversky import focal_tversky
from lossary.losses.segmentation._generalized_dice import generalized_dice
from lossary.losses.segmentation._lovasz import lovasz
from lossary.losses.segmentation._lovasz_hinge import lovasz_hinge
from lossary.losses.segmentation._lovasz_softmax import lovasz_softmax
from lossary.losses.segmentation._sigmoid_dice import sigmoid_dice
from lossary.losses.segmentation._sigmoid_focal_tversky import sigmoid_focal_tversky
from lossary.losses.segmentation._sigmoid_tversky import sigmoid_tversky
from lossary.losses.segmentation._tversky import tversky

__all__ = [
    "dice",
    "focal_tversky",
    "generalized_dice",
    "lovasz",
    "lovasz_hinge",
    "lovasz_softmax",
    "sigmoid_dice",
    "sigmoid_focal_tversky",
    "sigmoid_tversky",
    "tversky",
]
