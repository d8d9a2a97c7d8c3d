"""What TensorFlow may expect: derivatives of every order, in every argument, in every mode."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tests.contract.demands import demand
from tests.contract.subjects import Subject, bend, close, direction, slope, total, within_sums

NEAR = 1e-7
"""Of gradients by central differences, in float64."""
FAR = 1e-4
"""Of second derivatives by differences of differences."""


def given(subject: Subject) -> list[Any]:
    """The arrays of a subject as tensors."""
    return [tf.constant(a) for a in subject.arrays]


def floating(subject: Subject) -> tuple[int, ...]:
    """The positions of all arrays of real numbers: a tape may watch each of them."""
    return tuple([i for i, a in enumerate(subject.arrays) if a.dtype.kind == "f"])


def traced(function: Callable[..., Any], **options: Any) -> Any:
    """A `tf.function`, as it is written: AutoGraph takes most of the time that tracing does."""
    return tf.function(function, autograph=False, **options)


def slopes(subject: Subject, arrays: Sequence[Any], *positions: int) -> list[Any]:
    """The gradients of the sum of its losses in some of the arrays."""
    watched = [arrays[i] for i in positions]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        loss = subject(*arrays, reduction="sum")
    return tape.gradient(loss, watched)


def bends(subject: Subject, arrays: list[Any], position: int, *others: int) -> list[Any]:
    """The derivatives, in some of the arrays, of the gradient in one along its direction."""
    watched = [arrays[i] for i in others]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        (found,) = slopes(subject, arrays, position)
        along = tf.reduce_sum(found * direction(subject, position))
    return tape.gradient(along, watched)


def close_bend(subject: Subject, got: Any, position: int, along: int, what: Any = "") -> None:
    want = within_sums(subject, position, bend(subject, position, along))
    if got is None:  # what TensorFlow says where nothing depends on it
        close(np.zeros_like(want), want, FAR, f"{what}: nothing in {position}, along {along}")
        return
    close(within_sums(subject, position, got), want, FAR, f"{what}: in {position}, along {along}")


def close_slopes(
    subject: Subject, found: list[Any], positions: Any, what: Any = "", rtol: float = NEAR
) -> None:
    for i, got in zip(positions, found, strict=True):
        assert got is not None, f"{what}: no gradient in {i}"
        close(got, slope(subject, i), rtol, f"{what}: in {i}")


@demand("tensorflow")
def gradients_in_turn(subject: Subject) -> None:
    """Gradients in one array, then in another, then in the first again: eager, traced, after an error."""
    first, *others = floating(subject)
    order = [first, *[i for other in others or [first] for i in (other, first)]]

    def each(arrays: list[Any]) -> list[Any]:
        return [slopes(subject, arrays, i)[0] for i in order]

    for how in (each, tf.function(each), each):
        close_slopes(subject, how(given(subject)), order, how)
        try:
            subject(*given(subject), reduction="no such reduction")
        except (TypeError, ValueError):
            continue
        raise AssertionError("a reduction that there is not was accepted")


@demand("tensorflow")
def persistent_tapes(subject: Subject) -> None:
    """One tape that is asked several times, and of which each loss is asked for, gives the same gradients."""
    arrays = given(subject)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(arrays)
        losses = [subject(*arrays, reduction="sum") for _ in range(2)]
    for loss in losses:
        for i in floating(subject):
            close_slopes(subject, [tape.gradient(loss, arrays[i])], [i])


@demand("tensorflow")
def compiled_by_xla(subject: Subject) -> None:
    """The gradients in all arrays, compiled by XLA."""
    of_all = traced(lambda arrays: slopes(subject, arrays, *floating(subject)), jit_compile=True)
    close_slopes(subject, of_all(given(subject)), floating(subject))


@demand("tensorflow")
def second_derivatives(subject: Subject) -> None:
    """Second derivatives, mixed ones among them, by nested tapes: eager and traced."""

    def of_each(arrays: list[Any]) -> list[Any]:
        return [bends(subject, arrays, i, *floating(subject)) for i in subject.wrt]

    for how in (of_each, traced(of_each)):
        for i, found in zip(subject.wrt, how(given(subject)), strict=True):
            for j, got in zip(floating(subject), found, strict=True):
                close_bend(subject, got, j, i, how)


@demand("tensorflow")
def hessians(subject: Subject) -> None:
    """The whole Hessian, by the Jacobian of a gradient: with pfor and without it."""
    i = subject.wrt[0]
    for pfor in (False, True):
        arrays = given(subject)
        with tf.GradientTape(persistent=not pfor) as tape:
            tape.watch(arrays[i])
            (of_first,) = slopes(subject, arrays, i)
        hessian = tape.jacobian(of_first, arrays[i], experimental_use_pfor=pfor)
        got = np.tensordot(hessian, direction(subject, i), np.ndim(subject.arrays[i]))
        close(got, bend(subject, i), FAR, f"pfor {pfor}")


@demand("tensorflow")
def forward_mode(subject: Subject) -> None:
    """Derivatives along a direction, by a ForwardAccumulator in each array and in all: eager and traced."""
    wrt = floating(subject)

    def along(arrays: list[Any], *positions: int) -> Any:
        tangents = [tf.constant(direction(subject, i)) for i in positions]
        with tf.autodiff.ForwardAccumulator([arrays[i] for i in positions], tangents) as accumulator:
            loss = subject(*arrays, reduction="sum")
        return accumulator.jvp(loss)

    in_all = traced(lambda arrays: along(arrays, *wrt))(given(subject))
    for positions, got in [*[((i,), along(given(subject), i)) for i in wrt], (wrt, in_all)]:
        want = sum(np.sum(slope(subject, i) * direction(subject, i)) for i in positions)
        close(got, want, NEAR, f"in {positions}")


@demand("tensorflow")
def forward_over_reverse(subject: Subject) -> None:
    """Products of a Hessian and a vector, by a ForwardAccumulator around a tape: eager and traced."""

    def along(arrays: list[Any]) -> list[Any]:
        i = subject.wrt[0]
        with tf.autodiff.ForwardAccumulator(arrays[i], tf.constant(direction(subject, i))) as accumulator:
            found = slopes(subject, arrays, *floating(subject))
        return [accumulator.jvp(s) for s in found]

    for how in (along, traced(along)):
        for i, got in zip(floating(subject), how(given(subject)), strict=True):
            close_bend(subject, got, i, subject.wrt[0], how)


@demand("tensorflow")
def vectorized_map(subject: Subject) -> None:
    """The losses and gradients of several batches at once, by vectorized_map."""
    batches = [tf.stack([a, a]) for a in given(subject)]

    def of_one(arrays: list[Any]) -> Any:
        return subject(*arrays, reduction="sum"), slopes(subject, arrays, *floating(subject))

    losses, found = tf.vectorized_map(of_one, batches, fallback_to_while_loop=False)
    close(losses, [total(subject, subject.arrays)] * 2, NEAR, "losses")
    for k in range(2):
        close_slopes(subject, [g[k] for g in found], floating(subject), f"batch {k}")


@demand("tensorflow")
def recomputed(subject: Subject) -> None:
    """Gradients through recompute_grad, eager and traced."""
    wrt = floating(subject)

    def of_all(arrays: list[Any]) -> list[Any]:
        def loss(*values: Any) -> Any:
            merged = dict(enumerate(arrays)) | dict(zip(wrt, values, strict=True))
            return subject(*merged.values(), reduction="sum")

        watched = [arrays[i] for i in wrt]
        with tf.GradientTape() as tape:
            tape.watch(watched)
            value = tf.recompute_grad(loss)(*watched)
        return tape.gradient(value, watched)

    for how in (of_all, traced(of_all)):
        close_slopes(subject, how(given(subject)), wrt, how)


@demand("tensorflow")
def in_a_loop(subject: Subject) -> None:
    """The gradient of a sum of losses that a while_loop adds up."""
    wrt = floating(subject)

    def of_all(arrays: list[Any]) -> list[Any]:
        def body(i: Any, so_far: Any) -> Any:
            return i + 1, so_far + subject(*arrays, reduction="sum")

        watched = [arrays[i] for i in wrt]
        with tf.GradientTape() as tape:
            tape.watch(watched)
            start = tf.constant(0), tf.zeros([], tf.float64)
            _, found = tf.while_loop(lambda i, _: i < 3, body, start)
        return tape.gradient(found, watched)

    close_slopes(subject, [g / 3.0 for g in traced(of_all)(given(subject))], wrt)
