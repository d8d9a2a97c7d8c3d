"""What TensorFlow may expect of tensors of every dtype, variables, memory, threads and empty batches."""

import functools
import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import tensorflow as tf

import lossary
from tests.contract.demands import demand
from tests.contract.of_tensorflow import NEAR, close_slopes, floating, given, traced
from tests.contract.of_tensorflow_graphs import derived, exact
from tests.contract.subjects import Subject, close

CLOSE = {"float64": NEAR, "float32": 2e-5, "float16": 2e-3, "bfloat16": 2e-2}
"""Of gradients in a dtype."""


def _cast(subject: Subject, *dtypes: str) -> list[Any]:
    """The arrays in these dtypes, and integers in 32 bits."""
    kinds = [a.dtype.kind for a in subject.arrays]
    pairs = zip(given(subject), kinds, dtypes, strict=False)
    return [tf.cast(a, {"f": dtype, "i": "int32", "b": "bool"}[kind]) for a, kind, dtype in pairs]


@demand("tensorflow")
def narrow_dtypes(subject: Subject) -> None:
    """Arrays of 32 and 16 bits give results of 32, and gradients of their own dtype: eager and traced."""
    for dtypes in (("float32",) * 4, ("float16",) * 4, ("bfloat16", "float32", "float16", "float32")):
        arrays = _cast(subject, *dtypes)
        wide = tuple([(tf.cast(a, tf.float64) if a.dtype.is_floating else a).numpy() for a in arrays])
        with lossary.config(check="never"):
            want, wanted = exact(subject, wide)
        captured = functools.partial(derived(subject), *arrays)
        for how in (captured, traced(captured)):
            loss, found = how()
            assert loss.dtype == tf.float32, f"{dtypes}: {loss.dtype}"
            close(loss, want, CLOSE["float32"], f"{dtypes}")
            for i, gradient in zip(floating(subject), found, strict=True):
                assert gradient is not None, f"{dtypes}: no gradient in {i}"
                assert gradient.dtype == arrays[i].dtype, f"{dtypes}: {gradient.dtype} in {i}"
                if i in wanted:
                    rtol = CLOSE[gradient.dtype.name]
                    close(tf.cast(gradient, tf.float64), wanted[i], rtol, f"{dtypes}: in {i}")


@demand("tensorflow")
def variables(subject: Subject) -> None:
    """Gradients in variables, which a tape watches by itself: eager and traced."""
    arrays = [tf.Variable(a) if i in floating(subject) else a for i, a in enumerate(given(subject))]
    watched = [arrays[i] for i in floating(subject)]

    def of_all() -> Any:
        with tf.GradientTape() as tape:
            loss = subject(*arrays, reduction="sum")
        return tape.gradient(loss, watched)

    for how in (of_all, traced(of_all)):
        close_slopes(subject, how(), floating(subject), how)


@demand("tensorflow")
def inputs_are_freed(subject: Subject) -> None:
    """Once its tape has gone, a loss that is kept keeps no input: it is freed at once."""
    for is_asked in (True, False):
        leaf, *others = given(subject)
        gc.disable()
        try:
            with tf.GradientTape() as tape:
                tape.watch(leaf)
                x = leaf * 1.0
                loss = subject(x, *others, reduction="sum")
            seen = weakref.ref(x)
            found = tape.gradient(loss, leaf) if is_asked else None
            del x, tape
            assert seen() is None, f"the loss keeps its input; asked for a gradient: {is_asked}"
        finally:
            gc.enable()
        if is_asked:
            close_slopes(subject, [found], [0])


@demand("tensorflow")
def several_threads(subject: Subject) -> None:
    """Gradients that several threads take at once, eager and by a function that none has traced before."""
    functions = [derived(subject), traced(derived(subject))] * 2
    with ThreadPoolExecutor(len(functions)) as pool:
        for _, found in pool.map(lambda function: function(*given(subject)), functions):
            close_slopes(subject, found, floating(subject))


@demand("tensorflow")
def nothing_that_counts(subject: Subject) -> None:
    """Where nothing counts, NaN may be there: the loss is 0 with gradients of 0, eager and traced."""
    arrays = given(subject)
    arrays[0] = tf.fill(arrays[0].shape, tf.constant(np.nan, tf.float64))
    nowhere = tf.zeros(len(subject.arrays[0]), tf.bool)
    for how in (
        derived(subject, where=False),
        derived(subject, where=nowhere),
        traced(derived(subject, where=nowhere)),
    ):
        loss, found = how(*arrays)
        assert loss == 0.0
        for i, gradient in zip(floating(subject), found, strict=True):
            assert gradient is not None, f"no gradient in {i}"
            assert not np.any(gradient), f"in {i}: {gradient}"


@demand("tensorflow")
def batches_of_one(subject: Subject) -> None:
    """One example has the loss and the gradients that it has by NumPy."""
    arrays = subject.resized(1)
    want, wanted = exact(subject, arrays)
    loss, found = derived(subject)(*map(tf.constant, arrays))
    close(loss, want, NEAR)
    for i, gradient in zip(floating(subject), found, strict=True):
        if i in wanted:
            close(gradient, wanted[i], NEAR, f"in {i}")
