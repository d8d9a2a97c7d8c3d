"""The measurements, as data and as the generated parts of docs/speed.md."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from bench import _marks, _speed_machine
from bench._speed_group import NAMES, TITLES
from bench._speed_memory import Peak
from bench._speed_run import Row, duration
from bench._speed_targets import MEMORY, Measured, Outcome

SHORT = {
    "sigmoid_binary_cross_entropy": "binary cross-entropy",
    "sigmoid_focal": "focal",
    "huber": "Huber",
    "softmax_cross_entropy": "softmax cross-entropy",
}


class Findings(NamedTuple):
    machine: dict[str, Any]
    rows: list[Row]
    peaks: list[Peak]
    outcomes: list[Outcome]


def as_json(found: Findings) -> str:
    """One line per row."""
    lists = {
        "rows": [_row_as_dict(row) for row in found.rows],
        "memory": [peak._asdict() for peak in found.peaks],
        "targets": [
            {
                "key": o.key,
                "bound": o.target.bound,
                "measured": [[_digits(m.ratio), _digits(m.wall)] for m in o.measured],
                "verdict": o.verdict,
            }
            for o in found.outcomes
        ],
    }
    parts = [f' "machine": {json.dumps(found.machine)}']
    for name, entries in lists.items():
        lines = ",\n".join("  " + json.dumps(entry, ensure_ascii=False) for entry in entries)
        parts.append(f' "{name}": [\n{lines}\n ]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _row_as_dict(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {
        "group": row.group,
        "device": row.device,
        "loss": row.loss,
        "size": row.size,
        "dtype": row.dtype,
        "quantity": row.quantity,
        "reference": row.reference,
        "reading_seconds": row.read and _digits(row.read),
        "cores_busy_elsewhere": None if row.others is None else round(row.others, 2),
    }
    found["calls"] = {
        name: {
            "seconds": _digits(t.seconds),
            "ratio": [_digits(r) for r in row.ratio(name)],
            "cpu_ratio": [_digits(r) for r in row.ratio(name, clock="cpu")],
            "rounds": len(t.samples),
            "repeats": t.repeats,
        }
        for name, t in row.timings.items()
    }
    return found


def _digits(number: float) -> float:
    return float(f"{number:.4g}")


def rewrite(page: Path, found: Findings) -> None:
    """Replace the text between the marks."""
    parts = {
        "machine": f"Measured on {_speed_machine.sentence(found.machine)}",
        "targets": _targets(found.outcomes),
        **{group: _times(row for row in found.rows if row.group == group) for group in NAMES},
        "memory": _memory(found.peaks),
    }
    _marks.replace(page, parts, "bench.speed")


def _targets(outcomes: Iterable[Outcome]) -> str:
    """The CPU time, and the wall time beside it where it differs, with each instruction set."""
    lines = ["| | Loss | Size | What | Call | Target | Measured | AVX2 | | Why |", "|---" * 10 + "|"]
    for o in outcomes:
        t = o.target
        call = f"{t.name} / {o.to}" if t.to != MEMORY else t.name
        unit = " MB" if t.to == MEMORY else ""
        first, second = [_measured(m) + unit for m in o.measured] + [""] * (2 - len(o.measured))
        numbers = f"≤ {t.bound:.3g}{unit} | {first} | {second} | {o.verdict}"
        where = f"{TITLES[t.group]} | {SHORT[t.loss]} | {t.size} | {t.quantity}"
        lines.append(f"| {where} | {call} | {numbers} | {o.why} |")
    return "\n".join(lines)


def _measured(found: Measured) -> str:
    differs = abs(found.wall - found.ratio) > 0.05 * found.ratio
    return f"{found.ratio:.3g}" + (f" (wall {found.wall:.3g})" if differs else "")


def _times(rows: Iterable[Row]) -> str:
    """The time of the reference, and the ratio to it for all others."""
    rows = list(rows)
    if not rows:
        return ""
    reference = rows[0].reference
    names = list(dict.fromkeys(name for row in rows for name in row.timings if name != reference))
    ours = [name for name in names if name.startswith("lossary")]
    names = ours + [name for name in names if name not in ours]
    heads = ["Loss", "Size", "What", reference, *names, "reading"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in rows:
        what = f"{row.quantity}{'' if row.dtype == 'float32' else ', ' + row.dtype}"
        time = row.timings[reference].seconds
        cells = [SHORT[row.loss], row.size, what, duration(time) + (" *" if row.disturbed else "")]
        cells += [ratio(row.ratio(name).median) if name in row.timings else "" for name in names]
        cells.append("" if row.read is None else ratio(row.read / time))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def ratio(number: float) -> str:
    return f"{number:.0f}" if number >= 9.95 else f"{number:.1f}" if number >= 2 else f"{number:.2g}"


def _memory(peaks: Iterable[Peak]) -> str:
    lines = ["| | Loss | Size | What | Call | Peak |", "|---" * 6 + "|"]
    for p in peaks:
        found = "not measured" if p.megabytes is None else f"{p.megabytes:.0f} MB"
        lines.append(
            f"| {TITLES[p.group]} | {SHORT[p.loss]} | {p.size} | {p.quantity} | {p.name} | {found} |"
        )
    return "\n".join(lines)
