"""What a diagnosis returns: findings, numbers, and the examples that cost most."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from lossary._check import mistake
from lossary.diagnosis._case import Sample
from lossary.diagnosis._finding import Finding
from lossary.diagnosis._html import fragment, page
from lossary.diagnosis._text import plain


class Row(NamedTuple):
    """A line of the summary: what, how much, and what that means."""

    name: str
    value: str
    remark: str = ""


class Example(NamedTuple):
    """One that costs much.

    Attributes
    ----------
    position : tuple of int
        Where it stands in the unreduced loss.
    loss : float
        What it costs, its weight included.
    prediction, target
        As they were given.
    """

    position: tuple[int, ...]
    loss: float
    prediction: Any
    target: Any


class Report:
    """The result of `diagnose` and of `diagnose_history`.

    Attributes
    ----------
    findings : tuple of Finding
        Errors before warnings before notes, the cause before its consequences.
    numbers : dict
        What was measured: ``loss``, ``uniform``, ``base_rate``, ``best``, ``slope``, ``shift``,
        ``recalibrated``, ``auc``, ``worst_share``, ... ; those that make sense for the task.
    picture : function
        Returns the picture of the HTML report, in SVG.
    """

    def __init__(
        self,
        title: str,
        findings: Sequence[Finding],
        summary: Sequence[Row] = (),
        numbers: dict[str, Any] | None = None,
        sample: Sample | None = None,
        picture: Callable[[], str] = str,
    ):
        self.title = title
        self.findings = tuple(findings)
        self.summary = tuple(summary)
        self.numbers = numbers or {}
        self.picture = picture
        self._sample = sample

    @property
    def ok(self) -> bool:
        """Whether there are no errors among the findings."""
        return self.count("error") == 0

    def count(self, severity: str) -> int:
        return sum(one.severity == severity for one in self.findings)

    def raise_for_errors(self) -> None:
        """Raise a LossInputError that says what the first error says, if there is one."""
        if self.ok:
            return
        first = self.findings[0]
        error = mistake(first.code, first.title, *first.facts, why=first.why, fix=first.fix)
        others = self.count("error") - 1
        if others:
            error.add_note(f"  | {others} more in the report")
        raise error

    def worst(self, n: int = 20) -> list[Example]:
        """The examples that cost most, the worst first. Empty if the loss could not be computed."""
        if self._sample is None:
            return []
        s = self._sample
        costs = s.losses if s.weights is None else s.losses * s.weights
        n = min(n, len(costs))
        chosen = (
            np.argpartition(-costs, n - 1)[:n] if 0 < n < len(costs) else np.arange(len(costs))[: max(n, 0)]
        )
        chosen = chosen[np.lexsort((chosen, -costs[chosen]))]
        return [
            Example(s.position(int(i)), float(costs[i]), s.given[i].tolist(), s.targets[i].item())
            if s.targets.ndim == 1
            else Example(s.position(int(i)), float(costs[i]), s.given[i].tolist(), s.targets[i].tolist())
            for i in chosen
        ]

    def text(self, width: int = 100, colour: bool = False) -> str:
        """The report as plain text, or with the colours of a terminal."""
        return plain(self, width, colour)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return fragment(self)

    def to_html(self) -> str:
        """A page of its own: one file, no scripts, light or dark as the reader has it."""
        return page(self)

    def to_dict(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "ok": self.ok,
            "findings": [one.to_dict() for one in self.findings],
            "numbers": self.numbers,
        }

    def to_json(self, indent: int | None = 2) -> str:
        """The same as JSON, which knows no infinity and no NaN: they are null."""
        return json.dumps(_finite(self.to_dict()), indent=indent, ensure_ascii=False, allow_nan=False)


def _finite(x: Any) -> Any:
    if isinstance(x, dict):
        return {key: _finite(value) for key, value in x.items()}
    if isinstance(x, list | tuple):
        return [_finite(value) for value in x]
    return None if isinstance(x, float) and not math.isfinite(x) else x
