"""Losses between scores of classes and labels."""

from lossary.losses.classification._binary_cross_entropy import binary_cross_entropy
from lossary.losses.classification._binary_focal import binary_focal
from lossary.losses.classification._categorical_cross_entropy import categorical_cross_entropy
from lossary.losses.classification._categorical_focal import categorical_focal
from lossary.losses.classification._generalized_cross_entropy import generalized_cross_entropy
from lossary.losses.classification._negative_log_likelihood import negative_log_likelihood
from lossary.losses.classification._sigmoid_binary_cross_entropy import sigmoid_binary_cross_entropy
from lossary.losses.classification._sigmoid_focal import sigmoid_focal
from lossary.losses.classification._smooth_labels import smooth_labels
from lossary.losses.classification._softmax_cross_entropy import softmax_cross_entropy
from lossary.losses.classification._softmax_focal import softmax_focal
from lossary.losses.classification._softmax_generalized_cross_entropy import softmax_generalized_cross_entropy
from lossary.losses.classification._softmax_poly1 import softmax_poly1

__all__ = [
    "binary_cross_entropy",
    "binary_focal",
    "categorical_cross_entropy",
    "categorical_focal",
    "generalized_cross_entropy",
    "negative_log_likelihood",
    "sigmoid_binary_cross_entropy",
    "sigmoid_focal",
    "smooth_labels",
    "softmax_cross_entropy",
    "softmax_focal",
    "softmax_generalized_cross_entropy",
    "softmax_poly1",
]
