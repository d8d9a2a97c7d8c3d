"""Losses for class labels, on logits or probabilities."""

from lossary.losses.classification._arcface import arcface
from lossary.losses.classification._binary_cross_entropy import binary_cross_entropy
from lossary.losses.classification._binary_focal import binary_focal
from lossary.losses.classification._brier import brier
from lossary.losses.classification._categorical_cross_entropy import categorical_cross_entropy
from lossary.losses.classification._categorical_focal import categorical_focal
from lossary.losses.classification._cosface import cosface
from lossary.losses.classification._fenchel_young import fenchel_young
from lossary.losses.classification._generalized_cross_entropy import generalized_cross_entropy
from lossary.losses.classification._hinge import hinge
from lossary.losses.classification._linear_arcface import linear_arcface
from lossary.losses.classification._linear_cross_entropy import linear_cross_entropy
from lossary.losses.classification._logistic import logistic
from lossary.losses.classification._multi_margin import multi_margin
from lossary.losses.classification._multiclass_hinge import multiclass_hinge
from lossary.losses.classification._multiclass_perceptron import multiclass_perceptron
from lossary.losses.classification._multiclass_sparsemax import multiclass_sparsemax
from lossary.losses.classification._multilabel_margin import multilabel_margin
from lossary.losses.classification._multilabel_soft_margin import multilabel_soft_margin
from lossary.losses.classification._negative_log_likelihood import negative_log_likelihood
from lossary.losses.classification._perceptron import perceptron
from lossary.losses.classification._sigmoid_asymmetric import sigmoid_asymmetric
from lossary.losses.classification._sigmoid_binary_cross_entropy import sigmoid_binary_cross_entropy
from lossary.losses.classification._sigmoid_conditional_ordinal import sigmoid_conditional_ordinal
from lossary.losses.classification._sigmoid_focal import sigmoid_focal
from lossary.losses.classification._sigmoid_ordinal import sigmoid_ordinal
from lossary.losses.classification._sigmoid_quality_focal import sigmoid_quality_focal
from lossary.losses.classification._smooth_labels import smooth_labels
from lossary.losses.classification._softmax_cross_entropy import softmax_cross_entropy
from lossary.losses.classification._softmax_distribution_focal import softmax_distribution_focal
from lossary.losses.classification._softmax_focal import softmax_focal
from lossary.losses.classification._softmax_generalized_cross_entropy import softmax_generalized_cross_entropy
from lossary.losses.classification._softmax_poly1 import softmax_poly1
from lossary.losses.classification._sparsemax import sparsemax
from lossary.losses.classification._squared_hinge import squared_hinge

__all__ = [
    "arcface",
    "binary_cross_entropy",
    "binary_focal",
    "brier",
    "categorical_cross_entropy",
    "categorical_focal",
    "cosface",
    "fenchel_young",
    "generalized_cross_entropy",
    "hinge",
    "linear_arcface",
    "linear_cross_entropy",
    "logistic",
    "multi_margin",
    "multiclass_hinge",
    "multiclass_perceptron",
    "multiclass_sparsemax",
    "multilabel_margin",
    "multilabel_soft_margin",
    "negative_log_likelihood",
    "perceptron",
    "sigmoid_asymmetric",
    "sigmoid_binary_cross_entropy",
    "sigmoid_conditional_ordinal",
    "sigmoid_focal",
    "sigmoid_ordinal",
    "sigmoid_quality_focal",
    "smooth_labels",
    "softmax_cross_entropy",
    "softmax_distribution_focal",
    "softmax_focal",
    "softmax_generalized_cross_entropy",
    "softmax_poly1",
    "sparsemax",
    "squared_hinge",
]
