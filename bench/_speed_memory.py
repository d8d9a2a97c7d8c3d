"""Peak memory of one call beyond its inputs, measured in a fresh process on Linux.

The kernel tracks the largest resident size of a process and can reset it.
"""

import ctypes
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from bench import _child
from bench._speed_group import Settings, load
from bench._speed_run import Row
from bench._speed_work import IN_MEMORY, inputs, label, named

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_AT_ONCE = 2
_SETTLING = 0.5
"""Seconds: XLA frees its temporaries a moment after the result is ready."""
_COMPILED = ("lossary.accelerate", "torch.compile")


class Peak(NamedTuple):
    """For one call; None where it cannot be measured."""

    group: str
    loss: str
    size: str
    dtype: str
    quantity: str
    name: str
    megabytes: float | None


def measure_all(rows: Iterable[Row]) -> list[Peak]:
    """The calls for rows with large arrays, on the CPU."""
    cases = [
        (row, name)
        for row in rows
        if (row.loss, row.shape) in IN_MEMORY and (row.device, row.dtype) == ("cpu", "float32")
        if row.group not in ("threads", "eager")
        for name in row.timings
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(_in_child, cases))


def table(peaks: Iterable[Peak]) -> str:
    lines = ["\nPeak memory of a call beyond its inputs"]
    for p in peaks:
        found = "not measured" if p.megabytes is None else f"{p.megabytes:.0f} MB"
        lines.append(f"  {p.group:6} {p.loss} {p.size} {p.quantity:12} {p.name:24} {found:>12}")
    return "\n".join(lines)


def _in_child(case: tuple[Row, str]) -> Peak:
    row, name = case
    arguments = (row.group, row.dtype, row.loss, row.shape, row.quantity, name)
    found = _child.ask("bench._speed_memory", *arguments)
    return Peak(row.group, row.loss, label(row.shape), row.dtype, row.quantity, name, found)


def _peak(group_name: str, dtype: str, loss: str, shape: list[int], quantity: str, name: str) -> float | None:
    group = load(group_name, Settings(dtype, compile=name == "torch.compile"))
    work = named(loss)
    x, y = (group.place(array) for array in inputs(work, tuple(shape), dtype))
    call = group.calls(work, quantity, x, y)[name]
    # Compiled code is compiled for its shapes, and the compiler needs memory too. Everything else is warmed
    # up on small arrays, so that memory a call keeps for the next one is counted.
    if group_name == "jax" or name.startswith(_COMPILED):
        warm_up = call
    else:
        tiny = (group.place(array) for array in inputs(work, work.tiny, dtype))
        warm_up = group.calls(work, quantity, *tiny)[name]
    ready = group.ready or (lambda result: result)
    return peak_of(lambda: ready(call()), lambda: ready(warm_up()))


def peak_of(call: Callable[[], Any], warm_up: Callable[[], Any]) -> float | None:
    """The peak memory of a call in this process, in megabytes."""
    if not _RESET.exists():
        return None
    warm_up()
    time.sleep(_SETTLING)
    _trim()
    _RESET.write_text("5", encoding="ascii")
    before = _highest()
    result = call()
    after = _highest()
    del result
    return (after - before) / 1e6


def _trim() -> None:
    """Return freed memory to the system; otherwise it would be used again without being counted."""
    libc: Any = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


def _highest() -> int:
    line = next(line for line in _STATUS.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    _child.answered(_peak)
