"""The two small tables on the home page, computed from the data behind docs/accuracy.md and docs/speed.md."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

_ORDERS = ("value", "grad")
_PEERS = ("lossary", "torch", "optax", "keras", "scikit-learn")
_BASICS = {"numpy": "stable formula", "torch": "torch.nn.functional", "jax": "optax"}
_LARGEST = ("1e7", "8192x1000", "1024x50257")


def accuracy(rows: list[dict[str, Any]]) -> str:
    """The worst value and gradient in float32, for losses that another library has too."""
    single = [row for row in rows if row["dtype"] == "float32" and row["order"] in _ORDERS]
    losses = dict.fromkeys(row["loss"] for row in single if row["by"] != "lossary")
    lines = [_line("Loss", *_PEERS), _line(*["---"] * (1 + len(_PEERS)))]
    for loss in losses:
        of_loss = [row for row in single if row["loss"] == loss]
        cells = (_worst(row for row in of_loss if row["by"] == peer) for peer in _PEERS)
        lines.append(_line(f"`{loss}`", *cells))
    return "\n".join(lines)


def _worst(rows: Iterable[dict[str, Any]]) -> str:
    rows = list(rows)
    found = {order: [row for row in rows if row["order"] == order] for order in _ORDERS}
    if not rows:
        return ""
    return " / ".join(_ulp(max(row["ulp"] for row in some)) if some else "–" for some in found.values())


def _ulp(number: float) -> str:
    if number >= 1e4:
        return f"{min(number, 1e20):.0e}".replace("e+0", "e").replace("e+", "e")
    return f"{number:.1f}" if number < 99.5 else f"{number:.0f}"


def speed(rows: list[dict[str, Any]]) -> str:
    """Value and gradient of the largest float32 arrays: our time relative to what others use."""
    heads = ("NumPy vs. the stable formula", "torch vs. its own loss", "JAX compiled vs. optax")
    lines = [_line("Loss", "Size", *heads), _line(*["---"] * 5)]
    chosen = [
        row
        for row in rows
        if (row["dtype"], row["quantity"]) == ("float32", "value+grad") and row["size"] in _LARGEST
    ]
    for loss, size in dict.fromkeys((row["loss"], row["size"]) for row in chosen):
        cells = (_ratio(row for row in chosen if _of(row) == (loss, size, group)) for group in _BASICS)
        lines.append(_line(f"`{loss}`", size.replace("x", " × "), *cells))
    return "\n".join(lines)


def _of(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["loss"], row["size"], row["group"]


def _ratio(rows: Iterable[dict[str, Any]]) -> str:
    found = [row["calls"]["lossary"]["ratio"][0] for row in rows if row["reference"] == _BASICS[row["group"]]]
    return f"{found[0]:.2f}" if found else ""


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


class Measured(SphinxDirective):
    """`accuracy` or `speed`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        path = Path(self.env.srcdir, "_data", f"{name}.json")
        self.env.note_dependency(str(path))
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
        return self.parse_text_to_nodes({"accuracy": accuracy, "speed": speed}[name](rows))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("measured", Measured)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
