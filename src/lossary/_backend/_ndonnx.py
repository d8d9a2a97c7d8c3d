"""ndonnx: a loss on its arrays is an ONNX graph that runs elsewhere, for any number of examples.

Sizes known only at run time are None in a shape. Formulas get a one-number array instead, which the graph
computes. Sizes that must match are compared at run time, because ONNX would broadcast an axis of length 1.
"""

from collections.abc import Callable, Sequence
from typing import Any

import ndonnx as ndx
import ndonnx.extensions as nde
import numpy as np
from spox.opset.ai.onnx import v21 as op

from lossary._backend._generic import Generic
from lossary._check import LossTypeError, mistake
from lossary._program._formulas import Formulas
from lossary._program._library import Reading
from lossary._program._one_size import of_one_size
from lossary._program._plan import Operands, Plan
from lossary._typing import Array

_IMPOSSIBLE = -2
"""A size that makes a runtime refuse to reshape."""


class _Formulas(Formulas):
    def sized(self, shape: tuple[Any, ...], like: Array) -> tuple[Any, ...]:
        if None not in (shape := tuple(shape)):
            return shape
        found = like.dynamic_shape
        return tuple([found[i] if n is None else n for i, n in enumerate(shape)])

    def atan2(self, y: Array, x: Array) -> Array:
        raise mistake(
            "L005",
            "this loss compares angles, and ONNX runtimes have an arc tangent in float32 only",
            why="an approximation would be a different loss",
            fix="distance_iou, which compares no angles, or arrays of another library",
            kind=LossTypeError,
        )

    def reshape(self, x: Array, shape: Any) -> Array:
        shape = self.sized(shape, x)
        return _of_known(ndx.reshape(x, _vector(shape)), shape)

    def broadcast_to(self, x: Array, shape: Any) -> Array:
        shape = self.sized(shape, x)
        return _of_known(ndx.broadcast_to(_fitting(x, shape, may_be_one=True), _vector(shape)), shape)

    def full_like(self, x: Array, value: Any, dtype: Any = None) -> Array:
        return _of_known(ndx.full_like(x, value, dtype=dtype), x.shape)

    def zeros_like(self, x: Array, dtype: Any = None) -> Array:
        return self.full_like(x, 0, dtype)

    def ones_like(self, x: Array, dtype: Any = None) -> Array:
        return self.full_like(x, 1, dtype)

    def arange_beside(self, size: Any, like: Array) -> Array:
        return ndx.arange(size)

    def arange_like(self, x: Array) -> Array:
        return ndx.arange(self.sized(x.shape, x)[-1])

    def gather(self, x: Array, ids: Array) -> Array:
        return _of_known(super().gather(x, ids), ids.shape)

    def argsort(self, x: Array, axis: int = -1, stable: bool = True) -> Array:
        return _of_known(ndx.argsort(x, axis=axis, stable=stable), x.shape)

    def concat(self, arrays: Sequence[Array], axis: int = 0) -> Array:
        sizes = [x.shape[axis] for x in arrays]
        shape = list(arrays[0].shape)
        shape[axis] = None if None in sizes else sum(sizes)
        return _of_known(ndx.concat(arrays, axis=axis), tuple(shape))

    def scan(
        self,
        step: Callable[[Any, Any], tuple[Any, Array]],
        carry: Any,
        along: tuple[Array, ...],
        reverse: bool,
    ) -> tuple[Any, Array]:
        def known(carry: Any, parts: tuple[Array, ...]) -> tuple[Any, Array]:
            found, out = step(carry, parts)
            return carry._make([_of_known(x, old.shape) for x, old in zip(found, carry, strict=True)]), out

        return super().scan(known, carry, along, reverse)


class Onnx(Generic):
    has_unknown_sizes = True

    def __init__(self) -> None:
        super().__init__("ndonnx", _Formulas(ndx))

    def must_be_plain(self, x: Any, what: str) -> None:
        dtype = getattr(x, "dtype", None)
        if isinstance(dtype, ndx.DType) and nde.is_nullable_dtype(dtype):
            raise mistake(
                "L005",
                f"{what} must be a plain array, got one of dtype {dtype}, which may lack values",
                why="missing values would have to be guessed",
                fix="pass ndonnx.extensions.get_data(x) with where=~ndonnx.extensions.get_mask(x)",
                kind=LossTypeError,
            )

    def lower(self, plan: Plan) -> Callable[[Operands, bool], Any]:
        inner = super().lower(plan)
        return lambda operands, thorough: inner(of_one_size(self, plan, operands), thorough)

    def knows(self, size: Any) -> bool:
        return isinstance(size, int)

    def of_shape(self, x: Array, shape: tuple[Any, ...]) -> Array:
        return _fitting(x, shape, may_be_one=False)

    def part(self, x: Array, start: Any, size: int, axis: int = 0) -> Array:
        return _of_known(super().part(x, start, size, axis), (*x.shape[:axis], size, *x.shape[axis + 1 :]))

    def matmul(self, a: Array, b: Array, of_sums: Any) -> Array:
        return _of_known(super().matmul(a, b, of_sums), (*a.shape[:-1], *b.shape[-1:]))

    def reading(self, x: Array) -> Reading:
        return Reading.FREE if isinstance(x, float | int) else Reading.IMPOSSIBLE


def _vector(shape: tuple[Any, ...]) -> Array:
    """A shape as an ONNX vector."""
    if all(isinstance(n, int) for n in shape):
        return ndx.asarray(np.asarray(shape, dtype=np.int64))
    return ndx.stack([ndx.asarray(n, dtype=ndx.int64) for n in shape])


def _of_known(x: Array, shape: tuple[Any, ...]) -> Array:
    """`x` with its known sizes restored, which ONNX forgets if other sizes are computed."""
    sizes = [n if isinstance(n, int) and n >= 0 else 0 for n in shape]  # 0 keeps a size
    if not any(sizes):
        return x
    return ndx.asarray(op.reshape(x.unwrap_spox(), op.const(sizes, np.int64), allowzero=False))


def _fitting(x: Array, shape: tuple[Any, ...], may_be_one: bool) -> Array:
    """`x`, which the graph refuses to compute if its last axes turn out to have other sizes."""
    own = tuple(x.shape)
    wanted = shape[len(shape) - len(own) :]
    if all(isinstance(n, int) for n in (*own, *wanted)) or all(n == 1 for n in own):
        return x
    sizes = x.dynamic_shape
    fits = sizes == _vector(wanted)
    fits = fits | (sizes == 1) if may_be_one else fits
    return _of_known(ndx.reshape(x, ndx.where(fits, sizes, _IMPOSSIBLE)), own)
