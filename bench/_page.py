"""The generated parts of docs/accuracy.md."""

from collections.abc import Iterable
from math import isnan
from pathlib import Path
from typing import Any

from bench import _edges, _marks
from bench._exceptions import ALLOWANCES
from bench._peers import NAMES
from bench._report import cell, merged, number, versions, worst
from bench._run import Row
from bench._variants import DTYPES, ORDERS

_TELLING = 100.0
"""A peer's worst result is shown from so many ULP on."""
_LIBRARIES = ("numpy", "jax", "torch")
_SHOWN = {"value": "value", "grad": "gradient"}


def rewrite(page: Path, rows: list[Row], seed: int) -> None:
    """Replace the text between the marks."""
    best = merged(rows)
    parts = {
        "lossary": _ours(best),
        "peers": _beside(best),
        "inputs": _inputs(best),
        "flushed": _flushed(best),
        "exceptions": _exceptions(rows),
        "edges": _edges.table(),
        "versions": _versions(seed),
    }
    _marks.replace(page, parts, "bench.accuracy")


def _cells(rows: Iterable[Row]) -> str:
    """Value / gradient / Hessian."""
    rows = list(rows)
    found = [worst(r for r in rows if r.order == order) for order in ORDERS]
    return " / ".join("–" if r is None else cell(r.tally) for r in found) if any(found) else ""


def _losses(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(r.loss for r in rows))


def _ours(rows: list[Row]) -> str:
    lines = ["| Loss | dtype | NumPy | JAX | torch |", "|---" * 5 + "|"]
    for loss in _losses(rows):
        for dtype in DTYPES:
            here = [r for r in rows if r.by == "lossary" and (r.loss, r.dtype) == (loss, dtype)]
            cells = [_cells(r for r in here if r.mode.startswith(lib)) for lib in _LIBRARIES]
            lines.append(f"| `{loss}` | {dtype} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _beside(rows: list[Row]) -> str:
    lines = [f"| Loss | dtype | lossary | {' | '.join(NAMES)} |", "|---" * (3 + len(NAMES)) + "|"]
    for loss in _losses(rows):
        for dtype in DTYPES:
            here = [r for r in rows if (r.loss, r.dtype) == (loss, dtype)]
            cells = [_cells(r for r in here if r.by == name) for name in ("lossary", *NAMES)]
            if any(cells[1:]):
                lines.append(f"| `{loss}` | {dtype} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _inputs(rows: list[Row]) -> str:
    lines = ["| Library | Loss | | Input; label | Returned | Exact | ULP |", "|---" * 7 + "|"]
    for name in NAMES:
        for loss in _losses(rows):
            here = [
                r for r in rows if (r.by, r.loss, r.dtype) == (name, loss, "float32") and r.order in _SHOWN
            ]
            largest = max(here, key=lambda r: r.tally.ulp, default=None)
            if largest and largest.tally.ulp >= _TELLING:
                lines.append(_example(largest, largest.tally.worst, number(largest.tally.ulp)))
            undefined = next((r for r in here if isnan(r.tally.bad.get("got", 0.0))), None)
            if undefined:
                lines.append(_example(undefined, undefined.tally.bad, ""))
    return "\n".join(lines)


def _example(row: Row, at: dict[str, Any], ulp: str) -> str:
    numbers = [f"{at[k]:.3g}".replace("nan", "NaN") for k in ("got", "exact")]
    return f"| {row.by} | `{row.loss}` | {_SHOWN[row.order]} | {at['at']} | {' | '.join(numbers)} | {ulp} |"


def _flushed(rows: list[Row]) -> str:
    found = [r for r in rows if r.by == "lossary" and r.tally.flushed]
    lines = ["| Loss | dtype | NumPy | JAX | torch | Results |", "|---" * 6 + "|"]
    for loss in _losses(found):
        for dtype in DTYPES:
            here = [r for r in found if (r.loss, r.dtype) == (loss, dtype)]
            if here:
                cells = [_counts(r for r in here if r.mode.startswith(lib)) for lib in _LIBRARIES]
                total = max(r.tally.count for r in here)
                lines.append(f"| `{loss}` | {dtype} | {' | '.join(cells)} | {total} |")
    return "\n".join(lines)


def _counts(rows: Iterable[Row]) -> str:
    rows = list(rows)
    found = [max((r.tally.flushed for r in rows if r.order == order), default=0) for order in ORDERS]
    return " / ".join(map(str, found)) if any(found) else ""


def _exceptions(rows: list[Row]) -> str:
    lines = ["| Losses | Options | What | dtypes | Bound | Measured | Why |", "|---" * 7 + "|"]
    for a in ALLOWANCES:
        row = worst(r for r in rows if r.by == "lossary" and a.covers(r))
        bound = "finite instead of infinite" if a.bound is None else f"{a.bound:g} ULP"
        measured = ""
        if row is not None:
            measured = f"{row.tally.capped} results" if a.bound is None else number(row.tally.ulp)
        losses, dtypes, orders = (
            ", ".join(f"`{x}`" for x in a.losses),
            ", ".join(a.dtypes),
            ", ".join(a.orders),
        )
        options = f"`{a.variants}`".replace("|", "\\|") if a.variants else "all"
        lines.append(f"| {losses} | {options} | {orders} | {dtypes} | {bound} | {measured} | {a.reason} |")
    return "\n".join(lines)


def _versions(seed: int) -> str:
    found = ", ".join(f"{name} {number}" for name, number in versions(NAMES).items())
    return f"Measured on CPU with {found}; seed {seed}."
