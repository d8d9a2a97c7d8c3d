"""Plain text for the demo: headings, paragraphs, columns, and a curve on one line."""

import os
import sys
import textwrap
from collections.abc import Collection, Sequence

from lossary.cli._terminal import width

_INDENT = "  "
_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII_BLOCKS = "_.,-~=*#"


def heading(text: str) -> None:
    """Print a heading, in bold if the terminal supports it, and flush the output."""
    print(f"\n\033[1m{text}\033[0m" if _is_styled() else f"\n{text}", flush=True)


def paragraph(text: str) -> None:
    print(textwrap.fill(text, width(), initial_indent=_INDENT, subsequent_indent=_INDENT), flush=True)


def verbatim(text: str) -> None:
    """Print lines as they are; a line that is too long wraps."""
    for line in text.rstrip("\n").split("\n"):
        print(
            textwrap.fill(
                line,
                width(),
                initial_indent=_INDENT * 2,
                subsequent_indent=_INDENT * 6,
                break_long_words=False,
                break_on_hyphens=False,
            ),
            flush=True,
        )


def table(rows: Sequence[Sequence[str]], left: Collection[int] = (0,)) -> None:
    """Print rows in columns: the `left` columns are left-aligned, the others right-aligned."""
    longest = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.ljust(n) if i in left else cell.rjust(n)
            for i, (cell, n) in enumerate(zip(row, longest, strict=True))
        ]
        print((_INDENT * 2 + "  ".join(cells)).rstrip())
    sys.stdout.flush()


def sparkline(values: Sequence[float]) -> str:
    """Draw one block per finite value, scaled from the lowest to the highest."""
    blocks = _BLOCKS if _can_print(_BLOCKS) else _ASCII_BLOCKS
    low, high = min(values), max(values)
    scale = (len(blocks) - 1) / (high - low) if high > low else 0.0
    return "".join(blocks[round((value - low) * scale)] for value in values)


def _is_styled() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _can_print(text: str) -> bool:
    """Whether standard output can encode the text; redirected output on Windows may not support Unicode."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
