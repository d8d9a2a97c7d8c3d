"""Losses on sequences."""

from lossary.losses.sequence._ctc import ctc

__all__ = ["ctc"]
