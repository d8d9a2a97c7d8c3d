"""What JAX may expect of derivatives in forward mode, and of second ones."""

from typing import Any

import jax
import jax.numpy as jnp

from tests.contract.demands import demand
from tests.contract.of_jax import NEAR, close_slope, given, summed
from tests.contract.subjects import Subject, bend, close, direction, slope

BENT = 1e-3
"""Of second derivatives: those by differences have fewer digits."""


def moves(subject: Subject) -> tuple[Any, ...]:
    """A direction for each array that has a gradient."""
    return tuple([jnp.asarray(direction(subject, i)) for i in subject.wrt])


def of_wrt(subject: Subject) -> tuple[Any, tuple[Any, ...]]:
    """The sum of the losses as a function of what it has gradients in, and where to take it."""
    loss, arrays = summed(subject), given(subject)

    def of(*values: Any) -> Any:
        moved = list(arrays)
        for position, value in zip(subject.wrt, values, strict=True):
            moved[position] = value
        return loss(*moved)

    return of, tuple([arrays[i] for i in subject.wrt])


@demand("jax")
def forward_mode(subject: Subject) -> None:
    """Derivatives by `jvp`, `linearize` and `jacfwd`."""
    loss, values = of_wrt(subject)
    along = moves(subject)
    want = sum([jnp.vdot(slope(subject, i), direction(subject, i)) for i in subject.wrt])
    close(jax.jvp(loss, values, along)[1], want, NEAR, "jvp")

    def program(values: Any, along: Any) -> Any:
        of_each = [jax.jacfwd(loss, i)(*values) for i in range(len(values))]
        return jax.linearize(loss, *values)[1](*along), of_each

    linear, of_each = jax.jit(program)(values, along)
    close(linear, want, NEAR, "linearize")
    for position, found in zip(subject.wrt, of_each, strict=True):
        close_slope(subject, found, position, "jacfwd")


@demand("jax")
def second_derivatives(subject: Subject) -> None:
    """Second derivatives forward over reverse, reverse over reverse, and by `hessian`."""
    loss, values = of_wrt(subject)
    along = moves(subject)
    every = tuple(range(len(values)))
    gradient = jax.grad(loss, every)

    def program(values: Any, along: Any) -> dict[str, Any]:
        def sloped(*values: Any) -> Any:
            return sum([jnp.vdot(g, v) for g, v in zip(gradient(*values), along, strict=True)])

        return {
            "jvp of grad": jax.jvp(gradient, values, along)[1],
            "grad of grad": jax.grad(sloped, every)(*values),
            "hessian": times(jax.hessian(loss, every)(*values), along),
            "jacrev of grad": times(jax.jacrev(gradient, every)(*values), along),
        }

    def times(blocks: Any, along: Any) -> list[Any]:
        return [sum([jnp.tensordot(b, v, v.ndim) for b, v in zip(row, along, strict=True)]) for row in blocks]

    for what, found in jax.jit(program)(values, along).items():
        for position, got in zip(subject.wrt, found, strict=True):
            want = sum([bend(subject, position, i) for i in subject.wrt])
            close(got, want, BENT, f"{what}, {position}")
