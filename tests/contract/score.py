"""How many demands are met, by the losses of a library and by ours."""

import sys
import textwrap
import traceback
import warnings
from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO

from tests.contract.cannot import reason
from tests.contract.demands import Demand
from tests.contract.subjects import Subject

LONGEST = 120
"""Of what is printed of an error."""


@dataclass
class Score:
    """What became of a demand, or of several."""

    met: int = 0
    asked: int = 0
    says_so: int = 0
    """How many are not met by a loss of ours that says so, as `cannot.py` has it."""
    failures: list[tuple[str, str]] = field(default_factory=list)
    """The other ones that are not met: the subject and why."""

    def __str__(self) -> str:
        return f"{self.met}/{self.asked}" if self.asked else "-"

    def __add__(self, other: "Score") -> "Score":
        sums = self.met + other.met, self.asked + other.asked, self.says_so + other.says_so
        return Score(*sums, [*self.failures, *other.failures])


def score(demand: Demand, subjects: Iterable[Subject]) -> Score:
    """Ask a demand of all to which it applies."""
    found = Score()
    for subject in subjects:
        if not demand.applies(subject):
            continue
        found.asked += 1
        error = _ask(demand, subject)
        if error is None:
            found.met += 1
        elif _is_known(demand, subject, error):
            found.says_so += 1
        else:
            found.failures.append((subject.name, _why(error)))
    return found


def _ask(demand: Demand, subject: Subject) -> Exception | None:
    if "torch._dynamo" in sys.modules:
        sys.modules["torch"].compiler.reset()  # its limit on recompilations is of all programs together
    with warnings.catch_warnings(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        warnings.simplefilter("ignore")
        try:
            demand.check(subject)
        except Exception as error:
            return error
    return None


def _is_known(demand: Demand, subject: Subject, error: Exception) -> bool:
    cannot = reason(demand.library, demand.name, subject.loss)
    if cannot is None:
        return False
    return cannot.says in str(error) if cannot.says else getattr(error, "code", "") == "L006"


def _why(error: Exception) -> str:
    """An exception in one line; a bare assertion by its source."""
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    if not isinstance(error, AssertionError):
        return textwrap.shorten(f"{type(error).__name__}: {first}", LONGEST)
    if " off, of " in first:
        return f"wrong number: {first.partition('; got')[0].lstrip(': ')}"
    return first or traceback.extract_tb(error.__traceback__)[-1].line or ""


def grouped(failures: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Each reason once, with the subjects."""
    by_reason: dict[str, list[str]] = {}
    for subject, why in failures:
        by_reason.setdefault(why, []).append(subject)
    return iter(by_reason.items())
