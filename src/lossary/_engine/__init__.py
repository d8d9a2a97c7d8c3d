"""The one path that every loss takes."""

from lossary._engine.evaluate import Derive, evaluate
from lossary._engine.total import Total

__all__ = ["Derive", "Total", "evaluate"]
