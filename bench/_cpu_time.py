"""The CPU time of two calls in turns, so that a slow spell affects both."""

import gc
from collections.abc import Callable
from statistics import median
from time import process_time_ns
from typing import Any, NamedTuple

Call = Callable[[], Any]
ROUNDS, SAMPLE, LONGEST = 25, 5_000_000, 1_500_000_000
"""For one pair: the shortest sample, and the longest total, in nanoseconds."""
_WARM = 20


class Pair(NamedTuple):
    ours: float
    """Nanoseconds per call."""
    theirs: float
    ratio: float


def compare(ours: Call, theirs: Call) -> Pair:
    """The median of each, and the median over rounds of the ratio of the first to the second."""
    both = (ours, theirs)
    for call in both:
        _taken(call, _WARM if _taken(call, 1) < SAMPLE else 1)
    taken = [_taken(call, 1) for call in both]
    times = [max(1, SAMPLE // max(1, t)) for t in taken]
    longest = sum(t * n for t, n in zip(taken, times, strict=True))
    rounds = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(max(3, min(ROUNDS, LONGEST // longest))):
            rounds.append([_taken(call, n) / n for call, n in zip(both, times, strict=True)])
    finally:
        gc.enable()
    a, b = map(median, zip(*rounds, strict=True))
    return Pair(a, b, median(a / b for a, b in rounds))


def _taken(call: Call, times: int) -> int:
    started = process_time_ns()
    for _ in range(times):
        call()
    return process_time_ns() - started
