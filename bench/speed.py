"""How long every kind of call takes, compared with its peers: `python -m bench.speed`.

Prints a table of each row as it is measured, then the peak memory and the targets. Writes
`docs/_data/speed.json`, the charts and the tables in `docs/speed.md` if everything was measured
on the CPU.
"""

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Collection
from pathlib import Path

from bench import _speed_chart, _speed_machine, _speed_memory, _speed_report, _speed_targets
from bench._speed_group import NAMES, TITLES, Settings
from bench._speed_report import Findings
from bench._speed_run import Row, Task, run, with_fastest_reads
from bench._speed_work import DTYPES, WORKS

DOCS = Path(__file__).parents[1] / "docs"


def main(arguments: list[str] | None = None) -> int:
    given = _parse(arguments)
    started = time.perf_counter()
    machine = _speed_machine.describe()
    print(_speed_machine.sentence(machine))
    rows = with_fastest_reads(measure_all(given))
    peaks = _speed_memory.measure_all(rows) if given.memory else []
    narrow = with_fastest_reads(_measure_on_avx2(given)) if given.avx2 else []
    found = Findings(machine, rows, peaks, _speed_targets.outcomes(rows, narrow, peaks))
    if peaks:
        print(_speed_memory.table(peaks))
    if found.outcomes:
        print(_speed_targets.table(found.outcomes))
    if given.json:
        given.json.write_text(_speed_report.as_json(found), encoding="utf-8")
    if _complete(given, rows):
        write(found)
    print(f"\n{time.perf_counter() - started:.0f} s")
    return 0


def measure_all(given: argparse.Namespace, groups: Collection[str] = NAMES) -> list[Row]:
    """Each group and dtype in a fresh process, so that no library affects the next one."""
    works = tuple(work for work in WORKS if given.work in (None, work.loss))
    dtypes = (given.dtype,) if given.dtype else DTYPES[:1] if given.quick else DTYPES
    tasks = [
        Task(group, Settings(dtype, given.torch_device, given.compile), works, given.quick, given.seconds)
        for group in NAMES
        if group in groups and given.group in (None, group)
        for dtype in dtypes
        if any(work.chosen(dtype, given.quick) for work in works)
    ]
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        found = [row for rows in pool.imap(run, tasks) for row in rows]
        pool.close()
        pool.join()
    return found


def _measure_on_avx2(given: argparse.Namespace) -> list[Row]:
    """The rows that have targets once more, with narrower vectors."""
    environment = _speed_machine.narrower()
    if not environment:
        return []
    os.environ.update(environment)  # for the processes that are started from here on
    print("\nWith AVX2")
    again = argparse.Namespace(**{**vars(given), "dtype": "float32"})
    return measure_all(again, {target.group for target in _speed_targets.TARGETS})


def write(found: Findings) -> None:
    """The data, the chart and the generated parts of the page."""
    data = DOCS / "_data" / "speed.json"
    data.parent.mkdir(exist_ok=True)
    text = _speed_report.as_json(found)
    data.write_text(text, encoding="utf-8")
    _speed_chart.draw(json.loads(text)["rows"])
    _speed_report.rewrite(DOCS / "speed.md", found)


def _complete(given: argparse.Namespace, rows: list[Row]) -> bool:
    chosen = given.quick or given.group or given.work or given.dtype or not given.memory
    return not chosen and set(NAMES) == set(TITLES) and all(row.device == "cpu" for row in rows)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.speed", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, few rounds: less than a minute")
    parser.add_argument("--group", choices=NAMES, help="one array library")
    parser.add_argument("--work", choices=[work.loss for work in WORKS], help="one loss")
    parser.add_argument("--dtype", choices=DTYPES, help="default: float32, and float64 at some sizes")
    parser.add_argument("--seconds", type=float, help="approximate seconds per row; 2, or 0.3 with --quick")
    parser.add_argument(
        "--memory",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="measure the peak memory at the largest sizes (Linux only)",
    )
    parser.add_argument(
        "--avx2",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="on a machine with AVX-512, measure the targets again without it",
    )
    parser.add_argument("--compile", action="store_true", help="torch.compile as a peer, which takes minutes")
    parser.add_argument("--torch-device", default="cpu", help="device for torch, such as cuda")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the data there, even for a partial run"
    )
    given = parser.parse_args(arguments)
    if given.seconds is None:
        given.seconds = 0.3 if given.quick else 2.0
    return given


if __name__ == "__main__":
    sys.exit(main())
