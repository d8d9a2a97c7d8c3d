"""Losses between vectors, and between distances."""

from lossary.losses.metric._circle import circle
from lossary.losses.metric._nt_xent import nt_xent

__all__ = ["circle", "nt_xent"]
