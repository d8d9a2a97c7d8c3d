"""lossary: a glossary of losses for any array."""

from lossary._check import LossInputError, LossTypeError
from lossary._config import config
from lossary._engine import Total
from lossary.losses.classification import (
    binary_cross_entropy,
    binary_focal,
    categorical_cross_entropy,
    categorical_focal,
    fenchel_young,
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
from lossary.losses.likelihoods import gaussian_nll, log_poisson, poisson
from lossary.losses.metric import circle, nt_xent
from lossary.losses.ranking import softmax_ranking
from lossary.losses.regression import (
    absolute_error,
    absolute_percentage_error,
    half_squared_error,
    huber,
    log_cosh,
    pinball,
    smooth_l1,
    squared_error,
    squared_log_error,
)
from lossary.losses.segmentation import (
    dice,
    generalized_dice,
    sigmoid_dice,
    sigmoid_tversky,
    tversky,
)
from lossary.losses.sequence import ctc
from lossary.transforms import accelerate, value_and_grad, value_grad_hess

__version__ = "0.1.0"

__all__ = [
    "LossInputError",
    "LossTypeError",
    "Total",
    "absolute_error",
    "absolute_percentage_error",
    "accelerate",
    "binary_cross_entropy",
    "binary_focal",
    "categorical_cross_entropy",
    "categorical_focal",
    "circle",
    "config",
    "ctc",
    "dice",
    "fenchel_young",
    "gaussian_nll",
    "generalized_dice",
    "half_squared_error",
    "hinge",
    "huber",
    "log_cosh",
    "log_poisson",
    "logistic",
    "multi_margin",
    "multiclass_hinge",
    "multiclass_perceptron",
    "multiclass_sparsemax",
    "multilabel_margin",
    "multilabel_soft_margin",
    "negative_log_likelihood",
    "nt_xent",
    "perceptron",
    "pinball",
    "poisson",
    "sigmoid_binary_cross_entropy",
    "sigmoid_dice",
    "sigmoid_focal",
    "sigmoid_tversky",
    "smooth_l1",
    "softmax_cross_entropy",
    "softmax_focal",
    "softmax_ranking",
    "sparsemax",
    "squared_error",
    "squared_hinge",
    "squared_log_error",
    "tversky",
    "value_and_grad",
    "value_grad_hess",
]
