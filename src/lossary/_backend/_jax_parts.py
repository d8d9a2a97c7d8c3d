"""JAX inside `shard_map`, where each device holds a part of every row, that is, of the classes.

Formulas do not change. Reductions of a row, such as a sum or the position of its maximum, run over all
devices, and positions in a row are global.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NoReturn

import jax.numpy as jnp
from jax import lax

from lossary._backend._jax import Jax
from lossary._backend._jax_namespace import Namespace
from lossary._check import mistake
from lossary._program._formulas import Formulas
from lossary._program._library import Reading
from lossary._typing import Array, AxisName

_OF_A_PART = (
    *("all", "argmin", "mean", "median", "min", "nonzero", "prod", "row_max", "std", "var"),
    *("argsort", "searchsorted", "sort", "unique_all", "unique_counts", "unique_inverse", "unique_values"),
    *("cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "diff", "flip", "roll", "running_total"),
    *("gather", "take_along_axis"),
    *("dot", "einsum", "inner", "linalg", "matmul", "tensordot", "vecdot", "vdot"),
)
"""Functions that would silently act on a part only. No loss that takes `axis_name` uses them."""


class RowsInParts(Namespace):
    """The namespace with reductions over the last axis that extend over the devices.

    All devices get the same results. A NaN in a row appears in its sum, but not necessarily in its maximum.
    """

    pick = Formulas.select

    def __init__(self, names: AxisName):
        super().__init__(jnp)
        self._names = names
        vars(self).update({name: _refusing(name) for name in _OF_A_PART})

    def arange_beside(self, size: int, like: Array) -> Array:
        return jnp.arange(size) + self._offset(like)

    def positions(self, x: Array, ids: Array) -> Array:
        return self.arange_like(x) == ids[..., None]

    def broadcast_like(self, x: Array, like: Array) -> Array:
        return jnp.broadcast_to(x, like.shape)

    def _offset(self, x: Array) -> Array:
        """The number of elements of each row on the devices before this one."""
        return x.shape[-1] * lax.axis_index(self._names)

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
        x = lax.stop_gradient(x)  # positions have no derivative, and `pmax` has no rule for one
        part = jnp.max(x, axis=axis)
        largest = lax.pmax(part, self._names)
        here = (part == largest) | (part != part)
        first = jnp.argmax(x, axis=axis) + self._offset(x)
        return lax.pmin(jnp.where(here, first, x.shape[-1] * lax.psum(1, self._names)), self._names)


def _must_be_last(axis: Any) -> None:
    if axis != -1:
        raise NotImplementedError(f"only axis -1 of sharded rows can be reduced, not {axis}")


class _DifferentiatedInParts(RowsInParts):
    is_differentiated = True

    maximum: Any = staticmethod(jnp.maximum)
    minimum: Any = staticmethod(jnp.minimum)

    def max(self, x: Array, axis: Any = None, **options: Any) -> Array:
        largest = self.pick(x, self.argmax(x, axis=axis))
        return largest[..., None] if options.get("keepdims") else largest


def _refusing(name: str) -> Any:
    def refuse(*args: Any, **options: Any) -> NoReturn:
        raise NotImplementedError(f"{name} does not work on a part of a row")

    return refuse


class JaxInParts(Jax):
    """JAX with the mapped axes over which the elements of each row are sharded."""

    def __init__(self, axis_name: AxisName):
        super().__init__(RowsInParts(axis_name), _DifferentiatedInParts(axis_name))
        self.axis_name = axis_name

    def sum(self, x: Array, axis: tuple[int, ...]) -> Array:
        return jnp.sum(x, axis=axis)  # over examples, which belong to this device

    def row_length(self, length: int) -> int:
        return length * self.devices()

    def devices(self) -> int:
        try:
            count: int = lax.psum(1, self.axis_name)  # known while tracing
        except NameError:
            raise mistake(
                "L130",
                f"`axis_name` {self.axis_name!r} is not a mapped axis here",
                why="it names the mesh axis over which the classes of each row are sharded",
                fix="call it inside jax.shard_map over a mesh with this axis; arrays that are sharded under"
                " jax.jit need no axis_name",
            ) from None
        return count

    def mode(self) -> Any:
        return super().mode(), self.devices()

    def reading(self, x: Array) -> Reading:
        # Only a part is visible here, and it cannot be checked: a part of a distribution sums to less than 1.
        return Reading.FREE if isinstance(x, float | int) else Reading.IMPOSSIBLE

    def raise_when_run(self, wrong: Callable[[], Array], explain: Callable[[Any], str], seen: Any) -> None:
        super().raise_when_run(wrong, self._explain, ())

    def _explain(self, _: Any) -> str:
        return (
            f"a row along {self.axis_name!r} has a value outside its domain:"
            " an id that is not a class, labels that are not a distribution, or a negative weight"
        )


@lru_cache(maxsize=64)
def rows_in_parts(axis_name: AxisName) -> Jax:
    return JaxInParts(axis_name)
