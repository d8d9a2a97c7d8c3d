"""Reads the columns that a diagnosis needs, from a file of any supported format.

Only these columns are kept, as float64, and only every n-th of very many rows, so a file may exceed memory.
"""

import argparse
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lossary.cli._arrays_files import read_npy, read_npz, read_parquet
from lossary.cli._kept import Kept
from lossary.cli._terminal import UsageError
from lossary.cli._text_files import read_csv, read_json, read_jsonl, read_tsv

Values = np.ndarray[Any, Any]


class Columns(NamedTuple):
    predictions: Values
    targets: Values
    weights: Values | None
    kept: Kept
    """The number of rows in the file, and which of them were kept."""


class Wanted(NamedTuple):
    """The columns to read. `positive` is the target that counts as 1, if targets are words."""

    target: str
    pred: list[str]
    weight: str | None
    positive: str | None

    def chosen(self, names: list[str]) -> list[str]:
        """The columns to read, in this order: target, weight if any, predictions."""
        preds = [name for wanted in self.pred for name in _matching(wanted, names)]
        some = [self.target, *([self.weight] if self.weight else []), *preds]
        # A number is a column's position, unless a column has that name.
        some = [
            names[int(n)] if n not in names and n.isdecimal() and int(n) < len(names) else n for n in some
        ]
        for name in some:
            if name not in names:
                raise UsageError(f"there is no column {name!r}; there are: {', '.join(names) or 'none'}")
        return some


_READERS: dict[str, Callable[[Path, Wanted], Iterator[list[Values]]]] = {
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".txt": read_csv,
    ".json": read_json,
    ".jsonl": read_jsonl,
    ".npy": read_npy,
    ".npz": read_npz,
    ".parquet": read_parquet,
}


def load(arguments: argparse.Namespace) -> Columns:
    """Read the columns that the command line names, or report in one line why that fails."""
    path = Path(arguments.file)
    packed = path.suffix.lower() == ".gz"
    suffix = (path.with_suffix("") if packed else path).suffix.lower()
    reader = _READERS.get(suffix)
    if reader is None or (packed and suffix in (".npy", ".npz", ".parquet")):
        raise UsageError(f"{path}: the name must end in {', '.join(_READERS)}; text files may be .gz")
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    wanted = Wanted(
        arguments.target,
        [name for name in arguments.pred.split(",") if name],
        arguments.weight,
        arguments.positive,
    )
    try:
        kept = Kept(reader(path, wanted))
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
    except (OSError, ValueError, EOFError) as error:
        raise UsageError(f"{path}: cannot be read: {str(error).partition(chr(10))[0]}") from error
    if not kept.rows:
        raise UsageError(f"{path}: there are no rows")
    targets, *others = kept.columns
    weights = others.pop(0) if arguments.weight else None
    return Columns(_predictions(others, arguments.task), targets, weights, kept)


def _predictions(columns: list[Values], task: str) -> Values:
    if len(columns) == 1 and (task == "binary" or columns[0].ndim > 1):
        return columns[0]
    if task == "binary":
        raise UsageError(
            f"got {len(columns)} columns of predictions: use --task multiclass, or only the column of class 1"
        )
    return np.stack(columns, axis=-1)


def _matching(wanted: str, names: list[str]) -> list[str]:
    if wanted in names or not any(sign in wanted for sign in "*?["):
        return [wanted]
    found = [name for name in names if fnmatchcase(name, wanted)]
    if not found:
        raise UsageError(f"no column matches {wanted!r}; there are: {', '.join(names)}")
    return found
