"""`jax.numpy` as formulas get it: with a maximum and a minimum that keep NaN.

Where XLA:CPU fuses one into a long reduction, it is an instruction of the processor that returns its second
operand if one is NaN: the mean of thousands of numbers and one NaN would be a plausible number. So what may
be NaN comes second. A constant would be put there all the same, and therefore is none to XLA. (Selecting by
comparisons costs more: a reduction first puts what is selected into memory.)
"""

from typing import Any

import jax
import jax.numpy as jnp

from lossary._typing import Array


class Namespace:
    def __getattr__(self, name: str) -> Any:
        return getattr(jnp, name)

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
