"""`jax.numpy` as formulas get it: with a maximum and a minimum that keep NaN, and rows that may be spread.

Where XLA:CPU fuses a maximum into a long reduction, it is an instruction of the processor that returns its
second operand if one is NaN: the mean of thousands of numbers and one NaN would be a plausible number. So
what may be NaN comes second. A constant would be put there all the same, and therefore is none to XLA.
(Selecting by comparisons costs more: a reduction first puts what is selected into memory.)
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import jax
import jax.numpy as jnp

from lossary._backend._jax_split import explicit_sharding
from lossary._program._formulas import Formulas
from lossary._typing import Array


def promoting(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that JAX traces: how dtypes and shapes of formulas promote is decided here, whatever users
    demand of code of theirs.
    """

    @wraps(function)
    def traced(*args: Any) -> Any:
        with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
            return function(*args)

    return traced


class Rows(Formulas):
    """Rows of which the type of an array may say that they are spread over devices."""

    def arange_beside(self, size: int, like: Array) -> Array:
        return jnp.arange(size)

    def constant(self, x: Array) -> Array:
        return jax.lax.stop_gradient(x)

    def positions(self, x: Array, ids: Array) -> Array:
        sharding = _row_sharding(x)
        if sharding is None:
            return super().positions(x, ids)
        return jnp.arange(x.shape[-1], out_sharding=sharding) == ids[..., None]

    def pick(self, x: Array, ids: Array) -> Array:
        return super().pick(x, ids) if _row_sharding(x) is None else self.select(x, ids)

    def look_up(self, values: Array, ids: Array) -> Array:
        spread = explicit_sharding(ids)
        return values[ids] if spread is None else values.at[ids].get(out_sharding=spread)

    def row_max(self, x: Array) -> Array:
        return jnp.max(x, axis=-1) + 0.0 * jnp.sum(jnp.sign(x), axis=-1)  # NaN shows in the sum

    def running_total(self, x: Array) -> Array:
        return jnp.cumsum(x, axis=-1)

    def broadcast_like(self, x: Array, like: Array) -> Array:
        if _row_sharding(like) is None:
            return super().broadcast_like(x, like)
        return jnp.broadcast_to(x, like.shape, out_sharding=jax.typeof(like).sharding)

    def scan(
        self,
        step: Callable[[Any, Any], tuple[Any, Array]],
        carry: Any,
        along: tuple[Array, ...],
        reverse: bool,
    ) -> tuple[Any, Array]:
        last, found = jax.lax.scan(step, carry, along, reverse=reverse)
        return last, found


class Namespace(Rows):
    """For formulas whose derivatives are rules."""

    def maximum(self, x: Array, bound: Array) -> Array:
        """NaN where x is NaN; of two arrays the first is x."""
        return jnp.maximum(*self._bound_first(x, bound))

    def minimum(self, x: Array, bound: Array) -> Array:
        """NaN where x is NaN; of two arrays the first is x."""
        return jnp.minimum(*self._bound_first(x, bound))

    def bound_like(self, x: Array, number: float) -> Array:
        """A number to be a bound."""
        return jax.lax.optimization_barrier(jnp.asarray(number, dtype=x.dtype))

    def _bound_first(self, x: Array, bound: Array) -> tuple[Array, Array]:
        if isinstance(x, float | int):
            x, bound = bound, x
        return self.bound_like(x, bound) if isinstance(bound, float | int) else bound, x


def _row_sharding(x: Array) -> Any:
    """How the type of `x` says that its last axis is spread over devices, where JAX gathers nothing.

    None if it is whole, or if the compiler is to find out: it then makes a small sum of a gather.
    """
    if not hasattr(jax, "typeof"):  # before types told anything
        return None
    sharding = jax.typeof(x).sharding
    axes = sharding.spec[-1] if len(sharding.spec) == x.ndim > 0 else None
    return None if axes is None else sharding.update(spec=jax.sharding.PartitionSpec(axes))
