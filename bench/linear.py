"""Time and memory of the cross-entropy of a large last layer: `python -m bench.linear`.

Prints a table for each array library. Writes `docs/_data/linear.json` and the table of
`docs/guides/large-vocabularies.md`; with `--quick`, for small arrays, neither.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from bench import _marks, _speed_machine
from bench._linear_calls import LIBRARIES, OURS, Call, Size, arrays
from bench._speed_memory import peak_of
from bench._speed_time import verify

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "guides" / "large-vocabularies.md"
FULL, QUICK = Size(2048, 512, 50257), Size(256, 128, 5000)

Row = dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    given = _parse(arguments)
    size = QUICK if given.quick else FULL
    rows = []
    for library in LIBRARIES:
        if given.library in (None, library):
            rows += [_with_peak(row, given.quick) for row in _in_child("time", library, given)]
            print(table([row for row in rows if row["library"] == library]))
    if not given.quick and given.library is None:
        write(size, rows)
    return 0


def timed(library: str, quick: bool, rounds: int) -> list[Row]:
    """Of each call the median, and of the ratios to the fastest that is materialised."""
    small, calls = (LIBRARIES[library](arrays(size)) for size in (QUICK, QUICK if quick else FULL))
    verify({name: _flat(call) for name, call in small.items()}, next(iter(small)), tuple, library)
    for call in calls.values():
        call()
    taken: dict[str, list[float]] = {name: [] for name in calls}
    order = random.Random(0)
    for _ in range(rounds):
        for name in order.sample(list(calls), len(calls)):
            started = time.perf_counter()
            calls[name]()
            taken[name].append(time.perf_counter() - started)
    peers = [name for name in calls if "materialised" in name]
    best = min(peers, key=lambda name: median(taken[name]))
    return [
        {
            "library": library,
            "name": name,
            "seconds": round(median(seconds), 3),
            "ratio": round(median(s / b for s, b in zip(seconds, taken[best], strict=True)), 2),
        }
        for name, seconds in taken.items()
    ]


def _flat(call: Call) -> Call:
    def flat() -> Any:
        value, gradients = call()
        return (value, *gradients)

    return flat


def _with_peak(row: Row, quick: bool) -> Row:
    found = _child("peak", row["library"], row["name"], str(int(quick)))
    return {**row, "megabytes": None if found is None else round(found)}


def _in_child(task: str, library: str, given: argparse.Namespace) -> list[Row]:
    found: list[Row] = _child(task, library, str(int(given.quick)), str(given.rounds))
    return found


def _child(*arguments: str) -> Any:
    """In a fresh process, so that what one library leaves behind is nothing to the next."""
    child = subprocess.run(
        [sys.executable, "-m", "bench.linear", "--child", *arguments],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "JAX_PLATFORMS": "cpu"},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return json.loads(child.stdout.splitlines()[-1])


def table(rows: list[Row]) -> str:
    lines = ["| Arrays | | Seconds | Ratio | Peak, MB |", "|---|---|---:|---:|---:|"]
    for row in rows:
        name = f"**{row['name']}**" if row["name"].startswith(OURS) else row["name"]
        numbers = f"{row['seconds']:.2f} | {row['ratio']:.2f} | {row['megabytes']}"
        lines.append(f"| {row['library']} | {name} | {numbers} |")
    return "\n".join(lines)


def write(size: Size, rows: list[Row]) -> None:
    machine = _speed_machine.describe()
    found = {"machine": machine, "size": size._asdict(), "rows": rows}
    (DOCS / "_data" / "linear.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    part = f"{table(rows)}\n\nOn {_speed_machine.sentence(machine)}"
    _marks.replace(PAGE, {"times": part}, "python -m bench.linear")


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.linear", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small arrays, and nothing is written")
    parser.add_argument("--library", choices=list(LIBRARIES))
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args(arguments)


def _as_child(task: str, library: str, *rest: str) -> Any:
    if task == "time":
        return timed(library, bool(int(rest[0])), int(rest[1]))
    name, quick = rest
    sizes = QUICK, QUICK if int(quick) else FULL
    # What is compiled is compiled for its shapes; all else is warmed up on small arrays.
    warm_up, call = (LIBRARIES[library](arrays(size))[name] for size in sizes)
    return peak_of(call, call if library == "JAX" else warm_up)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(_as_child(*sys.argv[2:])))
    else:
        sys.exit(main())
