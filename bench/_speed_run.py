"""One group in one dtype, in its own process: every task, shape and quantity is a row."""

import time
from typing import NamedTuple

from bench import _speed_machine
from bench._speed_group import Group, Settings, load
from bench._speed_time import Ratio, Timing, measure, verify
from bench._speed_work import QUANTITIES, Shape, Work, inputs, label

BEYOND_CACHES = 32e6
"""In bytes: reading less than that again says nothing about memory."""

DISTURBED = 0.1
"""If other work keeps more cores busy than this, a row is measured again."""


class Task(NamedTuple):
    group: str
    settings: Settings
    works: tuple[Work, ...]
    quick: bool
    seconds: float
    """Per row."""


class Row(NamedTuple):
    """Calls that did the same work."""

    group: str
    device: str
    loss: str
    shape: Shape
    dtype: str
    quantity: str
    reference: str
    timings: dict[str, Timing]
    read: float | None
    """Seconds to read the inputs once, the fastest way; None if they may stay in caches."""
    others: float | None
    """How many cores the rest of the machine kept busy in the meantime."""

    @property
    def size(self) -> str:
        return label(self.shape)

    def ratio(self, name: str, to: str = "", clock: str = "wall") -> Ratio:
        """The ratio to the reference, or to another call."""
        return self.timings[name].over(self.timings[to or self.reference], clock)

    @property
    def disturbed(self) -> bool:
        return self.others is not None and self.others > DISTURBED


def run(task: Task) -> list[Row]:
    group = load(task.group, task.settings)
    rows = []
    for work in task.works:
        for shape in work.chosen(task.settings.dtype, task.quick):
            x, y = inputs(work, shape, task.settings.dtype)
            large = x.nbytes + y.nbytes >= BEYOND_CACHES
            x, y = group.place(x), group.place(y)
            for quantity in QUANTITIES:
                rows.append(_row(task, group, work, shape, quantity, x, y, large))
                print(table(rows[-1]), flush=True)
    return rows


def _row(
    task: Task, group: Group, work: Work, shape: Shape, quantity: str, x: object, y: object, large: bool
) -> Row:
    calls = group.calls(work, quantity, x, y)
    where = f"{work.loss} {label(shape)} {quantity} in the group {task.group}"
    verify(calls, group.reference, group.ready, where)
    reads = group.reads(x, y) if large else {}

    def attempt() -> Row:
        busy, started = _speed_machine.busy(), time.perf_counter()
        timings = measure({**calls, **reads}, group.reference, group.ready, task.seconds)
        busy_after, elapsed = _speed_machine.busy(), time.perf_counter() - started
        return Row(
            task.group,
            group.device,
            work.loss,
            shape,
            task.settings.dtype,
            quantity,
            group.reference,
            {name: timings[name] for name in calls},
            min((timings[name].seconds for name in reads), default=None),
            None if busy is None or busy_after is None else max(0.0, (busy_after - busy) / elapsed),
        )

    row = attempt()
    if row.disturbed and not task.quick:
        row = min(row, attempt(), key=lambda found: found.others or 0.0)
    return row


def with_fastest_reads(rows: list[Row]) -> list[Row]:
    """All groups read the same inputs; on each device the fastest one counts."""
    fastest: dict[tuple[object, ...], float] = {}
    for row in rows:
        if row.read is not None:
            fastest[_inputs(row)] = min(row.read, fastest.get(_inputs(row), row.read))
    return [row._replace(read=fastest.get(_inputs(row))) for row in rows]


def _inputs(row: Row) -> tuple[object, ...]:
    return row.device, row.loss, row.shape, row.dtype


def table(row: Row) -> str:
    """Times and ratios to the reference, with quartiles, and the number of timings."""
    place = "" if row.device == "cpu" else f" on {row.device}"
    lines = [f"\n{row.group}{place}: {row.loss} {row.size} {row.dtype} {row.quantity}"]
    for name, t in row.timings.items():
        r = row.ratio(name)
        ratio = "  1" if name == row.reference else f"{r.median:7.3f}  ({r.low:.3f} to {r.high:.3f})"
        cpu = f"CPU {row.ratio(name, clock='cpu').median:.3f}"
        counts = f"{len(t.samples)} x {t.repeats}"
        lines.append(f"  {name:24} {duration(t.seconds):>10}  {ratio:28}  {cpu:10}  {counts}")
    if row.read is not None:
        lines.append(f"  {'(reading the inputs)':24} {duration(row.read):>10}")
    if row.disturbed:
        lines.append(f"  disturbed: other processes kept {row.others:.1f} cores busy")
    return "\n".join(lines)


def duration(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
