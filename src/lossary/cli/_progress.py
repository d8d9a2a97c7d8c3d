"""Shows in a terminal how far a large file has been read."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_LARGE = 20_000_000
"""Bytes, which take about a second to read."""


class Progress:
    """A tqdm bar if tqdm is installed, else a percentage; nothing for small files or in a pipe."""

    def __init__(self, path: Path):
        self._size = path.stat().st_size
        self._is_shown = sys.stderr.isatty() and self._size > _LARGE
        self._bar: Any = None
        if self._is_shown and find_spec("tqdm") is not None:
            from tqdm import tqdm

            self._bar = tqdm(total=self._size, unit="B", unit_scale=True, desc=path.name, ncols=80)

    def __enter__(self) -> "Progress":
        return self

    def reach(self, path: Path, file: Any) -> None:
        """Show the position in the file on disk, which is unknown for compressed files."""
        if not self._is_shown or path.suffix == ".gz":
            return
        position = file.buffer.tell()
        if self._bar is not None:
            self._bar.update(position - self._bar.n)
        else:
            print(f"\rreading: {100 * position // self._size} %", end="", file=sys.stderr, flush=True)

    def __exit__(self, *_: Any) -> None:
        if self._bar is not None:
            self._bar.close()
        elif self._is_shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
