"""JAX inside `shard_map`, where each device has a part of every row: of the classes, that is.

Formulas stay as they are. What they say of a whole row, a sum or where it is largest, is said of the row over
all devices, and positions in a row are counted over all of them.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax.numpy as jnp
from jax import lax

from lossary._backend._base import Backend, Reading
from lossary._backend._jax import Differentiated, Jax
from lossary._backend._jax_namespace import Namespace
from lossary._check import mistake
from lossary._typing import Array, AxisName

_OF_A_PART = frozenset(
    ("all", "argmin", "argsort", "cumsum", "cumulative_sum", "mean", "min", "prod", "sort", "take_along_axis")
)
"""What would silently be that of a part. No loss that takes `axis_name` asks for it."""


class RowsInParts(Namespace):
    """The namespace, whose reductions over the last axis go on over the devices.

    Results are the same on all of them. A NaN in a row shows in its sum, but need not in its maximum.
    """

    def __init__(self, backend: "JaxInParts"):
        self.rows_in_parts = backend
        self._names = backend.axis_name

    def __getattr__(self, name: str) -> Any:
        if name in _OF_A_PART:
            raise NotImplementedError(f"{name} of a row of which there is only a part")
        return super().__getattr__(name)

    def sum(self, x: Array, axis: Any = None, **options: Any) -> Array:
        _must_be_last(axis)
        return lax.psum(jnp.sum(x, axis=axis, **options), self._names)

    def any(self, x: Array, axis: Any = None) -> Array:
        return lax.pmax(jnp.any(x, axis=axis).astype(jnp.int32), self._names) > 0

    def max(self, x: Array, axis: Any = None, **options: Any) -> Array:
        _must_be_last(axis)
        return lax.pmax(jnp.max(x, axis=axis, **options), self._names)

    def argmax(self, x: Array, axis: Any = None) -> Array:
        _must_be_last(axis)
        x = lax.stop_gradient(x)  # no position has a derivative, and `pmax` no rule for one
        part = jnp.max(x, axis=axis)
        largest = lax.pmax(part, self._names)
        here = (part == largest) | (part != part)
        first = jnp.argmax(x, axis=axis) + self.rows_in_parts.offset(x)
        return lax.pmin(jnp.where(here, first, self.rows_in_parts.row_length(x.shape[-1])), self._names)


def _must_be_last(axis: Any) -> None:
    if axis != -1:
        raise NotImplementedError(f"of parts of rows axis -1 is reduced, not {axis}")


class _DifferentiatedInParts(Differentiated):
    def max(self, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
        largest = self._xp.rows_in_parts.pick(x, self._xp.argmax(x, axis=axis))
        return largest[..., None] if keepdims else largest


class JaxInParts(Jax):
    """JAX with the mapped axes over which the elements of each row are spread."""

    def __init__(self, axis_name: AxisName):
        super().__init__()
        self.axis_name = axis_name
        self.xp = RowsInParts(self)
        self.differentiated = _DifferentiatedInParts(self.xp)

    pick = Backend.select

    def sum(self, x: Array, axis: tuple[int, ...]) -> Array:
        return jnp.sum(x, axis=axis)  # of examples, which are those of this device

    def arange(self, size: int, like: Array) -> Array:
        return jnp.arange(size) + self.offset(like)

    def offset(self, x: Array) -> Array:
        """How many elements of each row the devices before this one have."""
        return x.shape[-1] * lax.axis_index(self.axis_name)

    def row_length(self, length: int) -> int:
        return length * self.devices()

    def devices(self) -> int:
        try:
            count: int = lax.psum(1, self.axis_name)  # known while tracing
        except NameError:
            raise mistake(
                "L130",
                f"`axis_name` {self.axis_name!r} names no axis that is mapped here",
                why="it says over which devices the classes of each row are spread",
                fix="call it inside jax.shard_map over a mesh with this axis; arrays that are sharded under"
                " jax.jit need no axis_name",
            ) from None
        return count

    def mode(self, like: Array) -> Any:
        return super().mode(like), self.devices()

    def reading(self, x: Array) -> Reading:
        # What is in reach is a part, of which nothing can be said: a part of a distribution sums to less.
        return Reading.FREE if isinstance(x, float | int) else Reading.IMPOSSIBLE

    def raise_when_run(self, wrong: Callable[[], Array], explain: Callable[[Any], str], seen: Any) -> None:
        super().raise_when_run(wrong, self._explain, ())

    def _explain(self, _: Any) -> str:
        return (
            f"of the rows along {self.axis_name!r} one has a value outside its domain:"
            " an id that is no class, labels that are no distribution, a negative weight"
        )


@lru_cache(maxsize=64)
def rows_in_parts(axis_name: AxisName) -> Jax:
    return JaxInParts(axis_name)
