"""Detects how a text file writes its table: encoding, separator, decimal comma, column names."""

import csv
import gzip
import re
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

_HEAD = 1 << 16
_LINES = 20
_SEPARATORS = ",;\t|"
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_NUMBER = r"[+-]?(?:\d+{0}?\d*|{0}\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf|nan)|"
_POINT, _COMMA = (re.compile(_NUMBER.format(sign), re.IGNORECASE) for sign in (r"\.", ","))


class Dialect(NamedTuple):
    encoding: str
    separator: str
    decimal: str
    names: list[str]
    has_header: bool


def open_bytes(path: Path) -> BinaryIO:
    """Decompressed, if the name ends in .gz."""
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]


def encoding_of(path: Path) -> str:
    """UTF-8, with or without the byte order mark that spreadsheets add, or UTF-16, which has one."""
    with open_bytes(path) as file:
        return _MARKS.get(file.read(2), "utf-8-sig")


def open_text(path: Path, encoding: str) -> TextIO:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def dialect_of(path: Path, usual: str) -> Dialect:
    """Guessed from the first lines: the separator that gives all of them as many cells, mostly numbers."""
    encoding = encoding_of(path)
    with open_text(path, encoding) as file:
        head = file.read(_HEAD)
    lines = head.splitlines()
    if len(head) == _HEAD and len(lines) > 1:
        lines.pop()  # may be cut off
    lines = [line for line in lines[:_LINES] if line.strip()]
    separator, decimal = max(
        ((s, d) for s in _SEPARATORS for d in ".,"[: 1 if s == "," else 2]),
        key=lambda pair: (_score(lines, *pair), pair == (usual, ".")),
    )
    cells = _rows(lines, separator)
    first = cells[0] if cells else []
    names = [cell.strip() for cell in first]
    numbered = [str(i) for i in range(len(first))]
    # Numbers are not names, except those that libraries give to unnamed columns.
    has_header = not any(name and _is_number(name, decimal) for name in names) or _are_numbered(names)
    names = names if has_header else numbered
    return Dialect(encoding, separator, decimal, names, has_header)


def _are_numbered(names: list[str]) -> bool:
    """Whether these are 0, 1, 2 and so on, perhaps after an unnamed index."""
    names = names[1:] if names[:1] == [""] else names
    return names == [str(i) for i in range(len(names))]


def _score(lines: list[str], separator: str, decimal: str) -> tuple[bool, int]:
    rows = _rows(lines, separator)
    lengths = {len(row) for row in rows}
    if len(lengths) != 1 or lengths == {1}:
        return False, 0
    return True, sum(_is_number(cell, decimal) for row in rows for cell in row)


def _rows(lines: list[str], separator: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=separator))
    except csv.Error:
        return []


def _is_number(cell: str, decimal: str) -> bool:
    return (_COMMA if decimal == "," else _POINT).fullmatch(cell.strip()) is not None
