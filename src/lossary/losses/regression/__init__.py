"""Losses between real-valued predictions and targets."""

from lossary.losses.regression._absolute_error import absolute_error
from lossary.losses.regression._huber import huber
from lossary.losses.regression._squared_error import squared_error

__all__ = ["absolute_error", "huber", "squared_error"]
