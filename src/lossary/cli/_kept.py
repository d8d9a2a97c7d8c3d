"""The rows of a file that are kept: all, or so few that memory does not grow with the file."""

from collections.abc import Iterable

import numpy as np

from lossary.cli._terminal import UsageError
from lossary.diagnosis import Values

MOST_NUMBERS = 1 << 24
"""In all columns together: 128 MiB."""


class Kept:
    """Every row, or every 2nd, 4th, ..., plus the rows with each column's lowest, highest and NaN value.

    So a value outside its domain is found wherever it is in the file, and other statistics come from an
    evenly spaced sample. `numbers` are the kept rows' positions in the file.
    """

    def __init__(self, batches: Iterable[list[Values]], most: int = MOST_NUMBERS):
        self.rows = 0
        self._most = most
        self.step = 1
        self._parts: list[list[Values]] = []
        self._held = 0
        self._extremes: dict[tuple[int, str], tuple[float, int, list[Values]]] = {}
        for batch in batches:
            self._add(batch)
        self.numbers = np.arange(0, self.rows, self.step)
        self.columns = self._together()

    def _add(self, batch: list[Values]) -> None:
        lengths = {len(column) if column.ndim else 1 for column in batch}
        if len(lengths) > 1:
            raise UsageError(f"the columns have different lengths: {', '.join(map(str, sorted(lengths)))}")
        (length,) = lengths
        if not length:
            return
        self._look_at(batch)
        first = -self.rows % self.step
        part = [column[first :: self.step] for column in batch]
        self.rows += length
        self._parts.append([column.copy() if self.step > 1 else column for column in part])
        self._held += sum(column.size for column in part)
        while self._held > self._most:
            whole = self._together(of_all=False)
            self.step *= 2
            self._parts = [[column[::2].copy() for column in whole]]
            self._held = sum(column.size for column in self._parts[0])

    def _look_at(self, batch: list[Values]) -> None:
        for i, column in enumerate(batch):
            flat = column.reshape(len(column), -1)
            unknown = np.isnan(flat).any(axis=-1)
            if unknown.any():
                self._keep((i, "nan"), 0.0, int(unknown.argmax()), batch)
            if not unknown.all():
                low = np.where(unknown, np.inf, flat.min(axis=-1))
                high = np.where(unknown, -np.inf, flat.max(axis=-1))
                self._keep((i, "low"), float(low.min()), int(low.argmin()), batch)
                self._keep((i, "high"), -float(high.max()), int(high.argmax()), batch)

    def _keep(self, what: tuple[int, str], value: float, place: int, batch: list[Values]) -> None:
        if what not in self._extremes or value < self._extremes[what][0]:
            row = [column[place : place + 1].copy() for column in batch]
            self._extremes[what] = value, self.rows + place, row

    def _together(self, of_all: bool = True) -> list[Values]:
        parts = list(self._parts)
        if of_all:
            missing = {n: row for _, n, row in self._extremes.values() if n % self.step}
            self.numbers = np.concatenate([self.numbers, np.array(list(missing), dtype=int)])
            parts += missing.values()
        try:
            return [np.concatenate(column) for column in zip(*parts, strict=True)]
        except ValueError:
            raise UsageError("the lists of predictions differ in length") from None
