"""What JAX may expect."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import lossary
from tests.contract.demands import demand
from tests.contract.subjects import Subject, close, slope

NEAR = 3e-5
"""Of float32, in which all of this is computed where 64 bits are off."""


def given(subject: Subject) -> list[Any]:
    """The arrays of a subject as JAX's, integers as they are."""
    return [jnp.asarray(a) for a in subject.arrays]


def summed(subject: Subject) -> Any:
    """The sum of its losses."""
    return functools.partial(subject, reduction="sum")


def close_slope(subject: Subject, got: Any, position: int, what: str = "") -> None:
    close(got, slope(subject, position), NEAR, what)


@demand("jax", lambda subject: len(subject.wrt) > 1)
def gradients_in_turn(subject: Subject) -> None:
    """Gradients in one array, then in another, then in the first again, eager and in one program."""
    for a in subject.wrt:
        for b in subject.wrt:
            loss, arrays = summed(subject), given(subject)
            for i in (a, b, a):
                close_slope(subject, jax.grad(loss, i)(*arrays), i, f"{a}, {b}, {a}: {i}")
