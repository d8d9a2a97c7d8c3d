"""What JAX may expect."""

import functools
from typing import Any

import jax
import jax.numpy as jnp

import lossary
from tests.contract.demands import demand
from tests.contract.subjects import Subject, close, numbers, slope

NEAR = 3e-5
"""Of float32, in which all of this is computed where 64 bits are off."""


def given(subject: Subject) -> list[Any]:
    """The arrays of a subject as JAX's, integers as they are."""
    return [jnp.asarray(a) for a in subject.arrays]


def summed(subject: Subject) -> Any:
    """The sum of its losses."""
    return functools.partial(subject, reduction="sum")


def twice(arrays: Any) -> tuple[Any, ...]:
    """A batch of two alike."""
    return tuple([jnp.stack([x, x]) for x in arrays])


def close_slope(subject: Subject, got: Any, position: int, what: str = "") -> None:
    close(got, slope(subject, position), NEAR, what)


@demand("jax")
def gradients_in_turn(subject: Subject) -> None:
    """Gradients in one array, then in another, then in the first again, eager and in one program."""
    loss, arrays = summed(subject), given(subject)
    turns = [(i,) for i in (*subject.wrt, *subject.wrt)] + [subject.wrt]

    def in_turn(*arrays: Any) -> list[Any]:
        return [jax.grad(loss, wrt)(*arrays) for wrt in turns]

    for found in (in_turn(*arrays), jax.jit(in_turn)(*arrays), in_turn(*arrays)):
        for wrt, gradients in zip(turns, found, strict=True):
            for position, gradient in zip(wrt, gradients, strict=True):
                close_slope(subject, gradient, position, f"{wrt} of {turns}")


@demand("jax", lambda subject: bool(numbers(subject)), ours="L006")
def gradients_after_an_error(subject: Subject) -> None:
    """After a gradient that there is none in a parameter, those in the arrays are right."""
    arrays = given(subject)
    for name, value in numbers(subject).items():

        def of_number(number: Any, *arrays: Any, name: str = name) -> Any:
            return subject(*arrays, **{name: number}, reduction="sum")

        for loss in (of_number, jax.jit(of_number, inline=True)):
            for _ in range(2):
                try:
                    jax.eval_shape(jax.grad(loss), value, *arrays)
                except lossary.LossInputError as error:
                    if error.code != "L006":
                        raise
                jax.eval_shape(jax.grad(loss, 1), value, *arrays)
        close_slope(subject, jax.grad(of_number, 1)(value, *arrays), 0, f"after {name}")


@demand("jax")
def gradients_under_transformations(subject: Subject) -> None:
    """Gradients inside `vmap` and `scan`, and of `vmap`, `scan`, `checkpoint` and inlined `jit`."""
    loss, arrays = summed(subject), given(subject)

    def of_scan(*arrays: Any) -> Any:
        def step(so_far: Any, _: Any) -> Any:
            return so_far + loss(*arrays), None

        return jax.lax.scan(step, 0.0, jnp.arange(2))[0]

    def of_vmap(*arrays: Any) -> Any:
        return jnp.sum(jax.vmap(loss)(*twice(arrays)))

    def program(*arrays: Any) -> dict[str, Any]:
        gradient = jax.grad(loss, subject.wrt)
        return {
            "in vmap": [g[1] for g in jax.vmap(gradient)(*twice(arrays))],
            "in scan": [g[1] for g in jax.lax.map(lambda x: gradient(*x), twice(arrays))],
            "of vmap": [0.5 * g for g in jax.grad(of_vmap, subject.wrt)(*arrays)],
            "of scan": [0.5 * g for g in jax.grad(of_scan, subject.wrt)(*arrays)],
            "of checkpoint": jax.grad(jax.checkpoint(loss), subject.wrt)(*arrays),
            "of jit": jax.grad(jax.jit(loss, inline=True), subject.wrt)(*arrays),
        }

    for what, gradients in jax.jit(program)(*arrays).items():
        for position, gradient in zip(subject.wrt, gradients, strict=True):
            close_slope(subject, gradient, position, what)
