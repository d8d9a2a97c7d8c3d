"""The one path that every loss call takes."""

from lossary._engine._by_rule import ByRule, Made, labelled_losses_of, losses_of
from lossary._engine._call import Asked, Call, Sum, Want
from lossary._engine._loss import SUM, asking, call, loss
from lossary._engine._sums import derivatives_of_sum
from lossary._engine._total import Total
from lossary._program._layout import must_be_boolean

__all__ = [
    "SUM",
    "Asked",
    "ByRule",
    "Call",
    "Made",
    "Sum",
    "Total",
    "Want",
    "asking",
    "call",
    "derivatives_of_sum",
    "labelled_losses_of",
    "loss",
    "losses_of",
    "must_be_boolean",
]
