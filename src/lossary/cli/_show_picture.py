"""Loss, gradient and curvature over the first input, in three panels."""

import inspect
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import lossary
from lossary._check import LossInputError, LossTypeError
from lossary.cli._terminal import UsageError

_FORMATS = (".svg", ".png", ".pdf")
# M. Okabe and K. Ito's colours, which colour-blind readers can tell apart.
_COLOURS = ("#0072B2", "#D55E00")


class _Curve(NamedTuple):
    name: str
    x: Any
    value: Any
    grad: Any
    hess: Any


def save(name: str, loss: Any, path: Path) -> None:
    if path.suffix.lower() not in _FORMATS:
        raise UsageError(f"{path}: expected a name that ends in {', '.join(_FORMATS)}")
    if find_spec("matplotlib") is None:
        raise UsageError("a picture needs matplotlib: pip install matplotlib")
    curves = _curves(name, loss)
    from matplotlib import style
    from matplotlib.figure import Figure

    with style.context("default"):
        figure: Any = Figure(figsize=(11, 3.6), layout="constrained")
        figure.suptitle(name)
        for panel, title in zip(figure.subplots(1, 3), ("value", "grad", "hess"), strict=True):
            for curve, colour in zip(curves, _COLOURS, strict=False):
                panel.plot(curve.x, getattr(curve, title), color=colour, label=curve.name)
            panel.axhline(0.0, color="#555555", linewidth=0.8, zorder=1)
            panel.set(
                title={"value": "loss", "grad": "gradient", "hess": "curvature"}[title],
                xlabel=next(iter(inspect.signature(loss).parameters)),
            )
            panel.grid(alpha=0.25)
        figure.axes[0].legend()
        figure.savefig(path, dpi=150)


def _curves(name: str, loss: Any) -> list[_Curve]:
    """Of a number and its label or target; of several classes over the score of one of three."""
    first, second, *_ = list(inspect.signature(loss).parameters)
    x = (
        np.linspace(0.005, 0.995, 400)
        if first in ("probs", "rates", "distances")
        else np.linspace(-6, 6, 401)
    )
    labels = (0.0, 1.0) if second == "labels" else (0.0,)
    try:
        return [_of_number(loss, x, label, second) for label in labels]
    except (LossInputError, LossTypeError, TypeError, ValueError):
        pass
    try:
        return [_of_class(loss, x, label) for label in (0, 1)]
    except (LossInputError, LossTypeError, TypeError, ValueError):
        raise UsageError(f"{name} is no function of one number, nor of one among three scores") from None


def _of_number(loss: Any, x: Any, label: float, second: str) -> _Curve:
    derived = lossary.value_grad_hess(loss)(x, np.full_like(x, label), reduction="none")
    if derived[0].shape != x.shape:
        raise ValueError("not one loss for each number")
    return _Curve(f"{second.rstrip('s')} {label:g}", x, *derived)


def _of_class(loss: Any, x: Any, label: int) -> _Curve:
    """The derivatives are those in the score that is drawn over."""
    rows = np.stack([x, np.zeros_like(x), np.zeros_like(x)], axis=-1)
    value, grad, hess = lossary.value_grad_hess(loss)(rows, np.full(len(x), label), reduction="none")
    if value.shape != x.shape:
        raise ValueError("not one loss for each row")
    name = "its score, the others 0" if label == 0 else "the score of another class"
    return _Curve(name, x, value, grad[:, 0], hess[:, 0])
