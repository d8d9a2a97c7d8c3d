"""The chart in docs/speed.md: binary cross-entropy at every size, relative to the reference."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench._speed_group import TITLES
from bench._speed_run import Row
from bench._speed_work import QUANTITIES

_LOSS = "sigmoid_binary_cross_entropy"
_COLOURS = ("#0b62a4", "#e07b00", "#3a9d4f", "#9467bd", "#8c564b", "#d6568f", "#7f7f7f")
_OURS, _REFERENCE = "#c1121f", "#222222"


def draw(rows: Iterable[Row], path: Path) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = [r for r in rows if (r.loss, r.dtype) == (_LOSS, "float32")]
    groups = [name for name in TITLES if any(r.group == name for r in rows)]
    if not groups:
        return
    # The same input gives the same file.
    with mpl.rc_context({"svg.hashsalt": "lossary", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(3.4 * len(groups), 6.2), layout="constrained")
        axes = figure.subplots(2, len(groups), squeeze=False, sharex=True)
        for column, group in enumerate(groups):
            of_group = [r for r in rows if r.group == group]
            colours = _colours(of_group)
            for line, quantity in enumerate(QUANTITIES):
                _panel(axes[line][column], [r for r in of_group if r.quantity == quantity], colours)
            axes[0][column].set_title(TITLES[group])
            axes[1][column].set_xlabel("elements")
            drawn = {
                text: handle
                for axis in axes[:, column]
                for handle, text in zip(*axis.get_legend_handles_labels(), strict=True)
            }
            axes[1][column].legend(
                drawn.values(), drawn.keys(), fontsize=7, frameon=False, loc="upper center",
                bbox_to_anchor=(0.5, -0.2),
            )  # fmt: skip
        for line, quantity in enumerate(QUANTITIES):
            axes[line][0].set_ylabel(f"{quantity}: time / reference")
        path.parent.mkdir(exist_ok=True)
        figure.savefig(path, metadata={"Date": None})


def _colours(rows: list[Row]) -> dict[str, str]:
    peers = [
        name
        for name in dict.fromkeys(name for row in rows for name in row.timings)
        if not name.startswith("lossary") and name != rows[0].reference
    ]
    return dict(zip(peers, _COLOURS, strict=False))


def _panel(axis: Any, rows: list[Row], colours: dict[str, str]) -> None:
    """Below 1 is faster than the reference."""
    from matplotlib.ticker import LogLocator

    rows = sorted(rows, key=lambda row: row.shape)
    for name in dict.fromkeys(name for row in rows for name in row.timings):
        points = [(row.shape[0], row.ratio(name).median) for row in rows if name in row.timings]
        ours = name.startswith("lossary")
        axis.plot(
            *zip(*points, strict=True),
            label=name,
            color=_OURS if ours else colours.get(name, _REFERENCE),
            linewidth=2 if ours else 1,
            linestyle=("--" if "." in name else "-") if ours else "-",
            marker="o" if ours else None,
            markersize=4,
            zorder=3 if ours else 2,
        )
    axis.set(xscale="log", yscale="log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.minorticks_off()
    axis.grid(alpha=0.3)
