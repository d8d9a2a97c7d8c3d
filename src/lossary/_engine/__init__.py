"""The one path that every loss takes."""

from lossary._engine._by_rule import Call, evaluate_by_rule, labelled_losses_of, losses_of
from lossary._engine._encodings import both_encodings, of_encoding
from lossary._engine._evaluate import Request, as_written, evaluate, kernels_of
from lossary._engine._total import Total
from lossary._engine._weigh import must_be_boolean

__all__ = [
    "Call",
    "Request",
    "Total",
    "as_written",
    "both_encodings",
    "evaluate",
    "evaluate_by_rule",
    "kernels_of",
    "labelled_losses_of",
    "losses_of",
    "must_be_boolean",
    "of_encoding",
]
