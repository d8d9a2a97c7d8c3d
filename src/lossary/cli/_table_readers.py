"""Reads text files by column, with whichever library is installed.

Each reader returns batches of the columns or raises `UnreadableError`. Then our own, slow reader reads the
file or reports the line that it cannot read.
"""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from lossary.cli._dialect import Dialect, open_bytes

Values = np.ndarray[Any, Any]
_MISSING = ["", "NA", "N/A", "na", "n/a", "NULL", "null", "None", "none", "NaN", "nan"]


class UnreadableError(Exception):
    """The file has words among the numbers, or lines of different lengths."""


def columns_by_library(path: Path, dialect: Dialect, names: list[str]) -> Iterator[list[Values]]:
    """Batches of these columns, as float64."""
    if dialect.encoding != "utf-8-sig" or len(set(dialect.names)) < len(dialect.names):
        raise UnreadableError
    for module, read in _READERS.items():
        if find_spec(module) is not None:
            batches = read(path, dialect, names)
            return batches if module == "pyarrow" else map(_complete, batches)
    raise UnreadableError


def _complete(columns: list[Values]) -> list[Values]:
    """The columns, if nothing is missing: polars and pandas take a line that is too short for one as well."""
    if any(np.isnan(column).any() for column in columns):
        raise UnreadableError
    return columns


def _by_pyarrow(path: Path, dialect: Dialect, names: list[str]) -> Iterator[list[Values]]:
    import pyarrow
    from pyarrow import csv

    try:
        with open_bytes(path) as file:
            reader = csv.open_csv(
                file,
                read_options=csv.ReadOptions(
                    column_names=dialect.names,
                    skip_rows=int(dialect.has_header),
                    block_size=1 << 20,
                    use_threads=False,
                ),
                parse_options=csv.ParseOptions(delimiter=dialect.separator),
                convert_options=csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pyarrow.float64()),
                    include_columns=list(dict.fromkeys(names)),
                    null_values=_MISSING,
                    decimal_point=dialect.decimal,
                ),
            )
            for batch in reader:
                yield [batch.column(name).to_numpy(zero_copy_only=False) for name in names]
    except pyarrow.ArrowException as error:
        raise UnreadableError from error


def _by_polars(path: Path, dialect: Dialect, names: list[str]) -> Iterator[list[Values]]:
    import polars

    schema = {name: polars.Float64 if name in names else polars.String for name in dialect.names}
    try:
        with open_bytes(path) as file:
            table = polars.read_csv(
                file,
                has_header=False,
                skip_rows=int(dialect.has_header),
                columns=sorted({dialect.names.index(name) for name in names}),
                schema=schema,
                separator=dialect.separator,
                decimal_comma=dialect.decimal == ",",
                null_values=_MISSING,
            )
    except polars.exceptions.PolarsError as error:
        raise UnreadableError from error
    yield [table[name].to_numpy() for name in names]


def _by_pandas(path: Path, dialect: Dialect, names: list[str]) -> Iterator[list[Values]]:
    import pandas

    try:
        with open_bytes(path) as file:
            parts = pandas.read_csv(
                file,
                sep=dialect.separator,
                decimal=dialect.decimal,
                names=dialect.names,
                skiprows=int(dialect.has_header),
                usecols=list(dict.fromkeys(names)),
                dtype="float64",
                na_values=_MISSING,
                index_col=False,
                encoding=dialect.encoding,
                chunksize=1 << 18,
            )
            for part in parts:
                yield [part[name].to_numpy() for name in names]
    except (ValueError, pandas.errors.ParserError) as error:
        raise UnreadableError from error


_READERS: dict[str, Callable[[Path, Dialect, list[str]], Iterator[list[Values]]]] = {
    "pyarrow": _by_pyarrow,
    "polars": _by_polars,
    "pandas": _by_pandas,
}
