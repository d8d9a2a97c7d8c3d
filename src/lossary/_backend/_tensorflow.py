"""TensorFlow: eager, in `tf.function`, compiled by XLA, and under tapes to any order.

One kernel call is two nodes for a `tf.GradientTape`. The first computes the formula, and has derivatives in
labels and parameters only, by autodiff; of the first argument it knows nothing. The second hands its value
on and adds the kernel's derivative in the first argument. A tape records a node only if it watches one of its
inputs: so without a tape on the labels their derivative costs nothing. Both gradients are made of the arrays
themselves, so an outer tape sees what they depend on and second derivatives are whole, mixed ones too.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from lossary._backend import _tensorflow_namespace as namespace
from lossary._backend._base import Backend, Reading, formula, times_derivative
from lossary._backend._rule import Inputs, Rule
from lossary._backend._tensorflow_host import HOST, evaluate_on_host, is_floating
from lossary._check import mistake
from lossary._kernel import Kernel
from lossary._typing import Array

_HALF = (tf.float16, tf.bfloat16)


class TensorFlow(Backend):
    differentiated: Any = namespace.DIFFERENTIATED
    """The namespace of formulas that automatic differentiation goes through."""

    def __init__(self) -> None:
        super().__init__("TensorFlow", namespace)

    def floating(self, dtype: Any) -> Any:
        return tf.float32 if dtype in _HALF else super().floating(dtype)

    def default_dtype(self, kind: str, like: Array) -> Any:
        return tf.float32 if kind == "real floating" else tf.int64

    def mode(self, like: Array) -> Any:
        return None

    def device(self, x: Array) -> Any:
        return None

    def asarray(self, x: Array, dtype: Any, like: Array) -> Array:
        return tf.cast(x, dtype) if tf.is_tensor(x) else tf.constant(x, dtype=dtype)

    def arange(self, size: int, like: Array) -> Array:
        if size is None:
            raise mistake(
                "L001",
                f"the last axis of an array of shape {tuple(like.shape)} must be of known size",
                fix="x = tf.ensure_shape(x, shape); a loss of pairs needs batches of one size",
            )
        return tf.range(tf.constant(size, dtype=tf.int64))

    def sized(self, shape: tuple[Any, ...], like: Array) -> tuple[Any, ...]:
        return namespace.sizes(shape, like)

    def reading(self, x: Array) -> Reading:
        if not tf.is_tensor(x):
            return Reading.FREE
        if tf.is_symbolic_tensor(x):
            return Reading.IMPOSSIBLE
        return Reading.FREE if "CPU:" in x.device else Reading.COSTLY

    def host_values(self, x: Array) -> np.ndarray[Any, Any]:
        if not tf.is_tensor(x):
            return np.asarray(x)
        values: np.ndarray[Any, Any] = (tf.cast(x, tf.float32) if x.dtype in _HALF else x).numpy()
        return values

    def enter(self, plan: Any, operands: Any) -> tuple[Any, Any]:
        """Variables become what they hold."""
        return plan, tf.nest.map_structure(_plain, operands)

    def block_size(self, like: Array) -> int:
        return HOST.block_size(like) if tf.executing_eagerly() and _is_at_hand(like) else 0

    def run(self, function: Callable[..., Any], plan: Any, unread: tuple[str, ...], operands: Any) -> Any:
        if tf.executing_eagerly() and all(map(_is_at_hand, tf.nest.flatten(operands))):
            return evaluate_on_host(self, function, plan, unread, operands)
        return function(self, plan.whole, unread, _of_one_size(plan, operands))

    def pick(self, x: Array, ids: Array) -> Array:
        return tf.gather(x, ids, axis=-1, batch_dims=ids.ndim)

    def gather(self, x: Array, ids: Array) -> Array:
        return tf.gather(x, ids, axis=-1, batch_dims=ids.ndim - 1)

    def scan(
        self,
        step: Callable[[Any, Any], tuple[Any, Array]],
        carry: Any,
        along: tuple[Array, ...],
        reverse: bool,
    ) -> tuple[Any, Array]:
        if tf.executing_eagerly():
            return super().scan(step, carry, along, reverse)
        count = along[0].shape[0]

        def body(i: Array, carry: Any, found: Any) -> Any:
            at = count - 1 - i if reverse else i
            carry, out = step(carry, tuple([x[at] for x in along]))
            return i + 1, carry, found.write(at, out)

        found = tf.TensorArray(tf.nest.flatten(carry)[0].dtype, size=count)
        start = (tf.constant(0), carry, found)
        _, carry, found = tf.while_loop(lambda i, *_: i < count, body, start, maximum_iterations=count)
        return carry, found.stack()

    def derived(self, rule: Rule, inputs: Inputs, options: Any) -> Array:
        inputs = tf.nest.map_structure(_plain, inputs)
        given = [i for i, a in enumerate(inputs.arrays) if a is not None]

        def of_given(*arrays: Array) -> Any:
            out, kept = rule.value(self, inputs, options)
            wanted = tuple([a is not None for a in inputs.arrays])

            def pull(cotangent: Array) -> Any:
                # Nobody says beforehand whether a tape watches: what makes gradients beside the value waits.
                at_once = rule.value_with is not None
                saved = rule.value_to_pull(self, inputs, options, wanted)[1] if at_once else kept
                gradients = rule.pull(self, inputs, options, saved, cotangent, wanted)
                return [gradients[i] for i in given]

            return out, pull

        return tf.custom_gradient(of_given)(*[inputs.arrays[i] for i in given])

    def put(self, x: Array, start: Any, part: Array, axis: int = 0) -> Array:
        before = (*[slice(None)] * axis, slice(None, start))
        after = (*[slice(None)] * axis, slice(start + part.shape[axis], None))
        return tf.concat([x[before], part, x[after]], axis=axis)

    def add(self, x: Array, start: Any, part: Array) -> Array:
        return self.put(x, start, self.part(x, start, part.shape[0]) + part)

    def sum(self, x: Array, axis: tuple[int, ...]) -> Array:
        return tf.reduce_sum(tf.cast(x, tf.float64), axis=axis)

    def call(self, kernel: Kernel, order: int, arrays: tuple[Array, ...], params: Mapping[str, Any]) -> Array:
        if order == 2:
            return formula(kernel, 2)(*arrays, xp=self.differentiated, **params)
        x, *others = arrays
        value = _of_others(kernel, order, x, others, params)

        def attach(x: Array, value: Array) -> Any:
            def pull(v: Array) -> Any:
                return self._times_slope(kernel, order, v, x, others, params), v

            return tf.identity(value), pull

        return tf.custom_gradient(attach)(x, value)

    def _times_slope(
        self, kernel: Kernel, order: int, v: Array, x: Array, others: list[Array], params: Mapping[str, Any]
    ) -> Array:
        if order == 1:
            return times_derivative(kernel, v, x, *others, xp=namespace, **params)
        slope = self.call(kernel, 1, (x, *others), params)
        return slope * (v[..., None] if kernel.has_classes else v)


def _of_others(kernel: Kernel, order: int, x: Array, others: list[Array], params: Mapping[str, Any]) -> Array:
    """The formula as a function of all but x."""
    names = [k for k, v in params.items() if is_floating(v)]
    places = [i for i, a in enumerate(others) if is_floating(a)]

    def apply(x: Array, values: tuple[Array, ...], xp: Any) -> Array:
        merged, numbers = list(others), dict(params)
        for i, value in zip(places, values, strict=False):
            merged[i] = value
        numbers.update(zip(names, values[len(places) :], strict=True))
        return formula(kernel, order)(x, *merged, xp=xp, **numbers)

    def of_others(*values: Array) -> Any:
        def pull(v: Array) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(values)
                again = apply(x, values, namespace.DIFFERENTIATED)
            return tape.gradient(again, values, output_gradients=v)

        # Traced, forward mode goes through the operations; eager, a tape would find x there a second time.
        return apply(tf.stop_gradient(x) if tf.executing_eagerly() else x, values, namespace), pull

    return tf.custom_gradient(of_others)(*[others[i] for i in places], *[params[name] for name in names])


def _is_at_hand(x: Any) -> bool:
    """Whether its values can be read, and are in the memory of the CPU."""
    return not tf.is_tensor(x) or (not tf.is_symbolic_tensor(x) and "CPU:" in x.device)


def _plain(x: Any) -> Any:
    return tf.convert_to_tensor(x) if isinstance(x, tf.Variable) else x


def _of_one_size(plan: Any, operands: Any) -> Any:
    """The arrays, each with a promise to be of the size of the first where that is known only later.

    TensorFlow would repeat a single example to match a batch. Where it can, it tells which sizes differ;
    compiled by XLA, it refuses to reshape.
    """
    arrays = operands.arrays
    like = next((a for a in arrays if a is not None), None)
    if like is None or all(a is None or a.shape.is_fully_defined() for a in arrays):
        return operands
    kernel = plan.kernel
    sizes = tf.shape(like, out_type=tf.int64)
    kept = [i for i in range(like.ndim) if not (kernel.has_classes and i in plan.layout.axes)]
    rows = tf.gather(sizes, tf.constant(kept, dtype=tf.int64))
    checked = []
    for array, core in zip(arrays, kernel.cores, strict=True):
        if array is None or array is like:
            checked.append(array)
            continue
        own = tf.shape(array, out_type=tf.int64)
        wanted = sizes if core == kernel.cores[0] else tf.concat([rows, own[len(kept) :]], axis=0)
        same = tf.debugging.assert_equal(own, wanted, message=f"{kernel.name}: arrays of different sizes")
        with tf.control_dependencies([same]):
            checked.append(tf.ensure_shape(tf.reshape(array, wanted), array.shape))
    return operands._replace(arrays=tuple(checked))
