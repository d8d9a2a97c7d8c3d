"""Interleaved timing: each round times every call once, in random order, and divides by the reference.

A slow spell of the machine affects all calls in a round and leaves their ratios alone, so ratios are taken
round by round. Before each sample the same call runs once untimed, so that no call pays for the caches its
predecessor left. Every sample has two clocks: the wall's, and the CPU time of all threads of the process.
"""

import gc
import random
from collections.abc import Callable
from itertools import repeat
from math import ceil
from statistics import median, quantiles
from time import perf_counter_ns, process_time_ns
from typing import Any, NamedTuple

import numpy as np

from bench._speed_group import Call

SAMPLE = 1_000_000
"""The shortest sample, in nanoseconds: shorter calls are repeated within it."""
FEWEST, MOST = 5, 101
"""Rounds."""
SLOW, ROUNDS_IF_SLOW = 500_000_000, 3
"""For calls, other than the reference, that take more than so many nanoseconds."""

Ready = Callable[[Any], Any] | None


class Ratio(NamedTuple):
    """Median and quartiles over the rounds."""

    median: float
    low: float
    high: float


class Sample(NamedTuple):
    """The time of a call on each clock."""

    wall: float
    cpu: float

    def __truediv__(self, calls: float) -> "Sample":
        return Sample(self.wall / calls, self.cpu / calls)


class Timing(NamedTuple):
    """The time of one call, in seconds by round, and the number of calls in a sample."""

    samples: dict[int, Sample]
    repeats: int

    @property
    def seconds(self) -> float:
        return median(sample.wall for sample in self.samples.values())

    def over(self, other: "Timing", clock: str = "wall") -> Ratio:
        """The ratio to another call in the same rounds."""
        both = [(taken, other.samples[i]) for i, taken in self.samples.items() if i in other.samples]
        found = [getattr(ours, clock) / getattr(theirs, clock) for ours, theirs in both]
        low, middle, high = quantiles(found, method="inclusive") if len(found) > 1 else found * 3
        return Ratio(middle, low, high)


def measure(calls: dict[str, Call], reference: str, ready: Ready, seconds: float) -> dict[str, Timing]:
    """Time the calls in about so many seconds, or more if the minimum number of rounds takes longer."""
    repeats, rounds = {}, {}
    for name, call in calls.items():
        repeats[name], cost = _calibrate(call, ready)
        fewest = ROUNDS_IF_SLOW if cost > 2 * SLOW and name != reference else FEWEST
        rounds[name] = max(fewest, min(MOST, int(seconds * 1e9 / len(calls) / cost)))
    total = rounds[reference]
    order = random.Random(0)
    timings = {name: Timing({}, repeats[name]) for name in calls}
    gc.collect()
    gc.disable()
    try:
        for i in range(total):
            # Calls in fewer rounds are spread evenly over time.
            names = [name for name in calls if i * rounds[name] % total < rounds[name]]
            for name in order.sample(names, len(names)):
                _sample(calls[name], ready, 1)
                taken = _sample(calls[name], ready, repeats[name])
                timings[name].samples[i] = taken / (repeats[name] * 1e9)
    finally:
        gc.enable()
    return timings


def take_turns(calls: dict[str, Call], rounds: int) -> dict[str, list[float]]:
    """The seconds of slow calls: each once per round, in random order."""
    for call in calls.values():
        call()
    taken: dict[str, list[float]] = {name: [] for name in calls}
    order = random.Random(0)
    for _ in range(rounds):
        for name in order.sample(list(calls), len(calls)):
            taken[name].append(_sample(calls[name], None, 1).wall / 1e9)
    return taken


def _sample(call: Call, ready: Ready, times: int) -> Sample:
    cpu, wall = process_time_ns(), perf_counter_ns()
    if ready is None:
        for _ in repeat(None, times):
            call()
    else:
        for _ in repeat(None, times):
            ready(call())
    wall = perf_counter_ns() - wall
    return Sample(wall, process_time_ns() - cpu)


def _calibrate(call: Call, ready: Ready) -> tuple[int, float]:
    """How many calls make a sample, and its cost with the call before it, in nanoseconds."""
    times, taken = 1, _sample(call, ready, 1).wall
    if taken > 10 * SAMPLE:
        return times, 2 * taken
    # The better of two, because one that was held up would look long enough.
    while (taken := min(_sample(call, ready, times).wall for _ in range(2))) < SAMPLE:
        times = max(times + 1, ceil(times * min(10, 1.1 * SAMPLE / taken)))
    return times, taken * (1 + 1 / times)


def verify(calls: dict[str, Call], reference: str, ready: Ready, where: str) -> None:
    """Check that all calls return what the reference does, and that results are computed, not deferred."""
    want = _leaves(calls[reference]())
    for name, call in calls.items():
        got = call()
        if ready is None and any(hasattr(leaf, "block_until_ready") for leaf in _flat(got)):
            raise AssertionError(f"{name} returned before its result was computed: {where}")
        for mine, theirs in zip(_leaves(got), want, strict=True):
            scale = float(np.abs(theirs).max())
            np.testing.assert_allclose(
                mine, theirs, rtol=1e-3, atol=1e-4 * scale, err_msg=f"{name} and {reference} differ: {where}"
            )


def _flat(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def _leaves(result: Any) -> list[np.ndarray[Any, Any]]:
    leaves = (leaf.detach().cpu() if hasattr(leaf, "detach") else leaf for leaf in _flat(result))
    return [np.asarray(leaf, dtype="float64") for leaf in leaves]
