"""The part of the array API standard that losses need, for TensorFlow, which has no such namespace.

It handles two TensorFlow rules. Python numbers become tensors with the dtype of the other operand, not
float32. In a traced function, sizes may be unknown: a shape for `reshape` or `broadcast_to` may contain None,
which keeps the size of that axis.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from lossary._program._formulas import Formulas
from lossary._typing import Array

inf = float("inf")
nan = float("nan")

bool = tf.bool
float32 = tf.float32
float64 = tf.float64
int64 = tf.int64

abs = tf.abs
any = tf.reduce_any
argmax = tf.argmax
atan2 = tf.atan2
ceil = tf.math.ceil
cumulative_sum = tf.cumsum
exp = tf.exp
floor = tf.floor
isfinite = tf.math.is_finite
isinf = tf.math.is_inf
log = tf.math.log
log1p = tf.math.log1p
logical_and = tf.logical_and
logical_or = tf.logical_or
matrix_transpose = tf.linalg.matrix_transpose
max = tf.reduce_max
maximum = tf.maximum
mean = tf.reduce_mean
min = tf.reduce_min
minimum = tf.minimum
negative = tf.negative
ones_like = tf.ones_like
sort = tf.sort
sqrt = tf.sqrt
stack = tf.stack
sum = tf.reduce_sum
zeros_like = tf.zeros_like

_FLOATING = ("float16", "bfloat16", "float32", "float64")


def isdtype(dtype: Any, kind: str | tuple[str, ...]) -> Any:
    kinds = (kind,) if isinstance(kind, str) else kind
    return (
        ("real floating" in kinds and dtype.name in _FLOATING)
        or ("integral" in kinds and dtype.is_integer)
        or ("bool" in kinds and dtype.is_bool)
    )


def finfo(dtype: Any) -> Any:
    return np.finfo(dtype.as_numpy_dtype)


def result_type(a: Any, b: Any) -> Any:
    """The result type of two floating dtypes with at least 32 bits."""
    return a if a.size >= b.size else b


def take(x: Array, indices: Array, axis: Any = None) -> Array:
    return tf.gather(x, indices, axis=axis)


def astype(x: Array, dtype: Any, copy: Any = None) -> Array:
    return tf.cast(x, dtype)


def asarray(x: Any, dtype: Any = None, device: Any = None) -> Array:
    return tf.convert_to_tensor(x, dtype=dtype)


def argsort(x: Array, axis: int = -1, stable: Any = True) -> Array:
    return tf.cast(tf.argsort(x, axis=axis, stable=True), tf.int64)


def flip(x: Array, axis: int) -> Array:
    return tf.reverse(x, [axis])


def full_like(x: Array, value: Any) -> Array:
    return tf.fill(tf.shape(x), tf.convert_to_tensor(value, dtype=x.dtype))


def where(condition: Array, x: Any, y: Any) -> Array:
    dtype = x.dtype if hasattr(x, "dtype") else y.dtype
    return tf.where(condition, tf.convert_to_tensor(x, dtype=dtype), tf.convert_to_tensor(y, dtype=dtype))


def count_nonzero(x: Array, axis: Any = None) -> Array:
    return tf.reduce_sum(tf.cast(x, tf.int64), axis=axis)


def concat(arrays: Any, axis: int = 0) -> Array:
    return tf.concat(arrays, axis=axis)


def reshape(x: Array, shape: Any) -> Array:
    return tf.reshape(x, sizes(shape, x))


def broadcast_to(x: Array, shape: Any) -> Array:
    return tf.broadcast_to(x, sizes(shape, x))


def moveaxis(x: Array, source: Any, destination: Any) -> Array:
    sources = (source,) if isinstance(source, int) else source
    places = (destination,) if isinstance(destination, int) else destination
    order = [i for i in range(x.ndim) if i not in {s % x.ndim for s in sources}]
    for place, axis in sorted(zip([p % x.ndim for p in places], sources, strict=True)):
        order.insert(place, axis % x.ndim)
    return tf.transpose(x, order)


def sizes(shape: Any, like: Array) -> tuple[Any, ...]:
    """The shape, with None replaced by the run-time size of that axis of `like`, a tensor."""
    if None not in (shape := tuple(shape)):
        return shape
    found = tf.shape(like, out_type=tf.int64)
    return tuple([found[i] if n is None else n for i, n in enumerate(shape)])


class _Formulas(Formulas):
    def arange_beside(self, size: int, like: Array) -> Array:
        return tf.range(tf.constant(size, dtype=tf.int64))

    def arange_like(self, x: Array) -> Array:
        return tf.range(sizes(x.shape, x)[-1], dtype=tf.int64)

    def pick(self, x: Array, ids: Array) -> Array:
        return tf.gather(x, ids, axis=-1, batch_dims=ids.ndim)

    def constant(self, x: Array) -> Array:
        return tf.stop_gradient(x)

    def gather(self, x: Array, ids: Array) -> Array:
        return tf.gather(x, ids, axis=-1, batch_dims=ids.ndim - 1)

    def sized(self, shape: tuple[Any, ...], like: Array) -> tuple[Any, ...]:
        return sizes(shape, like)

    def scan(
        self,
        step: Callable[[Any, Any], tuple[Any, Array]],
        carry: Any,
        along: tuple[Array, ...],
        reverse: Any,
    ) -> tuple[Any, Array]:
        if tf.executing_eagerly():
            return Formulas.scan(self, step, carry, along, reverse)
        count = along[0].shape[0]

        def body(i: Array, carry: Any, found: Any) -> Any:
            at = count - 1 - i if reverse else i
            carry, out = step(carry, tuple([x[at] for x in along]))
            return i + 1, carry, found.write(at, out)

        found = tf.TensorArray(tf.nest.flatten(carry)[0].dtype, size=count)
        start = (tf.constant(0), carry, found)
        _, carry, found = tf.while_loop(lambda i, *_: i < count, body, start, maximum_iterations=count)
        return carry, found.stack()


NAMESPACE: Any = _Formulas(sys.modules[__name__])
DIFFERENTIATED: Any = _Formulas(sys.modules[__name__], is_differentiated=True)
"""The same for formulas that automatic differentiation goes through."""
