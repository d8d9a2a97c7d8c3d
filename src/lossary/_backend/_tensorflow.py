"""TensorFlow: eager, in `tf.function`, compiled by XLA, and under tapes of any order.

One kernel call is two nodes for a `tf.GradientTape`. The first computes the formula and has derivatives in
labels and parameters only, by autodiff; it ignores the first argument. The second passes the value on and
adds the kernel's derivative in the first argument. A tape records a node only if it watches one of its
inputs, so without a tape on the labels their derivative costs nothing. Both gradients are computed from the
arrays themselves, so an outer tape sees what they depend on, and second derivatives, including mixed ones,
are complete.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from lossary._backend._tensorflow_derived import (
    gradients,
    gradients_or_zeros,
    may_be_differentiated,
    with_derivative,
)
from lossary._backend._tensorflow_host import HOST, evaluate_on_host, is_floating, on_host
from lossary._backend._tensorflow_namespace import DIFFERENTIATED, NAMESPACE
from lossary._check import mistake
from lossary._kernel import Kernel
from lossary._program._check_values import check_values
from lossary._program._library import Library, Reading
from lossary._program._one_size import of_one_size
from lossary._program._plan import Operands, Plan
from lossary._program._rule import Inputs, Rule
from lossary._program._steps import evaluate
from lossary._typing import Array

_HALF = (tf.float16, tf.bfloat16)


class TensorFlow(Library):
    has_unknown_sizes = True
    keeps_what_is_shared = True
    differentiated: Any = DIFFERENTIATED
    """The namespace for formulas that automatic differentiation goes through."""

    def __init__(self) -> None:
        super().__init__("TensorFlow", NAMESPACE)

    def floating(self, dtype: Any) -> Any:
        return tf.float32 if dtype in _HALF else super().floating(dtype)

    def default_dtype(self, kind: str, device: Any) -> Any:
        return tf.float32 if kind == "real floating" else tf.int64

    def device(self, x: Array) -> Any:
        return None

    def asarray(self, x: Array, dtype: Any, like: Array) -> Array:
        return tf.cast(x, dtype) if tf.is_tensor(x) else tf.constant(x, dtype=dtype)

    def must_be_plain(self, x: Any, what: str) -> None:
        if getattr(getattr(x, "shape", ()), "rank", 0) is None:
            raise mistake(
                "L001",
                f"{what}: the number of axes must be known",
                fix="x = tf.ensure_shape(x, [None, 10]), with one entry per axis",
            )

    def of_shape(self, x: Array, shape: tuple[Any, ...]) -> Array:
        """Assert the sizes: TensorFlow would broadcast length 1. Under XLA the reshape raises instead."""
        if x.shape.is_fully_defined() and not any(map(tf.is_tensor, shape)):
            return x
        wanted = tf.stack([tf.cast(n, tf.int64) for n in shape]) if shape else tf.zeros([0], tf.int64)
        own = tf.shape(x, out_type=tf.int64)
        same = tf.debugging.assert_equal(own, wanted, message="lossary: arrays of different sizes")
        with tf.control_dependencies([same]):
            return tf.ensure_shape(tf.reshape(x, wanted), x.shape)

    def knows(self, size: int) -> bool:
        return size is not None

    def sum(self, x: Array, axis: tuple[int, ...]) -> Array:
        return tf.reduce_sum(tf.cast(x, tf.float64), axis=axis)

    def reading(self, x: Array) -> Reading:
        if not tf.is_tensor(x):
            return Reading.FREE
        is_variable = isinstance(x, tf.Variable)  # a variable has no value while a function is traced
        if tf.is_symbolic_tensor(x) or (is_variable and not tf.executing_eagerly()):
            return Reading.IMPOSSIBLE
        return Reading.FREE if "CPU:" in x.device else Reading.COSTLY

    def host_values(self, x: Array) -> np.ndarray[Any, Any]:
        if not tf.is_tensor(x):
            return np.asarray(x)
        values: np.ndarray[Any, Any] = x.numpy()
        return values.astype("float32") if x.dtype in _HALF else values

    def block(self, like: Array) -> int:
        return HOST.block(like) if tf.executing_eagerly() and _is_at_hand(like) else 0

    def lower(self, plan: Plan) -> Callable[[Operands, bool], Any]:
        def program(operands: Operands, thorough: bool) -> Any:
            operands = operands.each(_plain)  # variables become the tensors that they hold
            if tf.executing_eagerly() and all(map(_is_at_hand, operands.all)):
                if not may_be_differentiated():
                    return on_host(plan)(operands, thorough)
                return evaluate_on_host(self, plan, operands, thorough)
            unread = check_values(plan, operands, thorough)
            return evaluate(self, plan, unread, of_one_size(self, plan, operands))

        return program

    def derived(self, rule: Rule, inputs: Inputs, options: Any) -> Array:
        inputs = tf.nest.map_structure(_plain, inputs)
        given = [i for i, a in enumerate(inputs.arrays) if a is not None]
        places = [i for i, a in enumerate(inputs.beside) if is_floating(a)]
        wanted = tuple([a is not None for a in inputs.arrays])
        kept: list[Any] = []

        def of_beside(backend: Any, arrays: Any, *values: Array) -> Any:
            beside = list(inputs.beside)
            for i, value in zip(places, values, strict=True):
                beside[i] = value
            return rule.value(backend, Inputs(arrays, tuple(beside)), options)

        def value(*values: Array) -> Array:
            # In eager mode a tape would keep every chunk; in a trace, `saved` may be differentiated later.
            arrays = _still(inputs.arrays) if tf.executing_eagerly() else inputs.arrays
            out, saved = of_beside(self, arrays, *values)
            kept.append(saved)
            return tf.stop_gradient(out)

        def pull_beside(cotangents: Any, values: Any) -> Any:
            return gradients(lambda *v: of_beside(_OF_OPERATIONS, inputs.arrays, *v)[0], cotangents, values)

        def pull(cotangents: Any, _: Any) -> Any:
            (cotangent,) = cotangents
            # Whether a tape watches is unknown in advance, so rules that compute gradients with the value
            # wait.
            at_once = rule.value_with is not None
            if at_once or (tf.executing_eagerly() and may_be_differentiated()):
                saved = rule.value_to_pull(self, inputs, options, wanted)[1]
            else:
                saved = kept[0]
            found = rule.pull(self, inputs, options, saved, cotangent, wanted)
            return [*[found[i] for i in given], cotangent]

        out = with_derivative(value, pull_beside, *[inputs.beside[i] for i in places])
        return with_derivative(
            lambda *all: tf.identity(all[-1]), pull, *[inputs.arrays[i] for i in given], out
        )

    def put(self, x: Array, start: Any, part: Array, axis: int = 0) -> Array:
        before = (*[slice(None)] * axis, slice(None, start))
        after = (*[slice(None)] * axis, slice(start + part.shape[axis], None))
        return tf.concat([x[before], part, x[after]], axis=axis)

    def add(self, x: Array, start: Any, part: Array) -> Array:
        return self.put(x, start, self.part(x, start, part.shape[0]) + part)

    def results(
        self, kernel: Kernel, orders: tuple[int, ...], arrays: tuple[Array, ...], params: Mapping[str, Any]
    ) -> list[Array]:
        return [self._result(kernel, order, arrays, params) for order in orders]

    def _result(
        self, kernel: Kernel, order: int, arrays: tuple[Array, ...], params: Mapping[str, Any]
    ) -> Array:
        if order == 2:
            return kernel.hess(*arrays, xp=self.differentiated, **params)
        x, *others = arrays

        def pull(cotangents: Any, inputs: Any) -> Any:
            return self._times_slope(kernel, order, cotangents[0], inputs[0], others, params), cotangents[0]

        value = _of_others(kernel, order, x, others, params)
        return with_derivative(lambda _, value: tf.identity(value), pull, x, value)

    def _times_slope(
        self, kernel: Kernel, order: int, v: Array, x: Array, others: list[Array], params: Mapping[str, Any]
    ) -> Array:
        if order == 1:
            return kernel.times_derivative(v, x, *others, xp=self.xp, **params)
        slope = self._result(kernel, 1, (x, *others), params)
        return slope * (v[..., None] if kernel.has_classes else v)


def _of_others(kernel: Kernel, order: int, x: Array, others: list[Array], params: Mapping[str, Any]) -> Array:
    """The formula as a function of all arguments but x."""
    names = [k for k, v in params.items() if is_floating(v)]
    places = [i for i, a in enumerate(others) if is_floating(a)]

    def apply(x: Array, values: tuple[Array, ...], xp: Any) -> Array:
        merged, numbers = list(others), dict(params)
        for i, value in zip(places, values, strict=False):
            merged[i] = value
        numbers.update(zip(names, values[len(places) :], strict=True))
        return kernel.formulas[order](x, *merged, xp=xp, **numbers)

    def pull(cotangents: Any, values: Any) -> Any:
        return gradients_or_zeros(lambda *v: apply(x, v, DIFFERENTIATED), cotangents, values)

    return with_derivative(
        lambda *values: apply(tf.stop_gradient(x), values, NAMESPACE),
        pull,
        *[others[i] for i in places],
        *[params[name] for name in names],
    )


def _is_at_hand(x: Any) -> bool:
    """Whether its values can be read and are in CPU memory."""
    return not tf.is_tensor(x) or (not tf.is_symbolic_tensor(x) and "CPU:" in x.device)


def _still(arrays: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
    return tuple([None if a is None else tf.stop_gradient(a) for a in arrays])


def _plain(x: Any) -> Any:
    return tf.convert_to_tensor(x) if isinstance(x, tf.Variable) else x


_OF_OPERATIONS = TensorFlow()
"""For formulas that automatic differentiation goes through."""
_OF_OPERATIONS.xp = TensorFlow.differentiated
