"""The demo's picture: above, three trainings; below, the shapes of the three losses."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

import lossary
from lossary.cli._demo_data import Digits
from lossary.cli._demo_training import Training

# M. Okabe and K. Ito's colors, which color-blind readers can tell apart.
_COLORS = ("#0072B2", "#D55E00", "#009E73")
_GREY = "#555555"

# The trainings' own pos_weight is near 9, which would press the other curves flat onto the axis.
_SHOWN_POS_WEIGHT = 2.0
_SHAPES: tuple[tuple[str, Any, dict[str, float]], ...] = (
    ("cross-entropy", lossary.sigmoid_binary_cross_entropy, {}),
    (
        f"pos_weight={_SHOWN_POS_WEIGHT:g}",
        lossary.sigmoid_binary_cross_entropy,
        {"pos_weight": _SHOWN_POS_WEIGHT},
    ),
    ("focal, gamma=2", lossary.sigmoid_focal, {"gamma": 2.0}),
)
_SHAPE_TITLES = (
    "loss",
    "gradient: focal's is the first to fade",
    "curvature: focal's falls below zero",
)


def save(trainings: list[Training], digits: Digits, wanted: Path) -> Path:
    """Save under the given name or, if that exists, with the first free number appended.

    The plot does not use pyplot or the user's style: no window, no global state.
    """
    from matplotlib import style

    with style.context(["default", _style()]):
        figure = _draw(trainings, digits)
        path = next(path for path in _names(wanted) if not path.exists())
        with path.open("xb") as file:
            figure.savefig(file, format="png", dpi=150)
    return path


def _names(wanted: Path) -> Iterator[Path]:
    yield wanted
    yield from (wanted.with_stem(f"{wanted.stem}-{number}") for number in count(2))


def _draw(trainings: list[Training], digits: Digits) -> Any:
    from matplotlib.figure import Figure

    figure: Any = Figure(figsize=(12, 7.6), layout="constrained")
    above, below = figure.subfigures(2, 1)
    above.suptitle("Is this digit an 8? The same network, trained with three losses", fontsize=14)
    below.suptitle("Each loss on an 8, whose logit should be large", fontsize=14)
    _draw_curves(above.subplots(1, 3, sharey=True), trainings, digits)
    _draw_shapes(below.subplots(1, 3))
    return figure


def _style() -> dict[str, Any]:
    return {
        "font.size": 10,
        "axes.titlesize": 11,
        "axes.grid": True,
        "grid.color": "#E6E6E6",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
        "lines.linewidth": 1.8,
        "figure.constrained_layout.w_pad": 0.12,
        "figure.constrained_layout.h_pad": 0.10,
    }


def _draw_curves(panels: Any, trainings: list[Training], digits: Digits) -> None:
    for panel, training, color in zip(panels, trainings, _COLORS, strict=True):
        epochs = range(len(training.curve))
        panel.axhline(digits.baseline, color=_GREY, linestyle=":")
        panel.annotate(
            f"always predicting the base rate: {digits.baseline:.3f}",
            (1.0, digits.baseline),
            xycoords=("axes fraction", "data"),
            xytext=(0, 4),
            textcoords="offset points",
            horizontalalignment="right",
            color=_GREY,
        )
        held_out, train = training.held_out_curve, training.curve
        panel.plot(epochs, held_out, color=color, label=f"validation, {held_out[-1]:.3f} at the end")
        panel.plot(epochs, train, "--", color=color, linewidth=1.2, label=f"train, {train[-1]:.3f}")
        panel.set(title=training.call, xlabel="epoch", yscale="log", xlim=(0, len(epochs) - 1))
        panel.xaxis.get_major_locator().set_params(integer=True)
        panel.legend(loc="lower left")
    _label_in_decimals(panels[0].yaxis)
    panels[0].set_ylabel("cross-entropy (nats)")


def _label_in_decimals(axis: Any) -> None:
    """Label a logarithmic axis 0.05, 0.1, 0.2 instead of by powers: it spans about one decade."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def _draw_shapes(panels: Any) -> None:
    logits = np.linspace(-6.0, 6.0, 481)
    for (name, loss, options), color in zip(_SHAPES, _COLORS, strict=True):
        shapes = lossary.value_grad_hess(loss)(logits, np.ones_like(logits), reduction="none", **options)
        for panel, values in zip(panels, shapes, strict=True):
            panel.plot(logits, values, color=color, label=name)
    for panel, title in zip(panels, _SHAPE_TITLES, strict=True):
        panel.axhline(0.0, color=_GREY, linewidth=0.8, zorder=1)
        panel.set(title=title, xlabel="logit", xlim=(-6, 6))
    panels[0].legend()
