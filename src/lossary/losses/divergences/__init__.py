"""Losses that measure how far one distribution is from another."""

from lossary.losses.divergences._gaussian_kl_divergence import gaussian_kl_divergence
from lossary.losses.divergences._generalized_kl_divergence import generalized_kl_divergence
from lossary.losses.divergences._jensen_shannon import jensen_shannon
from lossary.losses.divergences._kl_divergence import kl_divergence
from lossary.losses.divergences._log_kl_divergence import log_kl_divergence
from lossary.losses.divergences._softmax_jensen_shannon import softmax_jensen_shannon
from lossary.losses.divergences._softmax_kl_divergence import softmax_kl_divergence

__all__ = [
    "gaussian_kl_divergence",
    "generalized_kl_divergence",
    "jensen_shannon",
    "kl_divergence",
    "log_kl_divergence",
    "softmax_jensen_shannon",
    "softmax_kl_divergence",
]
