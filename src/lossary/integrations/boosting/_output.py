"""Whether a metric is given raw scores: beside an objective of the libraries' own it gets probabilities.

Neither library says so to a metric. What calls it knows: XGBoost's booster, and LightGBM's data set, which
has the parameters of the training.
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
"""Objectives after which the libraries make something else of raw scores: XGBoost's, then LightGBM's."""


def must_be_raw(name: str, first: str, data: Any) -> None:
    """Raise if predictions are no raw scores any more, as those are what the loss takes."""
    if first == "predictions":
        return
    objective = _objective(data)
    if objective in _LINKED:
        raise mistake(
            "L102",
            f"{name}: beside the built-in objective {objective!r} a metric gets predictions after the link"
            f" function, not the `{first}` that this loss takes",
            why="a second sigmoid, softmax or exponential would be applied to them",
            fix="the Objective itself as the objective; or a metric of the library's own: logloss, mlogloss,"
            " binary_logloss or multi_logloss",
        )


def _objective(data: Any) -> Any:
    """The library's own objective by its name; None if there is none."""
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
