"""What is done with a row of logits that is seen in blocks: a kernel of rows too long to be held."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from lossary._typing import Array


class Block(NamedTuple):
    """The logits of anchors (rows) and some others."""

    far: Array
    """Of the anchor's negatives; -inf for who is none: a positive, itself, what is masked out."""
    all: Array
    positive: Array | None
    """Which are positives; None if the one positive of an anchor is left out of blocks."""


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


def row_sum(x: Array, xp: Any) -> Sum:
    return Sum(xp.sum(x, axis=-1))


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

    `loss(known, params, xp)` has what all rounds found out. `slope(block, known, params, xp)` is the
    derivative in the logits of a block; what is known has an axis of length 1 for the others there. Where
    the positive of each anchor is in its own place, its logit is known from the start, and
    `own_slope(known, xp)` the derivative in it.
    """

    name: str
    rounds: tuple[Round, ...]
    loss: Callable[[Known, Known, Any], Array]
    slope: Callable[[Block, Known, Known, Any], Array]
    own_slope: Callable[[Known, Any], Array] | None = None
