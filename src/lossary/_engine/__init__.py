"""The one path that every loss takes."""

from lossary._engine._by_rule import Call, evaluate_by_rule, losses_of
from lossary._engine._encodings import both_encodings, of_encoding
from lossary._engine._evaluate import Request, as_written, evaluate, kernels_of
from lossary._engine._through import Link, evaluate_through
from lossary._engine._total import Total

__all__ = [
    "Call",
    "Link",
    "Request",
    "Total",
    "as_written",
    "both_encodings",
    "evaluate",
    "evaluate_by_rule",
    "evaluate_through",
    "kernels_of",
    "losses_of",
    "of_encoding",
]
