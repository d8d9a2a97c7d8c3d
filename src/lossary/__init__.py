"""lossary: a glossary of losses for any array."""

from lossary._check import LossInputError, LossTypeError
from lossary._config import config
from lossary._engine import Total
from lossary.losses.classification import (
    binary_cross_entropy,
    binary_focal,
    categorical_cross_entropy,
    categorical_focal,
    negative_log_likelihood,
    sigmoid_binary_cross_entropy,
    sigmoid_focal,
    softmax_cross_entropy,
    softmax_focal,
)
from lossary.losses.metric import (
    cosine_distance,
    cosine_embedding,
    cosine_similarity,
    hinge_embedding,
    margin_ranking,
    triplet,
    triplet_margin,
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
    "cosine_distance",
    "cosine_embedding",
    "cosine_similarity",
    "hinge_embedding",
    "huber",
    "margin_ranking",
    "negative_log_likelihood",
    "sigmoid_binary_cross_entropy",
    "sigmoid_focal",
    "softmax_cross_entropy",
    "softmax_focal",
    "squared_error",
    "triplet",
    "triplet_margin",
    "value_and_grad",
    "value_grad_hess",
]
