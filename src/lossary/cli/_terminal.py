"""Where text goes: how wide it may be, whether it may be coloured, and files that are not overwritten."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

FAILED = 2
"""The exit code of a command that cannot be run as given."""


class UsageError(Exception):
    """What the user can mend: one line, no traceback."""


def width() -> int:
    """The columns of the terminal, or what COLUMNS says; 100 where there is neither."""
    return max(40, min(shutil.get_terminal_size(fallback=(100, 24)).columns, 120))


def is_coloured() -> bool:
    """By https://no-color.org: any value of NO_COLOR, except an empty one, means no."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def write(text: str, output: str | None, force: bool) -> None:
    """Print the text, or write it into a file that is not there yet."""
    if output is None:
        print(text)
        return
    path = claim(output, force)
    path.write_text(text + "\n", encoding="utf-8")
    print(f"written: {path}", file=sys.stderr)


def claim(output: str, force: bool) -> Path:
    """The path, if it may be written to."""
    path = Path(output)
    if path.exists() and not force:
        raise UsageError(f"{output} exists; --force overwrites it")
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageError(f"cannot write to {output}")
    return path


def add_output(parser: Any, metavar: str = "FILE") -> None:
    parser.add_argument("-o", "--output", metavar=metavar, help="write into this file instead")
    parser.add_argument("--force", action="store_true", help="overwrite the file if it exists")
