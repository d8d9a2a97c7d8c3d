"""Checks that a metric gets raw scores: with a built-in objective, the libraries pass probabilities.

Neither library tells the metric. The caller knows: XGBoost's booster, and LightGBM's data set, which has the
training parameters.
"""

import json
import sys
from types import FrameType
from typing import Any

from lossary._check import mistake

_LINKED = (
    *("binary:logistic", "binary:hinge", "reg:logistic", "multi:softprob", "multi:softmax", "count:poisson"),
    *("reg:gamma", "reg:tweedie", "survival:cox", "survival:aft"),
    *("binary", "multiclass", "softmax", "multiclassova", "multiclass_ova", "ova", "ovr"),
    *("cross_entropy", "xentropy", "cross_entropy_lambda", "xentlambda", "poisson", "gamma", "tweedie"),
)
"""Objectives with a link function after the raw scores: XGBoost's, then LightGBM's."""


def must_be_raw(name: str, first: str, data: Any) -> None:
    """Raise if predictions are no longer the raw scores that the loss takes."""
    if first == "predictions":
        return
    objective = _objective(data)
    if objective in _LINKED:
        raise mistake(
            "L102",
            f"{name}: with the built-in objective {objective!r}, a metric gets predictions after the link"
            f" function, not the `{first}` that this loss takes",
            why="a second sigmoid, softmax or exponential would be applied to them",
            fix="use the Objective itself as the objective; or a built-in metric: logloss, mlogloss,"
            " binary_logloss or multi_logloss",
        )


def _objective(data: Any) -> Any:
    """The name of the built-in objective; None if there is none."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        library, local = _library(frame), frame.f_locals
        if library == "xgboost" and "output_margin" in local:
            return None if local["output_margin"] else _objective_of(local["self"])
        data = local.get("dataset", data) if library == "lightgbm" else data
        if library == "lightgbm" and hasattr(data, "params"):
            return data.params.get("objective")
        frame = frame.f_back
    return None


def _library(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _objective_of(booster: Any) -> str:
    return str(json.loads(booster.save_config())["learner"]["objective"]["name"])
