"""Negative log-likelihoods of distributions with predicted parameters."""

from lossary.losses.likelihoods._crps_ensemble import crps_ensemble
from lossary.losses.likelihoods._discrete_hazard import discrete_hazard
from lossary.losses.likelihoods._gaussian_crps import gaussian_crps
from lossary.losses.likelihoods._gaussian_nll import gaussian_nll
from lossary.losses.likelihoods._laplace_nll import laplace_nll
from lossary.losses.likelihoods._log_gamma_nll import log_gamma_nll
from lossary.losses.likelihoods._log_negative_binomial import log_negative_binomial
from lossary.losses.likelihoods._log_poisson import log_poisson
from lossary.losses.likelihoods._log_tweedie import log_tweedie
from lossary.losses.likelihoods._negative_binomial import negative_binomial
from lossary.losses.likelihoods._poisson import poisson
from lossary.losses.likelihoods._student_t_nll import student_t_nll
from lossary.losses.likelihoods._zero_inflated_poisson import zero_inflated_poisson

__all__ = [
    "crps_ensemble",
    "discrete_hazard",
    "gaussian_crps",
    "gaussian_nll",
    "laplace_nll",
    "log_gamma_nll",
    "log_negative_binomial",
    "log_poisson",
    "log_tweedie",
    "negative_binomial",
    "poisson",
    "student_t_nll",
    "zero_inflated_poisson",
]
