"""Losses on sequences."""

from lossary.losses.sequence._ctc import ctc
from lossary.losses.sequence._rnnt import rnnt

__all__ = ["ctc", "rnnt"]
