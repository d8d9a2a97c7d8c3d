"""Time and memory of contrastive losses on large batches: `python -m bench.contrastive`.

Times are medians of interleaved calls; each peak is measured in its own process. Writes
`docs/_data/contrastive.json` and tables in `docs/guides/contrastive.md`; with `--quick`, for small batches,
neither.
"""

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from bench import _child, _marks, _speed_machine
from bench._contrastive_calls import LIBRARIES, NAIVE, OURS, Size
from bench._speed_memory import peak_of
from bench._speed_time import take_turns

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "guides" / "contrastive.md"
TIMED, HELD = Size(4096, 256), Size(8192, 256)
QUICK = Size(512, 64)
Row = dict[str, Any]
_ask = partial(_child.ask, "bench.contrastive")


def main(arguments: list[str] | None = None) -> int:
    given = _parse(arguments)
    timed, held = (QUICK,) * 2 if given.quick else (TIMED, HELD)
    timings = [row for library in LIBRARIES for row in _ask("time", library, timed, given.rounds)]
    print(of_times(timings))
    peaks = [
        {"library": library, "name": name, "mib": _ask("peak", library, held, name)}
        for library in LIBRARIES
        for name in (OURS, NAIVE)
    ]
    print(of_peaks(peaks))
    if not given.quick:
        machine = _speed_machine.describe()
        found = {"machine": machine, "times": timings, "peaks": peaks}
        (DOCS / "_data" / "contrastive.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        parts = {
            "times": f"{of_times(timings)}\n\nOn {_speed_machine.sentence(machine)}",
            "peaks": of_peaks(peaks),
        }
        _marks.replace(PAGE, parts, "python -m bench.contrastive")
    return 0


def times(library: str, size: Size, rounds: int) -> list[Row]:
    calls = LIBRARIES[library](size)
    taken = take_turns(calls, rounds)
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


def peak(library: str, size: Size, name: str) -> float | None:
    """MiB beyond what the process holds before the call, which is compiled or warmed up."""
    call = LIBRARIES[library](size)[name]
    warm_up = call if library == "JAX" else LIBRARIES[library](QUICK)[name]
    megabytes = peak_of(call, warm_up)
    return None if megabytes is None else round(megabytes * 1e6 / 2**20, 1)


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


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.contrastive", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small batches, and nothing is written")
    parser.add_argument("--rounds", type=int, default=7)
    return parser.parse_args(arguments)


def _answer(task: str, library: str, size: list[int], *rest: Any) -> Any:
    return {"time": times, "peak": peak}[task](library, Size(*size), *rest)


if __name__ == "__main__" and not _child.answered(_answer):
    sys.exit(main())
