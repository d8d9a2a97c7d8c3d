"""Plain text for the demo: headings, paragraphs, columns, and a curve in one line."""

import os
import sys
import textwrap
from collections.abc import Collection, Sequence

from lossary.cli._terminal import width

_INDENT = "  "
_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII_BLOCKS = "_.,-~=*#"


def heading(text: str) -> None:
    """Print a heading, bold where the terminal can. It also flushes what the reader has waited for."""
    print(f"\n\033[1m{text}\033[0m" if _is_styled() else f"\n{text}", flush=True)


def paragraph(text: str) -> None:
    print(textwrap.fill(text, width(), initial_indent=_INDENT, subsequent_indent=_INDENT), flush=True)


def verbatim(text: str) -> None:
    """Print lines that keep their ends; one that is too long goes on below itself."""
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
    """Print rows in columns: words, in the columns named, to the left and numbers to the right."""
    longest = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.ljust(n) if i in left else cell.rjust(n)
            for i, (cell, n) in enumerate(zip(row, longest, strict=True))
        ]
        print((_INDENT * 2 + "  ".join(cells)).rstrip())
    sys.stdout.flush()


def sparkline(values: Sequence[float]) -> str:
    """Draw finite values as one block each, the lowest and the highest at the ends of the scale."""
    blocks = _BLOCKS if _can_print(_BLOCKS) else _ASCII_BLOCKS
    low, high = min(values), max(values)
    scale = (len(blocks) - 1) / (high - low) if high > low else 0.0
    return "".join(blocks[round((value - low) * scale)] for value in values)


def _is_styled() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _can_print(text: str) -> bool:
    """Whether standard output takes the text: a redirected one on Windows may not know Unicode."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
