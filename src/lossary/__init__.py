"""lossary: a glossary of losses for any array."""

from lossary._check import LossInputError, LossTypeError
from lossary._config import config
from lossary._engine import Total
from lossary.losses.classification import (
    binary_cross_entropy,
    binary_focal,
    categorical_cross_entropy,
    categorical_focal,
    generalized_cross_entropy,
    negative_log_likelihood,
    sigmoid_binary_cross_entropy,
    sigmoid_focal,
    smooth_labels,
    softmax_cross_entropy,
    softmax_focal,
    softmax_generalized_cross_entropy,
    softmax_poly1,
)
from lossary.losses.divergences import (
    generalized_kl_divergence,
    jensen_shannon,
    kl_divergence,
    log_kl_divergence,
    softmax_jensen_shannon,
    softmax_kl_divergence,
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
    "generalized_cross_entropy",
    "generalized_kl_divergence",
    "huber",
    "jensen_shannon",
    "kl_divergence",
    "log_kl_divergence",
    "negative_log_likelihood",
    "sigmoid_binary_cross_entropy",
    "sigmoid_focal",
    "smooth_labels",
    "softmax_cross_entropy",
    "softmax_focal",
    "softmax_generalized_cross_entropy",
    "softmax_jensen_shannon",
    "softmax_kl_divergence",
    "softmax_poly1",
    "squared_error",
    "value_and_grad",
    "value_grad_hess",
]
