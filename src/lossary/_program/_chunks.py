"""What rules ask of an array library: to go through arrays in parts, and to speak with other devices."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lossary._check import LossTypeError, mistake
from lossary._program._rule import Inputs, Rule
from lossary._typing import Array


class Chunks:
    """As the array API standard alone answers it, on one device."""

    name: str
    xp: Any
    has_unknown_sizes = False
    """Whether a size may be None, for one that shows only when what is built here runs."""

    def derived(self, rule: Rule, inputs: Inputs, options: Any) -> Array:
        """The output of a rule; where there is autodiff, with the rule's derivative."""
        with np.errstate(all="ignore"):
            return rule.value(self, inputs, options)[0]

    def value_to_pull(
        self, rule: Rule, inputs: Inputs, options: Any, wanted: tuple[bool, ...]
    ) -> tuple[Array, tuple[Array, ...]]:
        """The output of a rule and what it saves, for `pull` to be called next."""
        with np.errstate(all="ignore"):
            return rule.value_to_pull(self, inputs, options, wanted)

    def pull(
        self, rule: Rule, inputs: Inputs, options: Any, saved: Any, cotangent: Array, wanted: tuple[bool, ...]
    ) -> tuple[Array | None, ...]:
        """The gradients of a rule."""
        with np.errstate(all="ignore"):
            return rule.pull(self, inputs, options, saved, cotangent, wanted)

    def knows(self, size: int) -> bool:
        """Whether a size is a number, and not a symbol of a program that is made for all sizes."""
        return True

    def fold(self, step: Callable[[Any, Any], Any], carry: Any, count: int) -> Any:
        """``carry = step(i, carry)`` for i from 0 to count - 1; not to be differentiated."""
        for i in range(count):
            carry = step(i, carry)
        return carry

    def sweep(self, step: Callable[[Any, int, Any], Any], carry: Any, length: int, size: int) -> Any:
        """``carry = step(start, size, carry)`` over a length in parts, of which the last may be smaller."""
        count, rest = length // size, length % size
        if count:
            carry = self.fold(lambda i, carry: step(i * size, size, carry), carry, count)
        return step(count * size, rest, carry) if rest else carry

    def part(self, x: Array, start: Any, size: int, axis: int = 0) -> Array:
        """``x[start : start + size]`` along an axis; `start` may be computed from the `i` of a fold."""
        return x[(*[slice(None)] * axis, slice(start, start + size), ...)]

    def put(self, x: Array, start: Any, part: Array, axis: int = 0) -> Array:
        """`x` with a part replaced, which may be written into `x` itself."""
        x[(*[slice(None)] * axis, slice(start, start + part.shape[axis]), ...)] = part
        return x

    def add(self, x: Array, start: Any, part: Array) -> Array:
        """`x` with something added to a part, which may be done in `x` itself."""
        x[start : start + part.shape[0], ...] += part
        return x

    def block(self, like: Array) -> int:
        """How many elements of temporaries stay in the cache; 0 where that does not matter."""
        return 0

    def replace(self, x: Array, ids: Array, value: Any) -> Array:
        """`x`, which may be written to, with the element of each row replaced that `ids` names.

        `value` is a number or one for each row; an id outside the row names none.
        """
        if hasattr(value, "ndim"):
            value = value[..., None]
        return self.xp.where(self.xp.positions(x, ids), value, x)

    def exp(self, x: Array) -> Array:
        """exp(x), which may be written into `x` itself."""
        return self.xp.exp(x)

    def minus(self, x: Array, y: Array) -> Array:
        """x - y, which may be written into `x` itself."""
        x -= y
        return x

    def times(self, x: Array, y: Array) -> Array:
        """x * y, which may be written into `x` itself."""
        x *= y
        return x

    def factor_dtype(self, dtype: Any, of_sums: Any) -> Any:
        """What matrices of `dtype` are brought to before `matmul` adds up their products in `of_sums`."""
        return of_sums

    def matmul(self, a: Array, b: Array, of_sums: Any) -> Array:
        return a @ b

    def tile(self, like: Array) -> int:
        """How many elements of something too large to exist are computed at once, to be quick."""
        return 1 << 24

    def ring(
        self, step: Callable[[Any, Any, Any], tuple[Any, Any]], carry: Any, tree: Any, axis_name: Any
    ) -> Any:
        """``carry, tree = step(hop, carry, tree)`` at each device of a mapped axis; trees travel around.

        In the end each tree is home again, having met the carry of every device. Without an axis there is
        one device.
        """
        if axis_name is not None:
            raise self._no_mapped_axis("`axis_name` names", "the whole of each array: all_gather before")
        return step(0, carry, tree)

    def is_spread(self, x: Array) -> bool:
        """Whether an array may be in parts on several devices without that being seen here."""
        return False

    def psum(self, tree: Any, axis_name: Any) -> Any:
        raise self._no_mapped_axis("psum sums over", "add totals with +")

    def pmax(self, x: Array, axis_name: Any) -> Array:
        raise self._no_mapped_axis("`axis_name` names", "the whole of each array")

    def place(self, axis_name: Any) -> tuple[Array, int]:
        """Which of the devices along a mapped axis this is, and how many there are."""
        raise self._no_mapped_axis("`axis_name` names", "the whole of each array")

    def whole_cotangent(self, cotangent: Array, axis_name: Any) -> Array:
        """The cotangent of what all devices of a mapped axis have in common."""
        raise self._no_mapped_axis("`axis_name` names", "the whole of each array")

    def _no_mapped_axis(self, what: str, fix: str) -> Exception:
        return mistake(
            "L005",
            f"{what} a mapped axis of JAX, but these are {self.name} arrays",
            fix=fix,
            kind=LossTypeError,
        )
