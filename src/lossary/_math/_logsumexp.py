"""The logarithm of a sum of exponentials over the marked elements of each row."""

from math import inf
from typing import Any, NamedTuple

from lossary._math._rows import total
from lossary._typing import Array


class LogSumExp(NamedTuple):
    """log Σ exp(z_j) over the marked j, -inf if there is none; and how much each of them is of the sum."""

    value: Array
    share: Array


def logsumexp(z: Array, marked: Array, xp: Any) -> LogSumExp:
    m = xp.max(xp.where(marked, z, -inf), axis=-1, keepdims=True)
    m = xp.where(m == -inf, 0.0, m)
    e = xp.where(marked, xp.exp(xp.where(marked, z - m, 0.0)), 0.0)
    s = total(e, xp)
    some = s > 0
    s = xp.where(some, s, 1.0)
    return LogSumExp(xp.where(some, m + xp.log(s), -inf)[..., 0], e / s)
