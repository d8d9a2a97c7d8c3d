"""NumPy's quick namespace for short rows, which are stored column by column.

NumPy loops over the last axis, at 20 ns a loop for a row's maximum, its sum, or a product of its elements and
one number. Of ten classes, stored one after the other, each is one long vector. Arrays keep their shapes.
"""

from typing import Any

import numpy as np

from lossary._backend._numpy_formulas import FEW, QUICKER, Quick
from lossary._kernel import Kernel
from lossary._typing import Array

_LONGEST = 32
_FEW_COLUMNS = 8
"""Up to so many numbers are added sequentially."""


def has_short_rows(kernel: Kernel, classes: int) -> bool:
    """Whether the arrays of a loss gain from being stored by column."""
    return kernel.by_column and 1 < classes <= _LONGEST


def by_column(kernel: Kernel, arrays: tuple[Array, ...]) -> tuple[Array, ...]:
    """The arrays, with rows copied column by column."""
    if arrays[0].size < FEW:
        return arrays
    return tuple(
        [
            stored_by_column(a) if core == kernel.cores[0] else a
            for a, core in zip(arrays, kernel.cores, strict=True)
        ]
    )


def stored_by_column(x: Array) -> Array:
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, -1, 0)), 0, -1)


def _columns(x: Array) -> Array | None:
    """The columns of rows stored by column, as the first axis of an array; None for others."""
    if x.ndim < 2 or x.flags.c_contiguous:
        return None
    columns = np.moveaxis(x, -1, 0)
    return columns if columns.flags.c_contiguous else None


class Columns(Quick):
    """Arrays that are not stored by column, such as intermediate ones, are handled as `Quick` does."""

    def sum(self, x: Array, axis: Any = None, **options: Any) -> Array:
        columns = _columns(x) if axis == -1 else None
        if columns is None:
            return super().sum(x, axis=axis, **options)
        rows = _sum(columns)
        return rows[..., None] if options.get("keepdims") else rows

    def sort(self, x: Array, axis: Any = None) -> Array:
        return np.sort(np.ascontiguousarray(x), axis=axis)

    def ranks(self, x: Array) -> Array:
        columns = _columns(x)
        if columns is None or len(columns) > _LONGEST:
            return super().ranks(x)
        more = np.zeros(columns.shape, np.int8)  # elements below minus elements above
        for column in columns:
            more += (columns > column).view(np.int8)
            more -= (columns < column).view(np.int8)
        return np.moveaxis((0.5 * more + 0.5 * (len(columns) + 1)).astype(x.dtype), 0, -1)

    def argmax(self, x: Array, axis: Any = None) -> Array:
        columns = _columns(x) if axis == -1 else None
        if columns is None or len(columns) > _LONGEST:
            return np.argmax(x, axis=axis)
        are_top = np.equal(columns, columns.max(axis=0)).view(np.int8)
        ids = np.zeros(x.shape[:-1], np.int8)
        for j in reversed(range(len(columns))):
            ids += are_top[j] * (np.int8(j) - ids)
        return ids.astype(np.int64)

    def top(self, x: Array) -> tuple[Array, Array]:
        if _columns(x) is None:
            return super().top(x)
        value = np.max(x, axis=-1, keepdims=True)
        are_top = x == value
        if np.count_nonzero(are_top) != value.size or not np.isfinite(np.add.reduce(value, axis=None)):
            are_top = super().positions(x, self.argmax(x, axis=-1))  # equal numbers, NaN, or infinity
        return are_top, value

    def mark_largest(self, x: Array) -> Array:
        return self.positions(x, self.top(x)[0])

    def positions(self, x: Array, ids: Array) -> Array:
        if ids.dtype == bool:
            return ids
        return np.equal(self.arange_like(x), ids[..., None], out=np.empty_like(x, dtype=bool))

    def put(self, x: Array, ids: Array, value: Any) -> Array:
        if ids.dtype == bool or _columns(x) is not None:
            return self.where(self.positions(x, ids), value, x)
        return super().put(x, ids, value)

    def pick(self, x: Array, ids: Array) -> Array:
        if ids.dtype == bool:
            return self.sum(self.where(ids, x, 0.0), axis=-1)
        columns = _columns(x)
        if columns is None or ids.shape != x.shape[:-1]:
            return super().pick(x, ids)
        return np.take_along_axis(columns, ids[None], axis=0)[0]


def _sum(columns: Array) -> Array:
    """The sum over the first axis, pairwise."""
    count = len(columns)
    if count <= _FEW_COLUMNS:
        return np.add.reduce(columns, axis=0)
    half = count // 2
    whole = _sum(columns[:half] + columns[half : 2 * half])
    return whole + columns[-1] if count % 2 else whole


COLUMN_FORMULAS = Columns(np, **QUICKER)
