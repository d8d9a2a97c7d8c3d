"""cubed: computation is deferred, so values are never read, and classes are compared instead of indexed."""

from collections.abc import Sequence
from typing import Any

import cubed
import cubed.array_api

from lossary._backend._generic import Generic
from lossary._check import LossTypeError, mistake
from lossary._program._formulas import Formulas
from lossary._program._library import Reading
from lossary._typing import Array


class _Formulas(Formulas):
    pick = Formulas.select

    def arange_beside(self, size: int, like: Array) -> Array:
        return self.arange(size, spec=like.spec)

    def arange_like(self, x: Array) -> Array:
        # Chunked like the row: whole rows of comparisons may be too large.
        return self.arange(x.shape[-1], chunks=(x.chunks[-1],), spec=x.spec)

    def gather(self, x: Array, ids: Array) -> Array:
        return self.select(x[..., None, :], ids)

    def look_up(self, values: Array, ids: Array) -> Array:
        # `take` would compute the ids immediately.
        return self.select(self.broadcast_to(values, (*ids.shape, *values.shape)), ids)

    def take(self, x: Array, ids: Array, axis: int) -> Array:
        # Its own computes the ids at once, and mixes up those that do not rise.
        if x.ndim == 1:
            return self.look_up(x, ids)
        chosen = self.arange_beside(x.shape[axis], x) == ids[:, None]
        return self.astype(chosen, x.dtype) @ x

    def reshape(self, x: Array, shape: tuple[int, ...]) -> Array:
        # All chunks have one size, so the elements that move to another axis are brought into one chunk.
        same = next((i for i, (m, n) in enumerate(zip(x.shape, shape, strict=False)) if m != n), x.ndim)
        whole = (*[c[0] if c else 1 for c in x.chunks[:same]], *x.shape[same:])
        return cubed.array_api.reshape(x if same == x.ndim else x.rechunk(whole), shape)

    def concat(self, arrays: Sequence[Array], axis: int = 0) -> Array:
        return cubed.array_api.concat(arrays, axis=axis % arrays[0].ndim)  # the axis must not be negative

    def sort(self, x: Array, axis: int) -> Array:
        raise mistake(
            "L005",
            "this loss sorts each row of scores, and cubed has no sort",
            why="an approximation would be a different loss",
            fix="dask arrays, or NumPy blocks of examples, added up with lossary.total",
            kind=LossTypeError,
        )

    def argsort(self, x: Array, **options: Any) -> Array:
        return self.sort(x, -1)


class Cubed(Generic):
    def __init__(self) -> None:
        super().__init__("cubed", _Formulas(cubed.array_api))

    def asarray(self, x: Any, dtype: Any, like: Any) -> Array:
        if isinstance(x, cubed.Array):
            return self.cast(x, dtype)
        return self.xp.asarray(x, dtype=dtype, spec=getattr(like, "spec", None))

    def put(self, x: Array, start: int, part: Array, axis: int = 0) -> Array:
        before = (*[slice(None)] * axis, slice(None, start))
        after = (*[slice(None)] * axis, slice(start + part.shape[axis], None))
        return self.xp.concat([a for a in (x[before], part, x[after]) if a.shape[axis]], axis=axis)

    def add(self, x: Array, start: int, part: Array) -> Array:
        return self.put(x, start, self.part(x, start, part.shape[0]) + part)

    def reading(self, x: Any) -> Reading:
        return Reading.FREE if isinstance(x, float | int) else Reading.IMPOSSIBLE
