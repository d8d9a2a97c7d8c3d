"""Eager TensorFlow on a CPU, computed by NumPy: operations cost far less, and large calls stay in the cache.

There are two nodes for a tape, as for a kernel: one for the derivatives in all arrays but the first, and one
for the derivative in the first, which NumPy computes as well. Everything else, including second derivatives,
is differentiated through TensorFlow's operations.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from lossary._backend._numpy import NumPy
from lossary._backend._tensorflow_derived import gradients_or_zeros, with_derivative
from lossary._program._library import Library
from lossary._program._plan import TOTAL, Operands, Plan
from lossary._program._steps import evaluate
from lossary._typing import Array

HOST = NumPy()


def evaluate_on_host(library: Library, plan: Plan, operands: Operands, thorough: bool) -> Any:
    """The results of the plan, differentiable in all floating tensors."""
    flat = operands.all
    places = [i for i, a in enumerate(flat) if is_floating(a)]
    first_alone = plan.orders == (0,) and plan.reduction != TOTAL and places[:1] == [0]

    def by_tensorflow(plan: Any, values: Any) -> Any:
        merged = list(flat)
        for i, value in zip(places, values, strict=True):
            merged[i] = value
        given = iter(merged)
        return evaluate(library, plan, (), operands.each(lambda _: next(given)))

    def node(plan: Any, fixed: list[Array], values: list[Array]) -> Any:
        """NumPy's result, with derivatives in `values` by TensorFlow."""
        return with_derivative(
            lambda *_: on_host(plan)(operands, thorough),
            lambda cotangents, values: gradients_or_zeros(
                lambda *v: by_tensorflow(plan, [*fixed, *v]), cotangents, values
            ),
            *values,
        )

    def pull(cotangents: Any, inputs: Any) -> Any:
        (v,), x = cotangents, inputs[0]
        # A product, so that linearity in v is visible: forward mode needs it.
        return tf.cast(_spread(plan, v) * node(_steepness(plan), [], tensors), x.dtype), v

    tensors = [flat[i] for i in places]
    if not first_alone:
        return node(plan, [], tensors)
    result = node(plan, tensors[:1], tensors[1:])
    return with_derivative(lambda _, result: tf.identity(result), pull, tensors[0], result)


def _spread(plan: Any, v: Array) -> Array:
    """A cotangent of the result, to broadcast against the first array."""
    shape = plan.layout.shape
    if plan.reduction != "none":
        shape = [1 if i in plan.axes else n for i, n in enumerate(shape)]
    shape = list(shape)
    if plan.kernel.has_classes:
        for i in sorted(plan.layout.axes):
            shape.insert(i, 1)
    return tf.reshape(v, shape)


@lru_cache(maxsize=2048)
def _steepness(plan: Any) -> Any:
    """The plan for the derivative, in the dtype of the computation."""
    return replace(plan, orders=(1,), first_dtype=plan.dtype)


@lru_cache(maxsize=2048)
def _on_host(plan: Any) -> Any:
    """The plan for NumPy."""
    return replace(
        plan,
        library=HOST,
        floats=tuple(map(_dtype, plan.floats)),
        dtype=_dtype(plan.dtype),
        first_dtype=_dtype(plan.first_dtype),
    )


@lru_cache(maxsize=2048)
def on_host(plan: Any) -> Callable[[Operands, bool], Any]:
    """The plan as a NumPy program on tensors, whose results have no derivatives."""
    program = HOST.lower(_on_host(plan))
    return lambda operands, thorough: _tensors(program(operands.each(_to_numpy), thorough))


def _tensors(found: Any) -> Any:
    return tf.nest.map_structure(tf.constant, found) if isinstance(found, tuple) else tf.constant(found)


def _dtype(dtype: Any) -> Any:
    return None if dtype is None else np.dtype(dtype.as_numpy_dtype)


def _to_numpy(x: Any) -> Any:
    return np.asarray(x) if tf.is_tensor(x) else x


def is_floating(x: Any) -> bool:
    return bool(tf.is_tensor(x) and x.dtype.is_floating)
