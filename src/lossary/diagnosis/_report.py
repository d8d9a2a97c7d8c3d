"""The result of a diagnosis: findings, numbers, and the examples with the highest loss."""

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
    """A line of the summary: a name, a value, and a remark."""

    name: str
    value: str
    remark: str = ""


class Example(NamedTuple):
    """An example with a high loss.

    Attributes
    ----------
    position : tuple of int
        Its position in the unreduced loss.
    loss : float
        Its loss, times its weight.
    prediction, target
        As given.
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
        Errors before warnings before notes, causes before consequences.
    numbers : dict
        The measurements that make sense for the task: ``loss``, ``uniform``, ``base_rate``, ``best``,
        ``slope``, ``shift``, ``recalibrated``, ``auc``, ``worst_share``, ...
    picture : function
        Returns the picture of the HTML report as SVG.
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
        """Whether the findings contain no errors."""
        return self.count("error") == 0

    def count(self, severity: str) -> int:
        return sum(one.severity == severity for one in self.findings)

    def raise_for_errors(self) -> None:
        """Raise the first error as a LossInputError, if there is one."""
        if self.ok:
            return
        first = self.findings[0]
        error = mistake(first.code, first.title, *first.facts, why=first.why, fix=first.fix)
        others = self.count("error") - 1
        if others:
            error.add_note(f"  | {others} more {'error' if others == 1 else 'errors'} in the report")
        raise error

    def worst(self, n: int = 20) -> list[Example]:
        """The examples with the highest loss, the worst first. Empty if the loss could not be computed."""
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

    def text(self, width: int = 100, color: bool = False) -> str:
        """The report as plain text, or with terminal colors."""
        return plain(self, width, color)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return fragment(self)

    def to_html(self) -> str:
        """The report as a page: one file without scripts, which follows the reader's light or dark mode."""
        return page(self)

    def to_dict(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "ok": self.ok,
            "findings": [one.to_dict() for one in self.findings],
            "numbers": self.numbers,
        }

    def to_json(self, indent: int | None = 2) -> str:
        """The report as JSON. Infinity and NaN, which JSON lacks, become null."""
        return json.dumps(_finite(self.to_dict()), indent=indent, ensure_ascii=False, allow_nan=False)


def _finite(x: Any) -> Any:
    if isinstance(x, dict):
        return {key: _finite(value) for key, value in x.items()}
    if isinstance(x, list | tuple):
        return [_finite(value) for value in x]
    return None if isinstance(x, float) and not math.isfinite(x) else x
