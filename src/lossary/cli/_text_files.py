"""Text files: tables with any separator, .json, and .jsonl with one object per line."""

import csv
import json
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from lossary.cli._dialect import Dialect, dialect_of, encoding_of, open_text
from lossary.cli._progress import Progress
from lossary.cli._table_readers import UnreadableError, columns_by_library
from lossary.cli._terminal import UsageError

if TYPE_CHECKING:
    from lossary.cli._columns import Wanted

Values = np.ndarray[Any, Any]
_ROWS_A_STEP = 50_000
_MISSING = {"", "na", "n/a", "null", "none"}
_WORDS = {"true": 1.0, "false": 0.0}


def read_csv(path: Path, wanted: "Wanted") -> Iterator[list[Values]]:
    return _read_table(path, wanted, ",")


def read_tsv(path: Path, wanted: "Wanted") -> Iterator[list[Values]]:
    return _read_table(path, wanted, "\t")


def _read_table(path: Path, wanted: "Wanted", usual: str) -> Iterator[list[Values]]:
    dialect = dialect_of(path, usual)
    names = wanted.chosen(dialect.names)
    if wanted.positive is None:
        done = 0
        try:
            for batch in columns_by_library(path, dialect, names):
                done += len(batch[0])
                yield batch
            return
        except UnreadableError:
            yield from _skipped(_own_reader(path, dialect, names, wanted), done)
            return
    yield from _own_reader(path, dialect, names, wanted)


def _skipped(batches: Iterator[list[Values]], rows: int) -> Iterator[list[Values]]:
    """The batches without the first `rows` rows, which were already read."""
    for batch in batches:
        length = len(batch[0])
        if rows < length:
            yield [column[rows:] for column in batch]
        rows = max(0, rows - length)


def _own_reader(path: Path, dialect: Dialect, chosen: list[str], wanted: "Wanted") -> Iterator[list[Values]]:
    names = dialect.names
    with open_text(path, dialect.encoding) as file, Progress(path) as progress:
        rows = csv.reader(file, delimiter=dialect.separator)
        try:
            if dialect.has_header:
                next(rows, [])
            places = [names.index(name) for name in chosen]
            columns = [array("d") for _ in chosen]
            number = 0
            for row in rows:
                if len(row) != len(names):
                    if not row:
                        continue
                    raise UsageError(
                        f"line {rows.line_num} has {len(row)} cells, but the header has {len(names)}"
                    )
                cells = [row[place] for place in places]
                if dialect.decimal == ",":
                    cells = [cell.replace(",", ".") for cell in cells]
                try:
                    for column, cell in zip(columns, cells, strict=True):
                        column.append(float(cell))
                except ValueError:
                    _repair(columns, cells, chosen, rows.line_num, wanted)
                number += 1
                if number % _ROWS_A_STEP == 0:
                    progress.reach(path, file)
                    yield _arrays(columns)
                    columns = [array("d") for _ in chosen]
        except csv.Error as error:
            raise UsageError(f"line {rows.line_num}: {error}") from error
    yield _arrays(columns)


def _arrays(columns: list["array[float]"]) -> list[Values]:
    return [np.frombuffer(column, dtype=np.float64) if column else np.empty(0) for column in columns]


def _repair(
    columns: list["array[float]"], cells: list[str], names: list[str], line: int, wanted: "Wanted"
) -> None:
    """Reread a row that is not all numbers: missing values become NaN, the positive word 1."""
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
            f"line {line}: {name} is {cell!r}, not a number; for targets, --positive names the value for 1"
        ) from None


def read_json(path: Path, wanted: "Wanted") -> Iterator[list[Values]]:
    """A list of objects, or an object of lists."""
    with open_text(path, encoding_of(path)) as file:
        try:
            found = json.load(file)
        except json.JSONDecodeError as error:
            raise UsageError(f"line {error.lineno}: {error.msg} (column {error.colno})") from None
    if isinstance(found, dict):
        names = wanted.chosen(list(found))
        lengths = {len(found[name]) if isinstance(found[name], list) else -1 for name in names}
        if len(lengths) > 1 or -1 in lengths:
            raise UsageError("expected lists of equal length, or a list of objects")
        found = [dict(zip(names, row, strict=True)) for row in zip(*(found[n] for n in names), strict=True)]
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise UsageError('expected a list of objects, such as [{"y": 1, "p": 0.9}], or an object of lists')
    return _batches(enumerate(found, start=1), "row", wanted)


def read_jsonl(path: Path, wanted: "Wanted") -> Iterator[list[Values]]:
    with open_text(path, encoding_of(path)) as file, Progress(path) as progress:
        for batch in _batches(_records(file), "line", wanted):
            progress.reach(path, file)
            yield batch


def _batches(
    records: Iterator[tuple[int, dict[str, Any]]], unit: str, wanted: "Wanted"
) -> Iterator[list[Values]]:
    chosen: list[str] = []
    columns: list[list[Any]] = []
    for line, record in records:
        if not chosen:
            chosen = wanted.chosen(list(record))
            columns = [[] for _ in chosen]
        for i, (column, name) in enumerate(zip(columns, chosen, strict=True)):
            if name not in record:
                raise UsageError(f"{unit} {line}: there is no {name!r}")
            positive = wanted.positive if i == 0 else None
            column.append(_value(record[name], name, line, positive))
        if len(columns[0]) == _ROWS_A_STEP:
            yield _stacked(columns)
            columns = [[] for _ in chosen]
    if not chosen:
        raise UsageError("there are no rows")
    yield _stacked(columns)


def _stacked(columns: list[list[Any]]) -> list[Values]:
    try:
        return [np.array(column, dtype=np.float64) for column in columns]
    except ValueError:
        raise UsageError("the lists of predictions differ in length") from None


def _records(file: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, text in enumerate(file, start=1):
        if not text.strip():
            continue
        try:
            record = json.loads(text)
        except json.JSONDecodeError as error:
            raise UsageError(f"line {line}: {error.msg} (column {error.colno})") from None
        if not isinstance(record, dict):
            raise UsageError(f'line {line}: expected an object, such as {{"y": 1, "p": 0.9}}')
        yield line, record


def _value(value: Any, name: str, line: int, positive: str | None) -> Any:
    if isinstance(value, list):
        return [_value(one, name, line, None) for one in value]
    if positive is None and isinstance(value, int | float):
        return float(value)
    if isinstance(value, dict):
        raise UsageError(f"line {line}: {name} is an object, not a number")
    return _number("" if value is None else str(value), name, line, positive)
