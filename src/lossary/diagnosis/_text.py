"""A report as text, in the style of compiler messages."""

import textwrap
from typing import TYPE_CHECKING

from lossary.diagnosis._words import count

if TYPE_CHECKING:
    from lossary.diagnosis._report import Report

_ANSI = {"error": "\033[1;31m", "warning": "\033[1;33m", "note": "\033[1;36m", "bold": "\033[1m"}
_RESET = "\033[0m"


def plain(report: "Report", width: int, color: bool) -> str:
    def paint(text: str, style: str) -> str:
        return f"{_ANSI[style]}{text}{_RESET}" if color else text

    parts = [paint(report.title, "bold")]
    for one in report.findings:
        head, *more = _wrap(f"{one.severity}[{one.code}]: {one.title}", width, "    ")
        label = f"{one.severity}[{one.code}]"
        lines = [paint(label, one.severity) + head[len(label) :], *more]
        for line in one.lines():
            lines += _wrap(line, width, "  |   " if line.startswith("  |") else " " * 9)
        parts.append("\n".join(lines))
    if report.summary:
        names = max(len(row.name) for row in report.summary)
        values = max(len(row.value) for row in report.summary)
        parts.append(
            "\n".join(
                f"{row.name:<{names}}  {row.value:>{values}}  {row.remark}".rstrip() for row in report.summary
            )
        )
    parts.append(paint(verdict(report), "bold"))
    return "\n\n".join(parts)


def verdict(report: "Report") -> str:
    """The number of findings of each severity, in one line."""
    counted = [count(n, kind) for kind in ("error", "warning", "note") if (n := report.count(kind))]
    return ", ".join(counted) if counted else "no problems found"


def _wrap(line: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        line,
        max(width, 40),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )
