"""Time and memory of contrastive losses on large batches: `python -m bench.contrastive`.

Times are medians of interleaved calls, peaks are measured in a process of their own. Writes
`docs/_data/contrastive.json` and tables of `docs/guides/contrastive.md`; with `--quick`, for small batches,
neither.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from bench import _marks, _speed_machine
from bench._contrastive_calls import LIBRARIES, NAIVE, OURS, Size

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "guides" / "contrastive.md"
TIMED, HELD = Size(4096, 256), Size(8192, 256)
QUICK = Size(512, 64)
Row = dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    given = _parse(arguments)
    timed, held = (QUICK,) * 2 if given.quick else (TIMED, HELD)
    times = [row for library in LIBRARIES for row in _in_child("time", library, timed, given.rounds)]
    print(of_times(times))
    peaks = [
        {"library": library, "name": name, "mib": _in_child("peak", library, held, name)}
        for library in LIBRARIES
        for name in (OURS, NAIVE)
    ]
    print(of_peaks(peaks))
    if not given.quick:
        machine = _speed_machine.describe()
        found = {"machine": machine, "times": times, "peaks": peaks}
        (DOCS / "_data" / "contrastive.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        parts = {
            "times": f"{of_times(times)}\n\nOn {_speed_machine.sentence(machine)}",
            "peaks": of_peaks(peaks),
        }
        _marks.replace(PAGE, parts, "python -m bench.contrastive")
    return 0


def time_of(library: str, size: Size, rounds: int) -> list[Row]:
    calls = LIBRARIES[library](size)
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(rounds):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - started)
    ratio = median(a / b for a, b in zip(taken[OURS], taken[NAIVE], strict=True))
    return [
        {
            "library": library,
            "name": name,
            "ms": round(1e3 * median(seconds)),
            "ratio": round(ratio, 2) if name == OURS else 1.0,
        }
        for name, seconds in taken.items()
    ]


def peak_of(library: str, size: Size, name: str) -> float:
    """MiB beyond what the process has before the call, which is compiled or warmed up."""
    call = LIBRARIES[library](size)[name]
    LIBRARIES[library](size if library == "JAX" else QUICK)[name]()
    time.sleep(0.5)  # XLA frees what it worked with a moment after the result is there
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _highest()
    result = call()
    return round((_highest() - before) / 1024, 1) if result else 0.0


def _highest() -> int:
    """KiB"""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def of_times(rows: list[Row]) -> str:
    lines = ["| | | ms | Ratio |", "|---|---|---:|---:|"]
    return "\n".join(
        lines + [f"| {r['library']} | {_name(r)} | {r['ms']} | {r['ratio']:.2f} |" for r in rows]
    )


def of_peaks(rows: list[Row]) -> str:
    lines = ["| | | Peak, MiB |", "|---|---|---:|"]
    return "\n".join(lines + [f"| {r['library']} | {_name(r)} | {r['mib']:.0f} |" for r in rows])


def _name(row: Row) -> str:
    return f"`{OURS}`" if row["name"] == OURS else row["name"]


def _in_child(task: str, *arguments: Any) -> Any:
    """In a fresh process, so that what one library leaves behind is nothing to the next."""
    child = subprocess.run(
        [sys.executable, "-m", "bench.contrastive", "--child", json.dumps([task, *arguments])],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "JAX_PLATFORMS": "cpu"},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return json.loads(child.stdout.splitlines()[-1])


def _as_child(text: str) -> Any:
    task, what, size, *rest = json.loads(text)
    return {"time": time_of, "peak": peak_of}[task](what, Size(*size), *rest)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.contrastive", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small batches, and nothing is written")
    parser.add_argument("--rounds", type=int, default=7)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(_as_child(sys.argv[2])))
    else:
        sys.exit(main())
