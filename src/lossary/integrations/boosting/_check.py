"""Rejects inputs that boosting libraries would silently accept."""

import warnings
from collections.abc import Mapping
from inspect import Parameter, signature
from typing import Any

import numpy as np

from lossary._check import mistake
from lossary._typing import Loss
from lossary.integrations._adapted import check_options, complete, first_of, has_class_ids, name_of
from lossary.integrations.boosting._kinds import Values

_XGBOOST_START = 0.5
_RAW = ("logits", "predictions", "log_rates", "log_means")
_OF_ROWS = {
    "weights": "sample_weight= of fit, or the weights of the data set",
    "where": "drop the rows from the data set",
    "over": "leave it out: the libraries need the derivatives of every row",
    "reduction": "leave it out: the libraries need the derivatives of every row",
    "axis": "leave it out: rows come first and classes last",
}


def check_loss(loss: Loss, options: Mapping[str, Any]) -> None:
    """Raise if the loss does not take raw predictions, or an option is wrong."""
    name = name_of(loss)
    allowed = signature(loss).parameters
    first = first_of(loss)
    if first not in _RAW:
        raise mistake(
            "L008",
            f"Objective: {name} takes `{first}` first",
            why="boosted trees add up to raw scores, which are unbounded",
            fix="a loss on logits, predictions or log-means: sigmoid_focal, not binary_focal",
        )
    required = [o for o, p in allowed.items() if p.default is Parameter.empty and o not in options]
    if "axis" in required:
        raise _not_by_rows(name)
    if len(required) != 2:
        raise mistake(
            "L008",
            f"Objective: {name} takes {', '.join(f'`{argument}`' for argument in required)}",
            why="the libraries pass only raw predictions and targets for each row",
            fix=f"Objective({name}, {required[-1]}=1.0), if one number is right for all rows",
        )
    check_options("Objective", loss, options, elsewhere=_OF_ROWS)
    _try(loss, name, options)


def _try(loss: Loss, name: str, options: Mapping[str, Any]) -> None:
    """Evaluate the loss on two rows: wrong options fail here rather than inside a boosting library."""
    has_classes = has_class_ids(loss)
    columns = np.size(options["class_weights"]) if options.get("class_weights") is not None else 2
    shape = (2, columns) if has_classes or "class_weights" in options else (2,)
    targets = np.zeros(2, dtype=int) if has_classes else np.ones(shape)
    losses = complete(loss)(np.zeros(shape), targets, reduction="none", **options)
    if losses.shape != targets.shape:
        raise _not_by_rows(name)


def _not_by_rows(name: str) -> Exception:
    return mistake(
        "L008",
        f"Objective: {name} does not have one loss per prediction, but one for many of them together",
        why="a leaf adds up the derivatives of its rows",
    )


def class_ids(loss: str, raw: Values, targets: Values) -> Values:
    """Class ids as integers; the libraries store them as floats."""
    if raw.ndim != 2:
        raise mistake(
            "L001",
            f"{loss}: needs a raw prediction per class, got an array of shape {raw.shape}",
            fix="num_class= in XGBoost and LightGBM, classes_count= in CatBoost",
        )
    ids = targets.astype(np.int64)
    wrong = np.flatnonzero(ids != targets)
    if wrong.size:
        i = wrong[0]
        raise mistake(
            "L110", f"{loss}: class ids must be whole numbers", f"{wrong.size} are not: [{i}]={targets[i]:g}"
        )
    return ids


def check_finite(loss: str, what: str, derivative: Values) -> None:
    """Raise at NaN or infinity, which silently stop the libraries from learning."""
    finite = np.isfinite(derivative)
    if finite.all():
        return
    rows = np.flatnonzero(~finite.reshape(len(finite), -1).all(axis=1))
    raise mistake(
        "L012",
        f"{loss}: the {what} of {len(rows)} of {len(finite)} rows is not finite",
        f"rows {', '.join(str(i) for i in rows[:4])}{', ...' if len(rows) > 4 else ''}",
        why="one such value turns the sums of its leaf, and of all nodes above it, into NaN",
        fix="look for NaN in targets and weights; if the raw predictions diverged, lower the learning rate or"
        " start from init_score",
    )


def warn_of_default_start(loss: str, raw: Values, start: str) -> None:
    """With a custom objective, XGBoost's regressors and `xgboost.train` start at a raw score of 0.5."""
    if raw.size and (raw == _XGBOOST_START).all():
        warnings.warn(
            f"{loss}: all raw predictions are 0.5, XGBoost's default start; pass base_score={start}",
            stacklevel=3,
        )
