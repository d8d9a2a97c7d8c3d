"""The one path that every loss takes."""

from lossary._engine._evaluate import Derive, evaluate
from lossary._engine._total import Total

__all__ = ["Derive", "Total", "evaluate"]
