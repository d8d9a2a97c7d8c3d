"""The charts in docs/speed.md, one per array library, from `docs/_data/speed.json`.

`python -m bench._speed_chart` draws them again.
"""

import json
from pathlib import Path
from typing import Any

from bench._speed_group import TITLES
from bench._speed_work import QUANTITIES

DOCS = Path(__file__).parents[1] / "docs"
_LOSS = "sigmoid_binary_cross_entropy"
_COLORS = ("#3b82c4", "#e07b00", "#3a9d4f", "#9467bd", "#b06a5c", "#d6568f", "#7f7f7f")
_OURS = "#d7263d"
_INK, _GRID = "#222222", "#b0b0b0"
_STYLE = (
    "<style>:root{--ink:#222;--grid:#ccc}"
    "@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--grid:#444c56}}</style>"
)
"""The colors of text and lines, on light and dark pages."""


def draw(rows: list[dict[str, Any]]) -> None:
    """Binary cross-entropy at every size, in multiples of the reference's time."""
    rows = [row for row in rows if (row["loss"], row["dtype"]) == (_LOSS, "float32")]
    for group, title in TITLES.items():
        of_group = [row for row in rows if row["group"] == group]
        if of_group:
            _draw(of_group, title, DOCS / "_static" / f"speed-{group}.svg")


def _draw(rows: list[dict[str, Any]], title: str, path: Path) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    colors = dict(zip(_peers(rows), _COLORS, strict=False))
    ink = dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), _INK
    )
    # The same input gives the same file.
    with mpl.rc_context({"svg.hashsalt": "lossary", "svg.fonttype": "none", "font.size": 9, **ink}):
        figure = Figure(figsize=(4.2, 5.6), layout="constrained")
        axes = figure.subplots(2, 1, sharex=True)
        for axis, quantity in zip(axes, QUANTITIES, strict=True):
            _panel(axis, [row for row in rows if row["quantity"] == quantity], colors)
            axis.set_ylabel(f"{quantity}: time / reference")
        drawn = {
            text: handle
            for axis in axes
            for handle, text in zip(*axis.get_legend_handles_labels(), strict=True)
        }
        axes[0].set_title(title)
        axes[1].set_xlabel("elements")
        figure.legend(drawn.values(), drawn.keys(), frameon=False, loc="outside lower center", ncols=2)
        figure.savefig(path, transparent=True, metadata={"Date": None})
    picture = path.read_text(encoding="utf-8").replace("<defs>", f"{_STYLE}\n <defs>", 1)
    path.write_text(picture.replace(_INK, "var(--ink)").replace(_GRID, "var(--grid)"), encoding="utf-8")


def _peers(rows: list[dict[str, Any]]) -> list[str]:
    names = dict.fromkeys(name for row in rows for name in row["calls"])
    return [name for name in names if not name.startswith("lossary") and name != rows[0]["reference"]]


def _panel(axis: Any, rows: list[dict[str, Any]], colors: dict[str, str]) -> None:
    """Below 1 is faster than the reference."""
    from matplotlib.ticker import LogLocator

    rows = sorted(rows, key=lambda row: float(row["size"]))
    for name in dict.fromkeys(name for row in rows for name in row["calls"]):
        points = [
            (float(row["size"]), row["calls"][name]["ratio"][0]) for row in rows if name in row["calls"]
        ]
        ours = name.startswith("lossary")
        axis.plot(
            *zip(*points, strict=True),
            label=name,
            color=_OURS if ours else colors.get(name, _INK),
            linewidth=2 if ours else 1,
            linestyle="--" if "." in name and ours else "-",
            marker="o" if ours else None,
            markersize=4,
            zorder=3 if ours else 2,
        )
    axis.set(xscale="log", yscale="log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.minorticks_off()
    axis.grid(color=_GRID, linewidth=0.5)


if __name__ == "__main__":
    draw(json.loads((DOCS / "_data" / "speed.json").read_text(encoding="utf-8"))["rows"])
