"""Losses between scores of classes and labels."""

from lossary.losses.classification._binary_cross_entropy import binary_cross_entropy
from lossary.losses.classification._binary_focal import binary_focal
from lossary.losses.classification._categorical_cross_entropy import categorical_cross_entropy
from lossary.losses.classification._categorical_focal import categorical_focal
from lossary.losses.classification._fenchel_young import fenchel_young
from lossary.losses.classification._negative_log_likelihood import negative_log_likelihood
from lossary.losses.classification._sigmoid_binary_cross_entropy import sigmoid_binary_cross_entropy
from lossary.losses.classification._sigmoid_focal import sigmoid_focal
from lossary.losses.classification._softmax_cross_entropy import softmax_cross_entropy
from lossary.losses.classification._softmax_focal import softmax_focal

__all__ = [
    "binary_cross_entropy",
    "binary_focal",
    "categorical_cross_entropy",
    "categorical_focal",
    "fenchel_young",
    "negative_log_likelihood",
    "sigmoid_binary_cross_entropy",
    "sigmoid_focal",
    "softmax_cross_entropy",
    "softmax_focal",
]
