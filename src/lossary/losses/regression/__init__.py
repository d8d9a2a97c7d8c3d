"""Losses between real-valued predictions and targets."""

from lossary.losses.regression._absolute_error import absolute_error
from lossary.losses.regression._absolute_percentage_error import absolute_percentage_error
from lossary.losses.regression._half_squared_error import half_squared_error
from lossary.losses.regression._huber import huber
from lossary.losses.regression._log_cosh import log_cosh
from lossary.losses.regression._pinball import pinball
from lossary.losses.regression._pseudo_huber import pseudo_huber
from lossary.losses.regression._smooth_l1 import smooth_l1
from lossary.losses.regression._squared_error import squared_error
from lossary.losses.regression._squared_log_error import squared_log_error

__all__ = [
    "absolute_error",
    "absolute_percentage_error",
    "half_squared_error",
    "huber",
    "log_cosh",
    "pinball",
    "pseudo_huber",
    "smooth_l1",
    "squared_error",
    "squared_log_error",
]
