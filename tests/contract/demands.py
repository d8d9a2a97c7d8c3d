"""What is demanded: functions of a subject, by the library that they are about."""

from collections.abc import Callable
from typing import NamedTuple

from tests.contract.subjects import Subject

Check = Callable[[Subject], None]


class Demand(NamedTuple):
    """Something that every loss must bear on a library."""

    library: str
    """The module that it needs."""
    name: str
    check: Check
    """Raises if the subject does not meet it."""
    applies: Callable[[Subject], bool]
    ours: str = ""
    """Why it is asked of lossary alone, where peers have nothing of the kind."""

    def __str__(self) -> str:
        return f"{self.library}-{self.name}"

    @property
    def text(self) -> str:
        """What it says, for the pages."""
        return (self.check.__doc__ or "").strip().split("\n")[0]


DEMANDS: list[Demand] = []


def _always(subject: Subject) -> bool:
    return True


def demand(
    library: str, applies: Callable[[Subject], bool] = _always, ours: str = ""
) -> Callable[[Check], Check]:
    """Register a function, whose docstring says in a line what is demanded, as one of a library."""

    def register(check: Check) -> Check:
        DEMANDS.append(Demand(library, check.__name__.strip("_"), check, applies, ours))
        return check

    return register


def must_explain(error: Exception, *words: str) -> None:
    """An error that is raised says what is wrong, in these words, and what to do instead."""
    if not getattr(error, "code", "") or not getattr(error, "fix", ""):
        raise error
    assert all(word in str(error) for word in words), str(error)
