"""The functions of `mlx.core` for formulas: with array API names and signatures, and accurate.

On a CPU, MLX's float64 `exp` is no better than its float32 `exp`, which is off by 57 units in the last place
at -77. Therefore `exp` is computed here, from an `expm1` between -0.35 and 0.35. It has its own derivative,
because MLX's derivatives use MLX's `exp`.
"""

from math import log
from typing import Any

import mlx.core as mx

from lossary._backend._mlx_derived import with_derivative
from lossary._program._formulas import Formulas
from lossary._typing import Array

_LN2 = {
    mx.float32: (0.693359375, -2.12194440e-4, 23, 127, mx.int32),
    mx.float64: (6.93147180369123816490e-01, 1.90821492927058770002e-10, 52, 1023, mx.int64),
}
"""For each dtype: log 2 as two numbers, the first with so few digits that its multiples are exact; the bits
of the significand; the bias of the exponent; and the integer of the same width."""
_FAR = {mx.float32: 110.0, mx.float64: 760.0}
"""At this number exp is infinite, and at its negative 0."""


def is_on_cpu() -> bool:
    """Whether double precision exists and reading values does not wait for another device."""
    return bool(mx.default_device().type == mx.cpu)


class Namespace(Formulas):
    bool = mx.bool_

    def astype(self, x: Array, dtype: Any, copy: Any = None) -> Array:
        return x.astype(dtype)

    def asarray(self, x: Any, dtype: Any = None, device: Any = None) -> Array:
        return mx.array(x, dtype=dtype)

    def arange_beside(self, size: int, like: Array) -> Array:
        none = mx.sum(like.reshape(-1)[:0].astype(mx.int64))  # 0, mapped as `like` is: see `_mlx_derived`
        return mx.arange(size, dtype=mx.int64) + none

    def argsort(self, x: Array, axis: int = -1, stable: Any = True) -> Array:
        return mx.argsort(x, axis=axis)  # a merge sort, which is stable

    def atan2(self, y: Array, x: Array) -> Array:
        return mx.arctan2(y, x)

    def constant(self, x: Array) -> Array:
        return mx.stop_gradient(x)

    def count_nonzero(self, x: Array, axis: Any = None) -> Array:
        return mx.sum(x.astype(mx.int64), axis=axis)

    def moveaxis(self, x: Array, source: Any, destination: Any) -> Array:
        if isinstance(source, int):
            return mx.moveaxis(x, source, destination)
        order = [i for i in range(x.ndim) if i not in {s % x.ndim for s in source}]
        for place, axis in sorted(zip([p % x.ndim for p in destination], source, strict=True)):
            order.insert(place, axis % x.ndim)
        return mx.transpose(x, order)

    def sum(self, x: Array, axis: Any = None, keepdims: Any = False) -> Array:
        # MLX sums float32 sequentially and loses a digit or two in a row of 1000.
        wide = x.astype(mx.float64) if is_on_cpu() else x
        return mx.sum(wide, axis=axis, keepdims=keepdims).astype(x.dtype)

    def mean(self, x: Array, axis: Any = None, keepdims: Any = False) -> Array:
        wide = x.astype(mx.float64) if is_on_cpu() else x
        return mx.mean(wide, axis=axis, keepdims=keepdims).astype(x.dtype)

    def vecdot(self, x: Array, y: Array, axis: int = -1) -> Array:
        return self.sum(x * y, axis=axis)

    def take_along_axis(self, x: Array, ids: Array, axis: int) -> Array:
        # Ids from `argmax` are a function of the scores, and MLX would request its derivative.
        return mx.take_along_axis(x, mx.stop_gradient(ids), axis=axis)

    def exp(self, x: Array) -> Array:
        return _exp(x)


class Differentiated(Namespace):
    """For formulas that automatic differentiation goes through."""

    is_differentiated = True

    def exp(self, x: Array) -> Array:
        return with_derivative(_exp, lambda u, inputs: [u * self.exp(inputs[0])], x)


def _exp(x: Array) -> Array:
    """exp(x) = 2^n · exp(x - n log 2)."""
    high, low, *_ = _LN2[x.dtype]
    x = mx.clip(x, -_FAR[x.dtype], _FAR[x.dtype])
    n = mx.round(x * (1.0 / log(2.0)))
    half = mx.floor(n / 2.0)  # each half is a representable exponent
    return (1.0 + mx.expm1((x - n * high) - n * low)) * _power_of_2(half) * _power_of_2(n - half)


def _power_of_2(n: Array) -> Array:
    _, _, bits, bias, integer = _LN2[n.dtype]
    return mx.view((n.astype(integer) + bias) << bits, n.dtype)


NAMESPACE: Any = Namespace(mx)
DIFFERENTIATED: Any = Differentiated(mx)
