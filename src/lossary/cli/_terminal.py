"""Output: the width of text, whether it may be colored, and files, which are not overwritten."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

FAILED = 2
"""The exit code of a command that cannot be run as given."""


class UsageError(Exception):
    """An error that the user can fix: printed on one line, without a traceback."""


def width() -> int:
    """The terminal's width, or COLUMNS if set; 100 if neither is known."""
    return max(40, min(shutil.get_terminal_size(fallback=(100, 24)).columns, 120))


def is_colored() -> bool:
    """Follows https://no-color.org: any nonempty value of NO_COLOR means no."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def write(text: str, output: str | None, force: bool) -> None:
    """Print the text, or write it to a new file."""
    if output is None:
        print(text)
        return
    path = claim(output, force)
    path.write_text(text + "\n", encoding="utf-8")
    print(f"written: {path}", file=sys.stderr)


def claim(output: str, force: bool) -> Path:
    """The path, if it can be written to."""
    path = Path(output)
    if path.exists() and not force:
        raise UsageError(f"{output} exists; use --force to overwrite it")
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageError(f"cannot write to {output}")
    return path


def add_output(parser: Any, metavar: str = "FILE") -> None:
    parser.add_argument("-o", "--output", metavar=metavar, help="write to this file instead")
    parser.add_argument("--force", action="store_true", help="overwrite the file if it exists")
