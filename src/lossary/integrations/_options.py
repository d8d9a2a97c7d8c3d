"""Options that a loss is given once, for all calls."""

from collections.abc import Iterable
from inspect import signature

from lossary._check import LossTypeError, mistake
from lossary._typing import Loss
from lossary.integrations._classes import name_of


def check_options(adapter: str, loss: Loss, options: Iterable[str], *, elsewhere: dict[str, str]) -> None:
    """Raise for an option that the loss has not, or that belongs elsewhere: there the fix is."""
    allowed = signature(loss).parameters
    for option in options:
        if option in elsewhere:
            raise mistake("L130", f"{adapter}: `{option}` is no option here", fix=elsewhere[option])
        if option not in allowed:
            raise mistake("L130", f"{adapter}: {name_of(loss)} has no option `{option}`", kind=LossTypeError)
