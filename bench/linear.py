"""Time and memory of the cross-entropy of a large last layer: `python -m bench.linear`.

Prints a table for each array library. Writes `docs/_data/linear.json` and the table in
`docs/guides/large-vocabularies.md`; with `--quick`, for small arrays, neither.
"""

import argparse
import json
import sys
from pathlib import Path
from statistics import median
from typing import Any

from bench import _child, _marks, _speed_machine
from bench._linear_calls import LIBRARIES, OURS, Call, Size, arrays
from bench._speed_memory import peak_of
from bench._speed_time import take_turns, verify

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
            timed = _child.ask("bench.linear", "time", library, given.quick, given.rounds)
            rows += [_with_peak(row, given.quick) for row in timed]
            print(table([row for row in rows if row["library"] == library]))
    if not given.quick and given.library is None:
        write(size, rows)
    return 0


def times(library: str, quick: bool, rounds: int) -> list[Row]:
    """The median of each call, and of the ratios to the fastest one that materializes the logits."""
    small, calls = (LIBRARIES[library](arrays(size)) for size in (QUICK, QUICK if quick else FULL))
    verify({name: _flat(call) for name, call in small.items()}, next(iter(small)), tuple, library)
    taken = take_turns(calls, rounds)
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
    found = _child.ask("bench.linear", "peak", row["library"], quick, row["name"])
    return {**row, "megabytes": None if found is None else round(found)}


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


def peak(library: str, quick: bool, name: str) -> float | None:
    sizes = QUICK, QUICK if quick else FULL
    # Compiled code is compiled for its shapes; everything else is warmed up on small arrays.
    warm_up, call = (LIBRARIES[library](arrays(size))[name] for size in sizes)
    return peak_of(call, call if library == "JAX" else warm_up)


def _answer(task: str, *arguments: Any) -> Any:
    return {"time": times, "peak": peak}[task](*arguments)


if __name__ == "__main__" and not _child.answered(_answer):
    sys.exit(main())
