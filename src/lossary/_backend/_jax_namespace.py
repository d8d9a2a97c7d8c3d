"""`jax.numpy` for formulas: with NaN-preserving maximum and minimum, and rows that may be sharded.

If XLA:CPU fuses a maximum into a long reduction, it becomes a processor instruction that returns its second
operand if one is NaN: the mean of thousands of numbers and one NaN would be a plausible number. Therefore the
operand that may be NaN comes second. XLA would still move a constant there, so constants are hidden from it.
(Selecting by comparison costs more, because the reduction first stores the selected values in memory.)
A minimum of a maximum loses NaN in any order, a maximum of a maximum does not. So a minimum is a negated
maximum.
"""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import jax
import jax.numpy as jnp

from lossary._backend._jax_split import explicit_sharding
from lossary._program._formulas import Formulas
from lossary._typing import Array, Number


def promoting(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function for JAX to trace with fixed dtype and rank promotion, whatever settings users have for their
    own code.
    """

    @wraps(function)
    def traced(*args: Any) -> Any:
        with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
            return function(*args)

    return traced


class Rows(Formulas):
    """Rows that may be sharded over devices, according to the type of the array."""

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
        return jnp.max(x, axis=-1) + 0.0 * jnp.sum(jnp.sign(x), axis=-1)  # the sum propagates NaN

    def running_total(self, x: Array) -> Array:
        return jnp.cumsum(x, axis=-1)

    def ungather(self, x: Array, order: Array) -> Array:
        if explicit_sharding(x) is not None:
            return super().ungather(x, order)
        beside = (*x.shape[:-1], 1)
        rows = [jax.lax.broadcasted_iota(order.dtype, beside, i) for i in range(x.ndim - 1)]
        return jnp.zeros_like(x).at[(*rows, order)].set(x, unique_indices=True)

    def latest(self, at: Array, marked: Array) -> Array:
        return jax.lax.cummax(jnp.where(marked, at, 0), axis=at.ndim - 1)

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
    """For formulas whose derivatives are given by rules."""

    def each(self, formula: Callable[..., Array], *rows: Array) -> Array:
        shapes = {x.shape for x in rows}
        if len(shapes) > 1 or rows[0].shape[-1] > _NARROW or not is_one_cpu():
            return formula(*rows)
        return formula(*[x.reshape(-1) for x in rows]).reshape(rows[0].shape)

    def maximum(self, x: Array, bound: Array) -> Array:
        """NaN where x is NaN; if both are arrays, x is the first."""
        return jnp.maximum(*self._bound_first(x, bound))

    def minimum(self, x: Array, bound: Array) -> Array:
        """NaN where x is NaN; if both are arrays, x is the first."""
        bound, x = self._bound_first(x, bound)
        return -jnp.maximum(-bound, -x)

    def _bound_like(self, x: Array, bound: Number) -> Array:
        """The bound; if it is a number, hidden from XLA's constant folding."""
        if isinstance(bound, float | int):
            return jax.lax.optimization_barrier(jnp.asarray(bound, dtype=x.dtype))
        return bound

    def row_max(self, x: Array) -> Array:
        total = jnp.sum(jnp.abs(x), axis=-1)  # a sum of signs takes XLA:CPU ten times as long in narrow rows
        return jnp.max(x, axis=-1) + 0.0 * jnp.minimum(self._bound_like(total, 1.0), total)

    def _bound_first(self, x: Array, bound: Array) -> tuple[Array, Array]:
        if isinstance(x, float | int):
            x, bound = bound, x
        return self._bound_like(x, bound), x


_NARROW = 64
"""Up to this length, XLA:CPU sums rows several times more slowly than one long row."""


@cache
def is_one_cpu() -> bool:
    """Whether the only device is a CPU: then no array can be sharded."""
    return bool(jax.default_backend() == "cpu" and jax.device_count() == 1)


def _row_sharding(x: Array) -> Any:
    """How the last axis of `x` is sharded according to its type, in which case JAX must not gather.

    None if the axis is not sharded or the compiler decides; the compiler turns a gather into a small sum.
    """
    if not hasattr(jax, "typeof"):  # in older JAX, types have no sharding
        return None
    sharding = jax.typeof(x).sharding
    axes = sharding.spec[-1] if len(sharding.spec) == x.ndim > 0 else None
    return None if axes is None else sharding.update(spec=jax.sharding.PartitionSpec(axes))
