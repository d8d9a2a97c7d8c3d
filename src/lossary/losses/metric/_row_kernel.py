"""Kernels for rows of logits that are too long to hold in memory and are seen in blocks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from lossary._typing import Array


class Block(NamedTuple):
    """The logits of anchors (rows) and some others (columns)."""

    far: Array
    """Logits of the anchor's negatives; -inf for positives, the anchor itself and masked-out entries."""
    all: Array
    positive: Array | None
    """Which entries are positives; None if blocks exclude the single positive of an anchor."""


class Part(Protocol):
    """Something known about the part of each row that has been seen."""

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
"""What earlier rounds found for each row, in the order of their parts."""


class Round(NamedTuple):
    """One pass over all blocks."""

    kinds: tuple[Any, ...]
    """The kinds of the parts that `see` returns: `LogSum` or `Sum`."""
    see: Callable[[Block, Known, Known, Any], tuple[Part, ...]]
    """`see(block, known, params, xp)`; `known` has an axis of length 1 for the others."""


@dataclass(frozen=True, eq=False)
class RowKernel:
    """A loss for each anchor and all others.

    `loss(known, params, xp)` gets what all rounds found. `slope(block, known, params, xp)` is the derivative
    in the logits of a block; there `known` has an axis of length 1 for the others. If the positive of each
    anchor is at its own index, its logit is known from the start, and `own_slope(known, xp)` is the
    derivative in it.
    """

    name: str
    rounds: tuple[Round, ...]
    loss: Callable[[Known, Known, Any], Array]
    slope: Callable[[Block, Known, Known, Any], Array]
    own_slope: Callable[[Known, Any], Array] | None = None
