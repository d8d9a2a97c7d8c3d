"""Functions with custom derivatives in all TensorFlow modes.

Eager tapes are notified directly, because `tf.custom_gradient` costs more than a small loss and makes a tape
record the function's operations as well. In a traced function, forward mode ignores the custom derivative and
goes through those operations. And while eager forward mode requests a derivative, new tapes record nothing: a
gradient taken there is None, as if it did not exist.
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import nan
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import forwardprop_util, record  # no public names for these

from lossary._check import mistake
from lossary._typing import Array

Pull = Callable[[Sequence[Array], Sequence[Array]], Sequence[Array | None]]


def with_derivative(value: Callable[..., Any], pull: Pull, *inputs: Array) -> Any:
    """`value(*inputs)`, with gradients from `pull(cotangents, inputs)`."""
    if not inputs:
        return value()
    if tf.executing_eagerly():
        with record.stop_recording():
            result = tf.nest.map_structure(tf.identity, value(*inputs))
        results = tf.nest.flatten(result)
        record.record_operation(
            "lossary", results, list(inputs), lambda *cotangents: pull(cotangents, inputs)
        )
        return result

    def of(*inputs: Array) -> Any:
        still = [tf.stop_gradient(x) for x in inputs]
        result = _followed(value(*still), pull, inputs, still)
        return result, lambda *cotangents: pull(cotangents, inputs)

    return tf.custom_gradient(of)(*inputs)


def gradients(
    function: Callable[..., Any], cotangents: Sequence[Array], inputs: Sequence[Array]
) -> list[Array | None]:
    """The gradients of `function(*inputs)`, by autodiff of its operations."""
    if not tf.executing_eagerly():
        return _traced_gradients(function, cotangents, inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        results = tf.nest.flatten(function(*inputs))
    found: list[Array | None] = tape.gradient(results, inputs, output_gradients=list(cotangents))
    if any(g is not None for g in found):
        return found
    # Nothing depends on the inputs, or the tape was not allowed to record.
    traced = tf.function(partial(_traced_gradients, function), autograph=False)
    return list(traced(list(cotangents), list(inputs)))


def gradients_or_zeros(
    function: Callable[..., Any], cotangents: Sequence[Array], inputs: Sequence[Array]
) -> list[Array]:
    """The same, and 0 in what a formula does nothing with but to compare it."""
    found = gradients(function, cotangents, inputs)
    return [_nothing(x, cotangents[0]) if g is None else g for g, x in zip(found, inputs, strict=True)]


def _nothing(x: Array, cotangent: Array) -> Array:
    """Zeros that are linear in the cotangent: forward mode asks for that."""
    return tf.math.multiply_no_nan(tf.cast(tf.reduce_sum(cotangent), x.dtype), tf.zeros_like(x))


def may_be_differentiated() -> bool:
    """Whether a tape may record the current computation; in a traced function this is known only later."""
    return not tf.executing_eagerly() or record.could_possibly_record()


def _traced_gradients(function: Any, cotangents: Any, inputs: Any) -> list[Array | None]:
    inputs = [tf.identity(x) for x in inputs]  # tensors of this graph; those from outside a loop are not
    found: list[Array | None] = tf.gradients(tf.nest.flatten(function(*inputs)), inputs, list(cotangents))
    return found


def _followed(result: Array, pull: Pull, inputs: Sequence[Array], still: Sequence[Array]) -> Array:
    """The result plus, for forward mode, derivatives times (x - x), which is 0, for the inputs it follows."""
    followers = [_followers(x) for x in inputs]
    if not any(followers):
        return result
    if max(followers) > 1:
        raise mistake(
            "L006",
            "nested forward-mode differentiation is not supported in a traced function",
            why="it would count some of the derivatives twice",
            fix="a ForwardAccumulator around a GradientTape, or without tf.function",
        )
    ones = tf.ones_like(result)
    slopes = pull((ones,), still)
    pairs = [
        (slope, tf.where(tf.math.is_finite(x), x - s, tf.where(slope == 0, tf.zeros_like(x), nan)))
        for x, s, slope, count in zip(inputs, still, slopes, followers, strict=True)
        if count and slope is not None
    ]
    (along,) = tf.gradients([slope for slope, _ in pairs], ones, [move for _, move in pairs])
    return result if along is None else result + along


def _followers(x: Array) -> int:
    """The number of forward accumulators that follow an array."""
    return sum(any(place == 0 for place, _ in pairs) for pairs in forwardprop_util.pack_tangents([x]).indices)
