"""The one path that every loss takes."""

from lossary._engine._evaluate import Request, evaluate
from lossary._engine._through import Link, evaluate_through
from lossary._engine._total import Total

__all__ = ["Link", "Request", "Total", "evaluate", "evaluate_through"]
