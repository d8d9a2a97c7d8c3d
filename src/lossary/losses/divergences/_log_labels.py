"""Labels as probabilities or as their logarithms, which do not underflow."""

from typing import Any, NamedTuple

from lossary._math import positive
from lossary._typing import Array

LABELS_IN = ("probs", "log_probs")


class LogLabels(NamedTuple):
    t: Array
    log: Array
    """log t; finite where t is 0, because the term is 0 there."""


def of_probs(t: Array, xp: Any) -> LogLabels:
    return LogLabels(t, xp.log(positive(t, xp)))


def of_log_probs(log_t: Array, xp: Any) -> LogLabels:
    none = log_t == -xp.inf
    log = xp.where(none, 0.0, log_t)
    return LogLabels(xp.where(none, 0.0, xp.exp(log)), log)
