"""Detect the caller: Keras, scikit-learn and XGBoost pass the targets first, a loss takes the predictions
first.

Values and shapes rarely reveal a swap, so the caller is inspected, once, when a program is built. Calls that
find their program pay nothing.
"""

from collections.abc import Mapping
from types import FrameType
from typing import Any, NamedTuple

from lossary._check import mistake


class _Framework(NamedTuple):
    name: str
    fix: str


_TARGETS_FIRST = {
    "keras.src.losses.": _Framework("Keras", "lossary.integrations.keras.Loss({})"),
    "keras.src.metrics.": _Framework("Keras", "lossary.integrations.keras.Loss({})"),
    "sklearn.metrics.": _Framework(
        "scikit-learn", "lossary.integrations.sklearn.scorer({}) in the place of make_scorer"
    ),
    "xgboost.": _Framework(
        "XGBoost", "eval_metric=lossary.integrations.boosting.Objective({}).xgboost_metric"
    ),
}
"""Keyed by the modules whose functions call a plain function as ``f(y_true, y_pred)``."""


def must_not_be_swapped(frame: FrameType) -> None:
    """Raise if the call in `frame` came directly from a framework that passes the targets first."""
    call, entry, caller = frame.f_locals.get("call"), frame, frame.f_back
    if call is None:  # TensorFlow's AutoGraph runs functions that it generated
        return
    while caller is not None and _is_ours(caller):
        entry, caller = caller, caller.f_back
    framework = None if caller is None else _framework(caller)
    if framework is None:
        return
    given = entry.f_locals.get("args", ())
    if given and given[0] is call.arrays[0]:  # not already reordered by a loss built from others
        first, second = (argument.name for argument in call.kernels[0].takes[:2])
        raise mistake(
            "L002",
            f"{call.name}: {framework.name} calls a function as f(y_true, y_pred), and `{first}` come first"
            " here",
            why=f"the targets would be taken for `{first}`, the predictions for `{second}`",
            fix=framework.fix.format(_spelled(call.name, entry.f_locals.get("kwargs", {}))),
        )


def _spelled(loss: str, options: Mapping[str, Any]) -> str:
    """A loss's name and options, as an adapter takes them."""
    numbers = {k: v for k, v in options.items() if isinstance(v, str | int | float) and k != "reduction"}
    return ", ".join([f'"{loss}"', *(f"{k}={v!r}" for k, v in numbers.items())])


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _is_ours(frame: FrameType) -> bool:
    """Whether it belongs to a loss or a transformation rather than an adapter."""
    return _module(frame).startswith(("lossary._engine", "lossary._program", "lossary.transforms"))


def _framework(frame: FrameType) -> _Framework | None:
    module = _module(frame)
    return next((f for start, f in _TARGETS_FIRST.items() if module.startswith(start)), None)
