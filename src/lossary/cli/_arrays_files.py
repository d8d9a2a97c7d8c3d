"""Array files: .npy, .npz, and .parquet with whichever library is installed."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lossary.cli._terminal import UsageError

if TYPE_CHECKING:
    from lossary.cli._columns import Wanted

Values = np.ndarray[Any, Any]
_ROWS = 1 << 18


def read_npy(path: Path, wanted: "Wanted") -> Iterator[list[Values]]:
    """Fields by name, or columns of a matrix by number."""
    table = np.load(path, allow_pickle=False, mmap_mode="r")
    if not table.dtype.names and table.ndim != 2:
        raise UsageError(f"expected a matrix with one row per example, got shape {table.shape}")
    fields = table.dtype.names
    names = wanted.chosen(list(fields) if fields else [str(i) for i in range(table.shape[1])])
    for start in range(0, len(table), _ROWS):
        part = table[start : start + _ROWS]
        yield _numbers({name: part[name] if fields else part[:, int(name)] for name in names}, wanted)


def read_npz(path: Path, wanted: "Wanted") -> Iterator[list[Values]]:
    with np.load(path, allow_pickle=False) as arrays:
        yield _numbers({name: arrays[name] for name in wanted.chosen(list(arrays))}, wanted)


def read_parquet(path: Path, wanted: "Wanted") -> Iterator[list[Values]]:
    for module, read in _PARQUET.items():
        if find_spec(module) is not None:
            return (_numbers(part, wanted) for part in read(path, wanted))
    raise UsageError(".parquet files need pyarrow, polars or pandas: install one of them")


def _by_pyarrow(path: Path, wanted: "Wanted") -> Iterator[dict[str, Any]]:
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        names = wanted.chosen(file.schema_arrow.names)
        for batch in file.iter_batches(_ROWS, columns=list(dict.fromkeys(names))):
            yield {name: batch.column(name).to_numpy(zero_copy_only=False) for name in names}
    except pyarrow.ArrowException as error:
        raise UsageError(f"cannot be read: {error}") from error


def _by_polars(path: Path, wanted: "Wanted") -> Iterator[dict[str, Any]]:
    import polars

    try:
        names = wanted.chosen(list(polars.read_parquet_schema(path)))
        table = polars.read_parquet(path, columns=list(dict.fromkeys(names)))
    except polars.exceptions.PolarsError as error:
        raise UsageError(f"cannot be read: {error}") from error
    yield {name: table[name].to_numpy() for name in names}


def _by_pandas(path: Path, wanted: "Wanted") -> Iterator[dict[str, Any]]:
    import pandas

    try:
        table = pandas.read_parquet(path)
    except ImportError as error:
        raise UsageError(".parquet files need pyarrow or polars in addition to pandas") from error
    yield {name: table[name].to_numpy() for name in wanted.chosen([str(name) for name in table.columns])}


_PARQUET: dict[str, Callable[[Path, "Wanted"], Iterator[dict[str, Any]]]] = {
    "pyarrow": _by_pyarrow,
    "polars": _by_polars,
    "pandas": _by_pandas,
}


def _numbers(columns: dict[str, Any], wanted: "Wanted") -> list[Values]:
    found = []
    for name, values in columns.items():
        array = np.asarray(values)
        if name == wanted.target and wanted.positive is not None:
            array = array.astype(str) == wanted.positive
        if array.dtype.kind == "O" and array.size and isinstance(array.flat[0], np.ndarray | list):
            array = np.stack(list(array))  # a column of lists
        try:
            found.append(array.astype(np.float64))
        except (TypeError, ValueError):
            raise UsageError(
                f"{name} holds {array.flat[0]!r}, not numbers; for targets, --positive names the value for 1"
            ) from None
    return found
