"""Losses on log-probabilities of whole answers: which of two is preferred, or whether one is good."""

from lossary.losses.preferences._dpo import dpo
from lossary.losses.preferences._ipo import ipo
from lossary.losses.preferences._kto import kto
from lossary.losses.preferences._orpo import orpo
from lossary.losses.preferences._simpo import simpo

__all__ = [
    "dpo",
    "ipo",
    "kto",
    "orpo",
    "simpo",
]
