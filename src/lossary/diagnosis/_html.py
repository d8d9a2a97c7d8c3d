"""A report as HTML: no scripts, no external files, readable on light and dark pages."""

from html import escape
from typing import TYPE_CHECKING

from lossary.diagnosis._text import verdict

if TYPE_CHECKING:
    from lossary.diagnosis._finding import Finding
    from lossary.diagnosis._report import Report

# Colors with a contrast of at least 4 to both white and #121212; everything else inherits the page's colors.
_STYLE = """
.lossary{font:14px/1.5 system-ui,sans-serif;max-width:60em}
.lossary summary{cursor:pointer}
.lossary b.error{color:#e5484d}.lossary b.warning{color:#b7791f}.lossary b.note{color:#3b82c4}
.lossary details{border-left:3px solid;padding:.1em .8em;margin:.6em 0}
.lossary details.error{border-color:#e5484d}.lossary details.warning{border-color:#b7791f}
.lossary details.note{border-color:#3b82c4}
.lossary pre{white-space:pre-wrap;margin:.4em 0;font:12.5px/1.5 ui-monospace,monospace}
.lossary table{border-collapse:collapse;margin:.8em 0}
.lossary td{padding:.1em 1.2em .1em 0;text-align:left;border:0;background:none}
.lossary td.number{text-align:right;font-variant-numeric:tabular-nums}
.lossary .remark{opacity:.75}
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>body{{margin:2em auto;max-width:62em;padding:0 1em}}</style>
</head>
<body>
{body}
</body>
</html>
"""


def page(report: "Report") -> str:
    return _PAGE.format(title=f"lossary: {escape(report.title)}", body=fragment(report))


def fragment(report: "Report") -> str:
    found = "".join(_finding(one, is_open=i == 0) for i, one in enumerate(report.findings))
    rows = "".join(
        f'<tr><td>{escape(row.name)}</td><td class="number">{escape(row.value)}</td>'
        f'<td class="remark">{escape(row.remark)}</td></tr>'
        for row in report.summary
    )
    table = f"<table>{rows}</table>" if rows else ""
    return (
        f'<style>{_STYLE}</style><div class="lossary"><p><b>{escape(report.title)}</b>: '
        f"{escape(verdict(report))}</p>{found}{table}{report.picture()}</div>"
    )


def _finding(one: "Finding", is_open: bool) -> str:
    body = escape("\n".join(one.lines()))
    return (
        f'<details class="{one.severity}"{" open" if is_open else ""}><summary>'
        f'<b class="{one.severity}">{one.severity}[{one.code}]</b> '
        f"{escape(one.title)}</summary><pre>{body}</pre></details>"
    )
