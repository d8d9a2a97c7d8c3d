"""dask: computation is deferred, so values are never read, and classes are compared instead of indexed."""

from collections.abc import Callable
from typing import Any

import array_api_compat.dask.array
import numpy as np

from lossary._backend._generic import Generic
from lossary._check import LossTypeError, mistake
from lossary._program._formulas import Formulas
from lossary._program._library import Reading
from lossary._program._plan import Operands, Plan


class _Formulas(Formulas):
    pick = Formulas.select

    def positions(self, x: Any, ids: Any) -> Any:
        # Chunked like the row: whole rows of comparisons may be too large.
        return self.arange(x.shape[-1], chunks=(x.chunks[-1],)) == ids[..., None]

    def gather(self, x: Any, ids: Any) -> Any:
        if x.shape[:-1] != ids.shape[:-1]:
            return self.select(x[..., None, :], ids)
        # What is sorted is whole rows already, and comparing each place with each would take their square.
        x = x.rechunk({-1: -1})
        ids = ids.rechunk((*x.chunks[:-1], -1))
        return x.map_blocks(np.take_along_axis, ids, axis=-1, dtype=x.dtype, chunks=ids.chunks)


class Dask(Generic):
    def __init__(self) -> None:
        super().__init__("dask", _Formulas(array_api_compat.dask.array))

    def lower(self, plan: Plan) -> Callable[[Operands, bool], Any]:
        inner = super().lower(plan)

        def program(operands: Operands, thorough: bool) -> Any:
            operands.must_be_plain(self, plan.kernel)
            return inner(operands, thorough)

        return program

    def must_be_plain(self, x: Any, what: str) -> None:
        # The type of a dask array does not show the type of its chunks.
        if isinstance(getattr(x, "_meta", None), np.ma.MaskedArray | np.matrix):
            raise mistake(
                "L005",
                f"{what} must have plain arrays as chunks, got {type(x._meta).__name__}s",
                why="the mask would be lost: a mean would sum the unmasked entries, but count all of them",
                fix="da.ma.getdata(x) with where=~da.ma.getmaskarray(x)",
                kind=LossTypeError,
            )

    def reading(self, x: Any) -> Reading:
        return Reading.FREE if isinstance(x, float | int) else Reading.IMPOSSIBLE
