"""Log-sum-exp of rows that are seen in parts."""

from math import inf
from typing import Any, NamedTuple

from lossary._typing import Array


class LogSum(NamedTuple):
    """log Σ exp(z) over the part of each row seen so far; parts can be merged in any order."""

    top: Array
    """The largest z, -inf if there is none."""
    sum: Array
    """Σ exp(z - top)"""

    @classmethod
    def empty(cls, like: Array, xp: Any) -> "LogSum":
        zeros = xp.zeros_like(like)
        return cls(zeros - inf, zeros)

    def merge(self, other: "LogSum", xp: Any) -> "LogSum":
        top = xp.maximum(self.top, other.top)
        at = _finite(top, xp)
        return LogSum(top, self.sum * xp.exp(self.top - at) + other.sum * xp.exp(other.top - at))

    def value(self, xp: Any) -> Array:
        empty = self.sum == 0
        return xp.where(empty, -inf, _finite(self.top, xp) + xp.log(xp.where(empty, 1.0, self.sum)))


def log_sum(z: Array, xp: Any) -> LogSum:
    """The log-sum-exp of each row; -inf marks missing entries."""
    top = xp.max(z, axis=-1)
    return LogSum(top, xp.sum(xp.exp(z - _finite(top, xp)[..., None]), axis=-1))


def _finite(top: Array, xp: Any) -> Array:
    """`top` as a finite number that can be subtracted even if nothing has been seen."""
    return xp.where(top == -inf, 0.0, top)
