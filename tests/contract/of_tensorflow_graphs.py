"""What TensorFlow may expect of what is traced: one trace for all sizes and numbers, that can be saved."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import tensorflow as tf

import lossary
from tests.contract.demands import demand, must_explain
from tests.contract.of_tensorflow import NEAR, close_slopes, floating, given, slopes, traced
from tests.contract.subjects import Arrays, Subject, close, total

SIZES = (6, 1, 2, 3, 4, 5, 7, 8, 9, 0)
"""Of batches that one trace serves."""


def exact(subject: Subject, arrays: Arrays, **options: Any) -> tuple[Any, dict[int, Any]]:
    """The sum of the losses and its gradients, by NumPy."""
    derive = lossary.value_and_grad(subject.function, wrt=tuple([subject.called[i] for i in subject.wrt]))
    value, found = replace(subject, function=derive)(*arrays, reduction="sum", **options)
    return value, dict(zip(subject.wrt, found, strict=True))


def specs(subject: Subject) -> list[Any]:
    """Those of batches of any size."""
    return [
        tf.TensorSpec(a.shape if i in subject.shared else (None, *a.shape[1:]), a.dtype)
        for i, a in enumerate(subject.arrays)
    ]


def derived(subject: Subject, **options: Any) -> Callable[..., Any]:
    """The sum of the losses, and its gradients in all floating arrays."""

    def of_all(*arrays: Any) -> Any:
        watched = [arrays[i] for i in floating(subject)]
        with tf.GradientTape() as tape:
            tape.watch(watched)
            loss = subject(*arrays, reduction="sum", **options)
        return loss, tape.gradient(loss, watched)

    return of_all


def close_to_exact(subject: Subject, got: Any, arrays: Arrays, what: str, **options: Any) -> None:
    """A sum and gradients, of which some are known from NumPy."""
    loss, found = got
    want, wanted = exact(subject, arrays, **options)
    close(loss, want, NEAR, what)
    for i, gradient in zip(floating(subject), found, strict=True):
        assert gradient is not None, f"{what}: no gradient in {i}"
        if i in wanted:
            close(gradient, wanted[i], NEAR, f"{what}: in {i}")


@demand("tensorflow")
def any_size(subject: Subject) -> None:
    """One trace serves batches of ten sizes, the empty one among them, with gradients in all arrays."""
    function = traced(derived(subject), input_signature=specs(subject))
    for size in SIZES:
        arrays = subject.resized(size)
        close_to_exact(subject, function(*map(tf.constant, arrays)), arrays, f"of {size}")
    close_slopes(subject, function(*given(subject))[1], floating(subject))
    assert function.experimental_get_tracing_count() == 1


@demand("tensorflow")
def sizes_that_nobody_knows(subject: Subject) -> None:
    """Where no size is known, or not even the number of axes: the right numbers, or what must be known."""
    for of in (lambda a: tf.TensorSpec([None] * a.ndim, a.dtype), lambda a: tf.TensorSpec(None, a.dtype)):
        signature = [of(a) for a in subject.arrays]
        try:
            _, found = traced(derived(subject), input_signature=signature)(*given(subject))
        except lossary.LossInputError as error:
            must_explain(error)
            continue
        close_slopes(subject, found, floating(subject), signature)


@demand("tensorflow")
def sizes_that_differ(subject: Subject) -> None:
    """A batch of one is never repeated: sizes that turn out to differ when a trace runs are an error."""
    apart = [i for i in range(len(subject.arrays)) if i not in subject.shared]
    weights = tf.TensorSpec([None], tf.float64)

    def weighed(*arrays: Any) -> Any:
        *arrays, w = arrays
        return derived(subject, weights=w, where=w > 0.0)(*arrays)

    function = traced(weighed, input_signature=[*specs(subject), weights])
    size = len(subject.arrays[0])
    function(*given(subject), tf.ones(size, tf.float64))
    for i in apart if len(apart) > 1 else []:
        for count in (1, size + 1):
            arrays = given(subject)
            arrays[i] = tf.constant(subject.resized(count)[i])
            try:
                function(*arrays, tf.ones(size, tf.float64))
            except tf.errors.InvalidArgumentError:
                continue
            raise AssertionError(f"{count} examples in {i} beside {size} elsewhere")


def changed(subject: Subject) -> dict[str, float]:
    """The numbers of a subject that may have any value."""
    return {name: values[0] for name, values in subject.ten_values.items() if len(values) > 1}


@demand("tensorflow", lambda subject: bool(subject.numbers))
def ten_values_of_numbers(subject: Subject) -> None:
    """Ten values of each number, which are Python's or, in one trace, those of tensors."""
    scalars = {name: tf.TensorSpec([], tf.float64) for name in changed(subject)}
    function = traced(
        lambda values, *arrays: derived(subject, **values)(*arrays),
        input_signature=[scalars, *specs(subject)],
    )
    for k in range(10):
        values = {name: value * (1.0 - k / 40.0) for name, value in changed(subject).items()}
        eager = derived(subject, **values)(*given(subject))
        close_to_exact(subject, eager, subject.arrays, f"{values}", **values)
        tensors = {name: tf.constant(value, tf.float64) for name, value in values.items()}
        by_tensors = function(tensors, *given(subject))
        close_to_exact(subject, by_tensors, subject.arrays, f"{values} in tensors", **values)
    assert function.experimental_get_tracing_count() == 1


@demand("tensorflow", lambda subject: bool(subject.numbers))
def gradients_in_numbers(subject: Subject) -> None:
    """A number that is a tensor has a gradient, or an error says that it has none: eager and traced."""

    def of_number(name: str, number: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(number)
            loss = subject(*given(subject), reduction="sum", **{name: number})
        return tape.gradient(loss, number)

    for name, number in changed(subject).items():
        for how in (of_number, traced(of_number)):
            try:
                found = how(name, tf.constant(number, tf.float64))
            except lossary.LossInputError as error:
                must_explain(error)
                continue
            step = 1e-6
            up, down = [
                subject(*subject.arrays, reduction="sum", **{name: number + s}) for s in (step, -step)
            ]
            assert found is not None, f"no gradient in {name}"
            close(found, (up - down) / (2 * step), 1e-5, f"in {name}")


def _saved(function: Any) -> Any:
    """A module's function after it was saved and loaded."""
    module = tf.Module()
    module.function = function
    with tempfile.TemporaryDirectory() as folder:
        try:
            tf.saved_model.save(module, folder)
        except ValueError as error:
            raise error.__cause__ or error from None  # TensorFlow wraps what was raised while it traced
        return tf.saved_model.load(folder).function


@demand("tensorflow")
def saved(subject: Subject) -> None:
    """The traced loss of a module that was saved and loaded is the same, with the same gradients."""
    loss = _saved(traced(lambda *a: subject(*a, reduction="sum"), input_signature=specs(subject)))
    arrays = given(subject)
    watched = [arrays[i] for i in floating(subject)]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        value = loss(*arrays)
    close(value, total(subject, subject.arrays), NEAR)
    close_slopes(subject, tape.gradient(value, watched), floating(subject))


@demand("tensorflow")
def saved_gradients(subject: Subject) -> None:
    """So are gradients, in a module for training."""
    of_wrt = traced(lambda *a: slopes(subject, a, *subject.wrt), input_signature=specs(subject))
    close_slopes(subject, _saved(of_wrt)(*given(subject)), subject.wrt)
