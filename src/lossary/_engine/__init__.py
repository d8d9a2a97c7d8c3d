"""The one path that every loss takes."""

from lossary._engine._evaluate import Request, evaluate
from lossary._engine._total import Total

__all__ = ["Request", "Total", "evaluate"]
