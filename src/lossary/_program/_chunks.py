"""What rules need from an array library: processing arrays in parts, and communication between devices."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lossary._check import LossTypeError, mistake
from lossary._program._rule import Inputs, Rule
from lossary._typing import Array


class Chunks:
    """The implementation on the array API standard alone, for one device."""

    name: str
    xp: Any
    has_unknown_sizes = False
    """Whether a size may be None because it is known only when the program runs."""

    def derived(self, rule: Rule, inputs: Inputs, options: Any) -> Array:
        """The output of a rule; with autodiff, carrying the rule's derivative."""
        with np.errstate(all="ignore"):
            return rule.value(self, inputs, options)[0]

    def value_to_pull(
        self, rule: Rule, inputs: Inputs, options: Any, wanted: tuple[bool, ...]
    ) -> tuple[Array, tuple[Array, ...]]:
        """The output of a rule and what it saves for the following `pull`."""
        with np.errstate(all="ignore"):
            return rule.value_to_pull(self, inputs, options, wanted)

    def pull(
        self, rule: Rule, inputs: Inputs, options: Any, saved: Any, cotangent: Array, wanted: tuple[bool, ...]
    ) -> tuple[Array | None, ...]:
        """The gradients of a rule."""
        with np.errstate(all="ignore"):
            return rule.pull(self, inputs, options, saved, cotangent, wanted)

    def knows(self, size: int) -> bool:
        """Whether a size is a number rather than a symbol in a program for all sizes."""
        return True

    def fold(self, step: Callable[[Any, Any], Any], carry: Any, count: int) -> Any:
        """``carry = step(i, carry)`` for i from 0 to count - 1; not differentiable."""
        for i in range(count):
            carry = step(i, carry)
        return carry

    def sweep(self, step: Callable[[Any, int, Any], Any], carry: Any, length: int, size: int) -> Any:
        """``carry = step(start, size, carry)`` over a length in parts; the last part may be smaller."""
        count, rest = length // size, length % size
        if count:
            carry = self.fold(lambda i, carry: step(i * size, size, carry), carry, count)
        return step(count * size, rest, carry) if rest else carry

    def part(self, x: Array, start: Any, size: int, axis: int = 0) -> Array:
        """``x[start : start + size]`` along an axis; `start` may be computed from the `i` of a fold."""
        return x[(*[slice(None)] * axis, slice(start, start + size), ...)]

    def put(self, x: Array, start: Any, part: Array, axis: int = 0) -> Array:
        """`x` with a part replaced, possibly in place."""
        x[(*[slice(None)] * axis, slice(start, start + part.shape[axis]), ...)] = part
        return x

    def add(self, x: Array, start: Any, part: Array) -> Array:
        """`x` with `part` added to a part of it, possibly in place."""
        x[start : start + part.shape[0], ...] += part
        return x

    def block(self, like: Array) -> int:
        """How many elements of temporaries fit in the cache; 0 where that does not matter."""
        return 0

    def replace(self, x: Array, ids: Array, value: Any) -> Array:
        """`x` with the element at `ids` in each row replaced, possibly in place.

        `value` is one number, or one per row. An id outside the row replaces nothing.
        """
        if hasattr(value, "ndim"):
            value = value[..., None]
        return self.xp.where(self.xp.positions(x, ids), value, x)

    def exp(self, x: Array) -> Array:
        """exp(x), possibly in place."""
        return self.xp.exp(x)

    def minus(self, x: Array, y: Array) -> Array:
        """x - y, possibly in place."""
        x -= y
        return x

    def times(self, x: Array, y: Array) -> Array:
        """x * y, possibly in place."""
        x *= y
        return x

    def factor_dtype(self, dtype: Any, of_sums: Any) -> Any:
        """The dtype to cast matrices of `dtype` to before `matmul` accumulates in `of_sums`."""
        return of_sums

    def matmul(self, a: Array, b: Array, of_sums: Any) -> Array:
        return a @ b

    def tile(self, like: Array) -> int:
        """How many elements of an array too large to exist should be computed at once, for speed."""
        return 1 << 24

    def ring(
        self, step: Callable[[Any, Any, Any], tuple[Any, Any]], carry: Any, tree: Any, axis_name: Any
    ) -> Any:
        """``carry, tree = step(hop, carry, tree)`` at each device of a mapped axis; the trees travel in a
        ring.

        In the end each tree is back home and has met the carry of every device. Without an axis there is one
        device.
        """
        if axis_name is not None:
            raise self._no_mapped_axis("`axis_name` names", "the whole of each array: all_gather before")
        return step(0, carry, tree)

    def is_spread(self, x: Array) -> bool:
        """Whether an array may be sharded over several devices without this being visible here."""
        return False

    def psum(self, tree: Any, axis_name: Any) -> Any:
        raise self._no_mapped_axis("psum sums over", "add totals with +")

    def pmax(self, x: Array, axis_name: Any) -> Array:
        raise self._no_mapped_axis("`axis_name` names", "the whole of each array")

    def place(self, axis_name: Any) -> tuple[Array, int]:
        """The index of this device along a mapped axis, and the number of devices."""
        raise self._no_mapped_axis("`axis_name` names", "the whole of each array")

    def whole_cotangent(self, cotangent: Array, axis_name: Any) -> Array:
        """The cotangent of a value that all devices of a mapped axis share."""
        raise self._no_mapped_axis("`axis_name` names", "the whole of each array")

    def _no_mapped_axis(self, what: str, fix: str) -> Exception:
        return mistake(
            "L005",
            f"{what} a mapped axis of JAX, but these are {self.name} arrays",
            fix=fix,
            kind=LossTypeError,
        )
