"""A finding: the facts, why they matter, and the line that fixes it."""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, TypeAlias

from lossary._codes import CODES

Severity: TypeAlias = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


class Finding(NamedTuple):
    """One problem, or one remark.

    Attributes
    ----------
    code : str
        Stable, such as ``"L101"``; ``lossary explain L101`` tells more.
    severity : "error", "warning" or "note"
        An error makes the loss meaningless; a warning is likely a mistake; a note is good to know.
    title : str
        The problem, in one line.
    facts : tuple of str
        The evidence: how many, where, and which values.
    why, fix : str
        Why it matters, and the line that fixes it; may be empty.
    hides : tuple of str
        Codes of other findings that follow from this one.
    """

    code: str
    severity: Severity
    title: str
    facts: tuple[str, ...] = ()
    why: str = ""
    fix: str = ""
    hides: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The finding's facts, why and fix as unwrapped lines of text."""
        hidden = f"{', '.join(self.hides)}, which follow{'s' if len(self.hides) == 1 else ''} from it"
        return [
            *(f"  | {fact}" for fact in self.facts),
            *([f"  = why: {self.why}"] if self.why else []),
            *([f"  = fix: {self.fix}"] if self.fix else []),
            *([f"  = not shown: {hidden}"] if self.hides else []),
        ]

    def to_dict(self) -> dict[str, Any]:
        return {**self._asdict(), "facts": list(self.facts), "hides": list(self.hides)}


def finding(
    code: str, severity: Severity, title: str = "", *facts: str, why: str = "", fix: str = ""
) -> Finding:
    """A finding with the code's title, unless another title is given."""
    return Finding(code, severity, title or CODES[code].title, facts, why, fix)


_OF_THE_MODEL = ("L402", "L403", "L404", "L405", "L406", "L407", "L408")

_IMPLIES = {
    "L103": _OF_THE_MODEL,
    "L112": _OF_THE_MODEL,
    "L113": ("L102", "L104", "L110", "L101", *_OF_THE_MODEL),
    "L401": _OF_THE_MODEL,
    "L403": ("L405", "L406", "L407"),
    "L404": ("L405", "L406", "L407", "L408"),
    "L405": ("L406", "L407", "L408"),
    "L408": ("L406", "L407"),
    "L502": ("L505",),
    "L501": ("L503", "L504", "L505"),
    "L505": ("L504",),
}
"""Findings that merely follow from another one and would be noise next to it."""


def ranked(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors before warnings before notes. A finding hides those that follow from it, unless it is a note."""
    in_order = sorted(found, key=lambda one: SEVERITIES.index(one.severity))
    codes = {one.code for one in in_order}
    implied = {one.code: _IMPLIES.get(one.code, ()) for one in in_order if one.severity != "note"}
    hidden = {code for some in implied.values() for code in some}
    return tuple(
        one._replace(hides=tuple(code for code in implied.get(one.code, ()) if code in codes))
        for one in in_order
        if one.code not in hidden
    )
