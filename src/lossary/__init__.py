"""lossary: a glossary of losses for any array."""

from lossary._check import LossInputError, LossTypeError
from lossary._config import config
from lossary._engine import Total
from lossary.losses.classification import (
    binary_cross_entropy,
    binary_focal,
    categorical_cross_entropy,
    categorical_focal,
    hinge,
    logistic,
    multi_margin,
    multiclass_hinge,
    multiclass_perceptron,
    multiclass_sparsemax,
    multilabel_margin,
    multilabel_soft_margin,
    negative_log_likelihood,
    perceptron,
    sigmoid_binary_cross_entropy,
    sigmoid_focal,
    softmax_cross_entropy,
    softmax_focal,
    sparsemax,
    squared_hinge,
)
from lossary.losses.regression import absolute_error, huber, squared_error
from lossary.transforms import accelerate, value_and_grad, value_grad_hess

__version__ = "0.1.0"

__all__ = [
    "LossInputError",
    "LossTypeError",
    "Total",
    "absolute_error",
    "accelerate",
    "binary_cross_entropy",
    "binary_focal",
    "categorical_cross_entropy",
    "categorical_focal",
    "config",
    "hinge",
    "huber",
    "logistic",
    "multi_margin",
    "multiclass_hinge",
    "multiclass_perceptron",
    "multiclass_sparsemax",
    "multilabel_margin",
    "multilabel_soft_margin",
    "negative_log_likelihood",
    "perceptron",
    "sigmoid_binary_cross_entropy",
    "sigmoid_focal",
    "softmax_cross_entropy",
    "softmax_focal",
    "sparsemax",
    "squared_error",
    "squared_hinge",
    "value_and_grad",
    "value_grad_hess",
]
