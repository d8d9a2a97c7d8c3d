"""Text files: .csv and .tsv with a header, .jsonl with an object in each line."""

import csv
import json
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from lossary.cli._progress import Progress
from lossary.cli._terminal import UsageError

if TYPE_CHECKING:
    from lossary.cli._columns import Wanted

Values = np.ndarray[Any, Any]
_ROWS_A_STEP = 50_000
_MISSING = {"", "na", "n/a", "null", "none"}
_WORDS = {"true": 1.0, "false": 0.0}


def read_csv(path: Path, wanted: "Wanted") -> list[Values]:
    return _read_table(path, wanted, ",")


def read_tsv(path: Path, wanted: "Wanted") -> list[Values]:
    return _read_table(path, wanted, "\t")


def _read_table(path: Path, wanted: "Wanted", delimiter: str) -> list[Values]:
    with _open(path) as file, Progress(path) as progress:
        rows = csv.reader(file, delimiter=delimiter)
        try:
            names = [name.strip() for name in next(rows, [])]
            chosen = wanted.chosen(names)
            places = [names.index(name) for name in chosen]
            columns = [array("d") for _ in chosen]
            appends = [column.append for column in columns]
            for number, row in enumerate(rows):
                if len(row) != len(names):
                    if not row:
                        continue
                    raise UsageError(
                        f"line {rows.line_num} has {len(row)} cells, the header has {len(names)}"
                    )
                try:
                    for append, place in zip(appends, places, strict=True):
                        append(float(row[place]))
                except ValueError:
                    _repair(columns, [row[place] for place in places], chosen, rows.line_num, wanted)
                if number % _ROWS_A_STEP == 0:
                    progress.reach(file.buffer.tell())
        except csv.Error as error:
            raise UsageError(f"line {rows.line_num}: {error}") from error
    return [np.frombuffer(column, dtype=np.float64) for column in columns]


def _open(path: Path) -> TextIO:
    """UTF-8, with or without the mark that spreadsheets put before it."""
    return path.open(encoding="utf-8-sig", newline="")


def _repair(
    columns: list["array[float]"], cells: list[str], names: list[str], line: int, wanted: "Wanted"
) -> None:
    """Read a row again that is not all numbers: missing values are NaN, the positive word is 1."""
    length = min(map(len, columns))
    for i, (column, cell, name) in enumerate(zip(columns, cells, names, strict=True)):
        del column[length:]
        column.append(_number(cell.strip(), name, line, wanted.positive if i == 0 else None))


def _number(cell: str, name: str, line: int, positive: str | None) -> float:
    if positive is not None:
        return float(cell == positive)
    low = cell.lower()
    if low in _MISSING:
        return float("nan")
    if low in _WORDS:
        return _WORDS[low]
    try:
        return float(cell)
    except ValueError:
        raise UsageError(
            f"line {line}: {name} is {cell!r}, not a number; of targets, --positive says which counts as 1"
        ) from None


def read_jsonl(path: Path, wanted: "Wanted") -> list[Values]:
    columns: list[list[Any]] = []
    chosen: list[str] = []
    with _open(path) as file, Progress(path) as progress:
        for line, record in _records(file):
            if not chosen:
                chosen = wanted.chosen(list(record))
                columns = [[] for _ in chosen]
            for i, (column, name) in enumerate(zip(columns, chosen, strict=True)):
                if name not in record:
                    raise UsageError(f"line {line}: there is no {name!r}")
                positive = wanted.positive if i == 0 else None
                column.append(_value(record[name], name, line, positive))
            if line % _ROWS_A_STEP == 1:
                progress.reach(file.buffer.tell())
    if not chosen:
        raise UsageError("there are no rows")
    try:
        return [np.array(column, dtype=np.float64) for column in columns]
    except ValueError:
        raise UsageError("the lists of predictions are not all equally long") from None


def _records(file: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, text in enumerate(file, start=1):
        if not text.strip():
            continue
        try:
            record = json.loads(text)
        except json.JSONDecodeError as error:
            raise UsageError(f"line {line}: {error.msg} (column {error.colno})") from None
        if not isinstance(record, dict):
            raise UsageError(f'line {line}: expected an object, as {{"y": 1, "p": 0.9}}')
        yield line, record


def _value(value: Any, name: str, line: int, positive: str | None) -> Any:
    if isinstance(value, list):
        return [_value(one, name, line, None) for one in value]
    if positive is None and isinstance(value, int | float):
        return float(value)
    if isinstance(value, dict):
        raise UsageError(f"line {line}: {name} is an object, not a number")
    return _number("" if value is None else str(value), name, line, positive)
