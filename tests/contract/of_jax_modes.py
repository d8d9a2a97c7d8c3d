"""What JAX may expect in its strict modes, and of what is no array of numbers."""

import re
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import lossary
from tests.contract.cannot import OF_SEQUENCES
from tests.contract.demands import demand
from tests.contract.of_jax import close_slope, given, summed
from tests.contract.subjects import Subject


def _program(subject: Subject, arrays: list[Any]) -> str:
    """What JAX traces of the gradients and of the derivative of one of them."""
    gradient = jax.grad(summed(subject), subject.wrt)

    def of_first(*arrays: Any) -> Any:
        return jnp.sum(gradient(*arrays)[0])

    traced = [jax.make_jaxpr(gradient)(*arrays)]
    if subject.loss not in OF_SEQUENCES:  # of which there is no second derivative
        traced.append(jax.make_jaxpr(jax.grad(of_first))(*arrays))
    return re.sub(r"0x\w+", "", str(traced))


def _halved(subject: Subject, arrays: list[Any]) -> list[Any]:
    """The first in half precision; for peers all, as only ours promote what JAX does not."""
    last = 1 if subject.loss else len(arrays)
    floating = [jnp.issubdtype(a.dtype, jnp.floating) for a in arrays[:last]]
    halved = [a.astype(jnp.bfloat16) if f else a for a, f in zip(arrays, floating, strict=False)]
    return [*halved, *arrays[last:]]


@demand("jax")
def strict_promotion(subject: Subject) -> None:
    """Where promotion of ranks and dtypes is forbidden, the same programs; also of half precision."""
    arrays = given(subject)
    for of in (arrays, _halved(subject, arrays)):
        want = _program(subject, of)
        with jax.numpy_rank_promotion("raise"), jax.numpy_dtype_promotion("strict"):
            assert _program(subject, of) == want


@demand("jax")
def no_leaks(subject: Subject) -> None:
    """Nothing that a trace made outlives it."""
    arrays = given(subject)
    with jax.checking_leaks():
        jax.eval_shape(jax.grad(summed(subject), subject.wrt), *arrays)


@demand("jax")
def stopping_at_nan_and_infinity(subject: Subject) -> None:
    """Nothing that is NaN or infinite where JAX looks: eager and compiled."""
    derive = jax.grad(summed(subject), subject.wrt)
    with jax.debug_nans(True), jax.debug_infs(True):
        for found in (derive(*given(subject)), jax.jit(derive)(*given(subject))):
            for position, gradient in zip(subject.wrt, found, strict=True):
                close_slope(subject, gradient, position)


@demand("jax", ours="the words of an error")
def keys_of_random_numbers(subject: Subject) -> None:
    """Random keys in the place of any array are refused, by name, eager and traced."""
    for position, array in enumerate(given(subject)):
        keys = jax.random.split(jax.random.key(0), array.shape)
        arrays = subject.replaced(position, keys)
        for call in (subject, jax.jit(lambda *arrays: subject(*arrays))):
            with pytest.raises(lossary.LossTypeError, match=f"`{subject.called[position]}`") as caught:
                call(*map(jnp.asarray, arrays))
            assert caught.value.code == "L005"
