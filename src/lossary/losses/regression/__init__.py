"""Losses between real-valued predictions and targets."""

from lossary.losses.regression._absolute_error import absolute_error
from lossary.losses.regression._absolute_percentage_error import absolute_percentage_error
from lossary.losses.regression._epsilon_insensitive import epsilon_insensitive
from lossary.losses.regression._expectile import expectile
from lossary.losses.regression._general_robust import general_robust
from lossary.losses.regression._half_squared_error import half_squared_error
from lossary.losses.regression._huber import huber
from lossary.losses.regression._interval_score import interval_score
from lossary.losses.regression._log_cosh import log_cosh
from lossary.losses.regression._pinball import pinball
from lossary.losses.regression._pseudo_huber import pseudo_huber
from lossary.losses.regression._quantile_huber import quantile_huber
from lossary.losses.regression._smooth_l1 import smooth_l1
from lossary.losses.regression._squared_epsilon_insensitive import squared_epsilon_insensitive
from lossary.losses.regression._squared_error import squared_error
from lossary.losses.regression._squared_log_error import squared_log_error
from lossary.losses.regression._symmetric_absolute_percentage_error import symmetric_absolute_percentage_error
from lossary.losses.regression._tukey_biweight import tukey_biweight

__all__ = [
    "absolute_error",
    "absolute_percentage_error",
    "epsilon_insensitive",
    "expectile",
    "general_robust",
    "half_squared_error",
    "huber",
    "interval_score",
    "log_cosh",
    "pinball",
    "pseudo_huber",
    "quantile_huber",
    "smooth_l1",
    "squared_epsilon_insensitive",
    "squared_error",
    "squared_log_error",
    "symmetric_absolute_percentage_error",
    "tukey_biweight",
]
