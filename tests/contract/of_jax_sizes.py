"""What JAX may expect of sizes and numbers that change, and of sizes that are symbols."""

from functools import partial
from typing import Any

import jax
from jax import export

from tests.contract.demands import demand
from tests.contract.of_jax import NEAR, given, summed
from tests.contract.subjects import SIZES, Arrays, Subject, close, slope_at, total


def derived(subject: Subject, **options: Any) -> Any:
    """The sum of the losses and the gradients."""
    return jax.value_and_grad(partial(summed(subject), **options), subject.wrt)


def close_all(subject: Subject, found: Any, arrays: Arrays, what: str, **options: Any) -> None:
    value, slopes = found
    close(value, total(subject, arrays, **options), NEAR, what)
    for position, got in zip(subject.wrt, slopes, strict=True):
        want = slope_at(subject, arrays, position, **options)
        close(got, want, NEAR, f"{what}, in {position}")


@demand("jax")
def of_any_size(subject: Subject) -> None:
    """Ten numbers of examples, there and back, compiled; and some of them eager."""
    derive = derived(subject)
    compiled = jax.jit(derive)
    for count in (*SIZES, *reversed(SIZES)):
        arrays = subject.resized(count)
        close_all(subject, compiled(*arrays), arrays, f"{count} examples")
    for count in SIZES[:3]:
        arrays = subject.resized(count)
        close_all(subject, derive(*arrays), arrays, f"{count} examples, eager")


@demand("jax", lambda subject: bool(subject.ten_values))
def ten_values_of_numbers(subject: Subject) -> None:
    """Ten values of each number, there and back: as a number, and as an argument of a compiled function."""
    arrays = subject.arrays
    for name, values in subject.ten_values.items():

        @jax.jit
        def compiled(number: Any, *arrays: Any, name: str = name) -> Any:
            return derived(subject, **{name: number})(*arrays)

        for value in (*values, *reversed(values)) if len(values) > 1 else ():
            option = {name: value}
            close_all(subject, compiled(value, *arrays), arrays, f"{name}={value}", **option)
        for value in (*values[-2:], values[0]):
            option = {name: value}
            close_all(subject, derived(subject, **option)(*given(subject)), arrays, f"{option}", **option)


@demand("jax")
def exported(subject: Subject) -> None:
    """`jax.export` with a batch of any size, called with several."""
    (batch,) = export.symbolic_shape("batch")
    kinds = [
        jax.ShapeDtypeStruct(a.shape if i in subject.shared else (batch, *a.shape[1:]), a.dtype)
        for i, a in enumerate(given(subject))
    ]
    program = export.export(jax.jit(derived(subject)))(*kinds)
    read = export.deserialize(program.serialize())
    for count in SIZES[:2]:
        arrays = subject.resized(count)
        typed = [a.astype(kind.dtype) for a, kind in zip(arrays, kinds, strict=True)]
        close_all(subject, read.call(*typed), arrays, f"{count} examples")
