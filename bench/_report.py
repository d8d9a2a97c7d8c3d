"""The results of the measurements, as text and as data."""

import json
from collections.abc import Iterable
from importlib.metadata import version
from math import isfinite
from typing import Any

from bench._exceptions import over
from bench._measure import BOUNDS, HALF_BOUND, Tally
from bench._run import Row
from bench._variants import ORDERS

_COUNTS = ("nan", "nan_at_inf", "inf", "capped", "flushed")
_PACKAGES = ("numpy", "jax", "torch", "optax", "keras", "scikit-learn", "mpmath")


def versions(peers: Iterable[str]) -> dict[str, str]:
    missing = {"optax", "keras", "scikit-learn"} - set(peers)
    return {name: version(name) for name in _PACKAGES if name not in missing}


def number(ulp: float) -> str:
    if ulp > 1e20:
        return ">1e20"
    if ulp >= 1e4:
        return f"{ulp:.0e}".replace("e+0", "e").replace("e+", "e")
    return f"{ulp:.0f}" if ulp >= 99.5 else f"{ulp:.1f}"


def cell(tally: Tally) -> str:
    counts = (("N", tally.nan), ("n", tally.nan_at_inf), ("I", tally.inf), ("C", tally.capped))
    return " ".join([number(tally.ulp), *[f"{mark}{count}" for mark, count in counts if count]])


def merged(rows: Iterable[Row]) -> list[Row]:
    """The worst row over the variants of a loss, with the counts over all of them."""
    found: dict[tuple[str, ...], Row] = {}
    for row in rows:
        key = (row.loss, row.dtype, row.by, row.mode, row.order)
        found[key] = _worse(found[key], row) if key in found else row
    return list(found.values())


def worst(rows: Iterable[Row]) -> Row | None:
    """The worst of all rows, with the counts of the rows that have the most."""
    result = None
    for row in rows:
        result = row if result is None else _worse(result, row, max)
    return result


def _worse(a: Row, b: Row, counted: Any = sum) -> Row:
    worst = a if a.tally.ulp / a.bound >= b.tally.ulp / b.bound else b
    s, t = a.tally, b.tally
    counts = {name: counted([getattr(s, name), getattr(t, name)]) for name in ("count", *_COUNTS)}
    return worst._replace(tally=Tally(worst.tally.ulp, **counts, worst=worst.tally.worst, bad=s.bad or t.bad))


def table(rows: list[Row]) -> str:
    """One line per loss, dtype and way of computing: worst ULP of value, gradient and second derivative."""
    best = {(r.loss, r.dtype, r.by, r.mode, r.order): r for r in merged(rows)}
    lines = [f"{'loss':30} {'dtype':9} {'by':32} {'value':>14} {'grad':>16} {'hess':>16}  flushed"]
    keys = dict.fromkeys(key[:4] for key in best)
    for key in sorted(keys, key=lambda key: (*key[:2], key[2] != "lossary")):
        found = [best.get((*key, order)) for order in ORDERS]
        value, grad, hess = ("" if r is None else cell(r.tally) for r in found)
        flushed = sum(r.tally.flushed for r in found if r) or ""
        by = f"{key[2]} {key[3]}".strip()
        lines.append(f"{key[0]:30} {key[1]:9} {by:32} {value:>14} {grad:>16} {hess:>16}  {flushed}".rstrip())
    return "\n".join(lines)


def exceeding(rows: Iterable[Row]) -> list[Row]:
    return [r for r in rows if r.by == "lossary" and over(r)]


def listing(rows: list[Row]) -> str:
    """Rows above their bounds, worst first, with the input; one row for ways that compute the same result."""
    worst_of: dict[tuple[str, ...], Row] = {}
    for r in sorted(rows, key=lambda r: -r.tally.ulp):
        worst_of.setdefault((r.loss, r.variant, r.dtype, r.order), r)
    lines = [f"{len(rows)} above the bounds" + (":" if rows else "")]
    for r in sorted(worst_of.values(), key=lambda r: (r.loss, -r.tally.ulp)):
        where = r.tally.worst if r.tally.ulp > r.bound else r.tally.bad
        found = f"{cell(r.tally)} > {r.bound:g} of {r.unit}"
        at = f"at {where.get('at')} got {where.get('got')!r}, exactly {where.get('exact')!r}"
        lines.append(f"  {r.loss} ({r.variant}) {r.dtype} {r.mode} {r.order}: {found}; {at}")
    return "\n".join(lines)


def as_json(rows: list[Row], seed: int, peers: Iterable[str]) -> str:
    """Versions, bounds and one line per loss, dtype, way of computing and order."""
    head = {"versions": versions(peers), "seed": seed, "bounds": {**BOUNDS, "16 bit": HALF_BOUND}}
    lines = [json.dumps(_as_dict(row), ensure_ascii=False) for row in merged(rows)]
    return json.dumps(head, indent=1)[:-2] + ',\n "rows": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"


def _as_dict(row: Row) -> dict[str, Any]:
    t = row.tally
    found: dict[str, Any] = {k: getattr(row, k) for k in ("loss", "dtype", "by", "mode", "order")}
    found |= {"ulp": float(f"{t.ulp:.3g}"), "of": row.unit, "count": t.count}
    found |= {k: getattr(t, k) for k in _COUNTS if getattr(t, k)}
    if t.ulp:
        found |= {"variant": row.variant, **_plain(t.worst)}
    return found | ({"bad": _plain(t.bad)} if t.bad else {})


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    return {k: v if isinstance(v, str) or isfinite(v) else str(v) for k, v in found.items()}
