"""Negative log-likelihoods of distributions whose parameters are predicted."""

from lossary.losses.likelihoods._gaussian_nll import gaussian_nll
from lossary.losses.likelihoods._log_poisson import log_poisson
from lossary.losses.likelihoods._poisson import poisson

__all__ = ["gaussian_nll", "log_poisson", "poisson"]
