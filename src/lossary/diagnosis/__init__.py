"""Finds what is wrong with a model's predictions, with their targets, or with a training curve."""

from lossary.diagnosis._diagnose import diagnose
from lossary.diagnosis._finding import Finding
from lossary.diagnosis._history import diagnose_history
from lossary.diagnosis._host import Values
from lossary.diagnosis._known import matches as known_losses
from lossary.diagnosis._report import Report

__all__ = ["Finding", "Report", "Values", "diagnose", "diagnose_history", "known_losses"]
