"""What is done with a row of logits that is seen in blocks: a kernel of rows too long to be held."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from lossary._typing import Array


class Block(NamedTuple):
    """The logits of anchors (rows) and some others, and what these are to them."""

    logits: Array
    positive: Array
    negative: Array
    """Who is neither is not there: the anchor itself, or what is masked out."""

    def turned(self, xp: Any) -> "Block":
        """The same pairs with the others as anchors."""
        return Block(*[xp.matrix_transpose(x) for x in self])


class Part(Protocol):
    """Something known of what has been seen of each row."""

    def merge(self, other: Any, xp: Any) -> Any: ...

    def value(self, xp: Any) -> Array: ...


class Sum(NamedTuple):
    amount: Array

    @classmethod
    def empty(cls, like: Array, xp: Any) -> "Sum":
        return cls(xp.zeros_like(like))

    def merge(self, other: "Sum", xp: Any) -> "Sum":
        return Sum(self.amount + other.amount)

    def value(self, xp: Any) -> Array:
        return self.amount


def sum_over(marked: Array, x: Array, xp: Any) -> Sum:
    """Of the marked elements of each row."""
    return Sum(xp.sum(xp.where(marked, x, 0.0), axis=-1))


Known = tuple[Array, ...]
"""What earlier rounds found out of each row, in the order of their parts."""


class Round(NamedTuple):
    """One walk over all blocks."""

    kinds: tuple[Any, ...]
    """Of the parts that `see` returns: `LogSum` or `Sum`."""
    see: Callable[[Block, Known, Known, Any], tuple[Part, ...]]
    """`see(block, known, params, xp)`; what is known has an axis of length 1 for the others."""


@dataclass(frozen=True, eq=False)
class RowKernel:
    """A loss of each anchor and all others.

    `loss(known, xp)` has what all rounds found out. `slope(block, known, params, xp)` is the derivative in
    the logits of a block; what is known has an axis of length 1 for the others there.
    """

    name: str
    rounds: tuple[Round, ...]
    loss: Callable[[Known, Any], Array]
    slope: Callable[[Block, Known, Known, Any], Array]
