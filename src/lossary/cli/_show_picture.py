"""Loss, gradient and curvature over one number of the first input, a panel each."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lossary.cli._show_lines import Curve, curves
from lossary.cli._terminal import UsageError

_FORMATS = (".svg", ".png", ".pdf")
# M. Okabe and K. Ito's colors, which color-blind readers can tell apart.
COLORS = ("#0072b2", "#d55e00")
INK = "#1f2328"
_STYLE = dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK)
_WIDTH = 11 / 3
_TITLES = {"value": "loss", "grad": "gradient", "hess": "curvature"}


def save(name: str, loss: Any, path: Path) -> None:
    if path.suffix.lower() not in _FORMATS:
        raise UsageError(f"{path}: the name must end in {', '.join(_FORMATS)}")
    if find_spec("matplotlib") is None:
        raise UsageError("plots need matplotlib: pip install matplotlib")
    figure = draw(curves(name, loss))
    figure.suptitle(name)
    figure.savefig(path, dpi=150)


def draw(lines: Sequence[Curve]) -> Any:
    """A matplotlib figure."""
    from matplotlib import style
    from matplotlib.figure import Figure

    panels = [panel for panel in _TITLES if getattr(lines[0], panel) is not None]
    with style.context(["default", _STYLE]):
        width = _WIDTH * len(panels)
        figure: Any = Figure(figsize=(width, 3.6))
        figure.subplots_adjust(left=0.6 / width, right=1 - 0.1 / width, bottom=0.15, top=0.87, wspace=0.22)
        for axes, panel in zip(figure.subplots(1, len(panels)), panels, strict=True):
            for curve, color, dashes in zip(lines, COLORS, ("-", "--"), strict=False):
                axes.plot(curve.x, getattr(curve, panel), dashes, color=color, label=curve.name)
            axes.axhline(0.0, color="#777777", linewidth=0.8, zorder=1)
            axes.set(title=_TITLES[panel], xlabel=lines[0].over)
            axes.grid(alpha=0.25)
        figure.axes[0].legend(framealpha=0)
    return figure
