"""`jax.numpy` as formulas get it: with a maximum and a minimum that keep NaN.

A reduction into which XLA:CPU fuses a maximum leaves NaN out where it is long enough to be vectorised: the
mean of thousands of numbers and one NaN would be a plausible number. What is added here to the maximum is 0,
or NaN for a NaN. It is made of a sign, as what a reduction selects by comparing it first puts into memory.
"""

from typing import Any

import jax.numpy as jnp

from lossary._typing import Array


class Namespace:
    def __getattr__(self, name: str) -> Any:
        return getattr(jnp, name)

    def maximum(self, x: Array, bound: Array) -> Array:
        """NaN where x is NaN."""
        return jnp.maximum(x, bound) + 0.0 * jnp.sign(x)

    def minimum(self, x: Array, bound: Array) -> Array:
        """NaN where x is NaN."""
        return jnp.minimum(x, bound) + 0.0 * jnp.sign(x)
