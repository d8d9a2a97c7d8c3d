"""Do the arrays fit together? Finds arrays that are not numeric, have wrong shapes, or are swapped."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from lossary._check import LossInputError, mistake
from lossary._program._layout import aligned_shape
from lossary.diagnosis._case import Case, Kind, Task
from lossary.diagnosis._finding import Finding, finding
from lossary.diagnosis._host import Values, on_host, thinned
from lossary.diagnosis._words import count, few, percent


def read(
    predictions: Any,
    targets: Any,
    *,
    kind: Kind,
    task: Task,
    axis: int,
    weights: Any,
    where: Any,
    label_smoothing: float,
) -> tuple[Case, list[Finding]]:
    """Copy everything to the host. If the findings contain errors, do not use the case."""
    named = {"predictions": predictions, "targets": targets, "weights": weights, "where": where}
    arrays, step, rows = thinned({name: x for name, x in named.items() if x is not None})
    given = {name: on_host(name, x) for name, x in arrays.items()}
    case = Case(
        task, kind, given["predictions"], given["targets"], given.get("weights"), None, label_smoothing
    )
    case.note = f"every {step}th of {rows:,} rows" if step > 1 else ""
    wrong = [_no_numbers(name, x) for name, x in given.items() if x.dtype.kind not in "biuf"]
    wrong = wrong or list(_swapped(case)) or list(_predicted_classes(case)) or list(_shapes(case, axis))
    if wrong:
        return case, wrong
    if case.predictions.size == 0:
        raise mistake("L007", "diagnose: there are no examples")
    if task != "binary":
        case.predictions = np.moveaxis(case.predictions, axis, -1)
        if case.targets.ndim == case.predictions.ndim:
            case.targets = np.moveaxis(case.targets, axis, -1)
    if where is not None:
        wrong += _align(case, "where", given["where"].astype(bool))
    if weights is not None:
        wrong += _align(case, "weights", given["weights"])
    if not wrong and case.counts is not None and not case.counts.any():
        raise mistake("L007", "diagnose: there are no examples, `where` masks out all of them")
    return case, wrong


def _no_numbers(name: str, values: Values) -> Finding:
    distinct = sorted({str(x) for x in values.ravel()[:1000]})
    if name == "targets" and len(distinct) == 2 and values.dtype.kind != "c":
        fix = f"targets = targets == {distinct[1]!r}     # or {distinct[0]!r}, whichever counts as 1"
    elif name == "targets" and values.dtype.kind != "c":
        fix = "targets = np.unique(targets, return_inverse=True)[1]     # class ids in sorted order"
    else:
        fix = f"{name} as real numbers"
    what = f"dtype {values.dtype}, distinct values: {few([repr(x) for x in distinct])}"
    return finding(
        "L005", "error", f"{name} are not real numbers", what, why="a loss compares numbers", fix=fix
    )


def _swapped(case: Case) -> Iterator[Finding]:
    """Predictions that can only be labels, next to targets that cannot be labels."""
    x, y = case.predictions, case.targets
    if case.is_multiclass:
        swapped = x.dtype.kind in "iu" and x.ndim + 1 == y.ndim
        held = "class ids"
    else:
        # Two or three distinct targets between 0 and 1 may well be soft labels.
        swapped = x.shape == y.shape and x.size > 2 and _is_binary(x) and not _is_few(y)
        held = "{0, 1}"
    if swapped:
        yield finding(
            "L002",
            "error",
            "predictions and targets seem to be swapped",
            f"predictions hold only {held}, targets {count(np.unique(y).size, 'distinct value')}",
            why="libraries differ in the order: Keras and scikit-learn pass the targets first",
            fix="diagnose(predictions=..., targets=...)",
        )


def _predicted_classes(case: Case) -> Iterator[Finding]:
    """Class ids as predictions and as targets: `predict` or an argmax returns these."""
    x, y = case.predictions, case.targets
    if x.shape != y.shape or x.size < 3 or not (_are_ids(x) and _are_ids(y)):
        return
    right = "model.predict_proba(X)" if case.kind == "probs" else "the scores before the argmax"
    yield finding(
        "L113",
        "error",
        "",
        f"predictions hold {count(np.unique(x).size, 'class id')}, 0 to {int(x.max())}; "
        f"{percent((x == y).mean())} of them equal the targets",
        why="a predicted class does not tell how confident the model is, so it has no loss",
        fix=f'{right}, one score per class, with task="multiclass"',
    )


def _are_ids(x: Values) -> bool:
    """Whether these are nonnegative whole numbers for more than two classes."""
    if x.dtype.kind not in "iuf" or not (x.min() >= 0 and 1 < x.max() < 100_000):
        return False
    distinct = np.unique(x)
    return 2 < distinct.size <= max(3, x.size // 2) and bool((distinct == np.floor(distinct)).all())


def _is_binary(x: Values) -> bool:
    return bool(((x == 0) | (x == 1)).all())


def _is_few(y: Values) -> bool:
    return y.dtype.kind in "biu" or _is_binary(y) or np.unique(y).size <= 3


def _shapes(case: Case, axis: int) -> Iterator[Finding]:
    x, y = case.predictions, case.targets
    if case.task != "binary" and not -x.ndim <= axis < x.ndim:
        yield finding(
            "L003",
            "error",
            f"there is no axis {axis} in predictions of shape {x.shape}",
            why="each class or label has a score, along an axis of their own",
            fix='task="binary", if there is one score per example',
        )
        return
    if not case.is_multiclass:
        if x.shape != y.shape:
            yield _shapes_differ(x, y)
        return
    without = x.shape[: axis % x.ndim] + x.shape[axis % x.ndim + 1 :]
    if y.shape in (x.shape, without):
        return
    fitting = [i for i in range(x.ndim) if x.shape[:i] + x.shape[i + 1 :] == y.shape]
    if fitting:
        yield finding(
            "L003",
            "error",
            f"predictions {x.shape} and targets {y.shape}: the classes seem to be on axis {fitting[0]}",
            f"axis={axis} has length {x.shape[axis]}; without it the shape is {without}",
            why="torch puts the classes on axis 1, other libraries on the last axis",
            fix=f"axis={fitting[0]}",
        )
    else:
        yield _shapes_differ(x, y)


def _shapes_differ(x: Values, y: Values) -> Finding:
    facts, fix = (
        [],
        "one target per prediction: targets.reshape(predictions.shape), if their order is the same",
    )
    try:
        pairs = np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        pairs = ()
    if pairs and x.size == y.size:
        facts = [
            f"broadcasting would compare every prediction with every target: "
            f"{int(np.prod(pairs)):,} pairs instead of {x.size:,}"
        ]
    if x.ndim == y.ndim + 1 and x.shape[-1] == 1:
        fix = "predictions[..., 0]   or   targets[..., None]"
    elif y.ndim == x.ndim + 1 and y.shape[-1] == 1:
        fix = "targets[..., 0]   or   predictions[..., None]"
    elif x.ndim == y.ndim + 1 and x.shape[:-1] == y.shape:
        fix = f'task="multiclass", if axis -1 holds the scores of {x.shape[-1]} classes'
        fix = "predictions[..., 1], the score of class 1" if x.shape[-1] == 2 else fix
    title = f"predictions {x.shape} and targets {y.shape} do not have the same shape"
    return finding("L001", "error", title, *facts, why="it is unclear which target belongs to which", fix=fix)


def _align(case: Case, name: str, values: Values) -> list[Finding]:
    try:
        values = values.reshape(aligned_shape("diagnose", name, values.shape, case.shape))
    except LossInputError:
        return [
            finding(
                "L001",
                "error",
                f"{name} {values.shape} do not fit the loss, which has shape {case.shape}",
                fix=f"shape {case.shape}, or {case.shape[:1]} for one per example",
            )
        ]
    if name == "where":
        case.counts = np.broadcast_to(values, case.shape)
    else:
        case.weights = values
    return []
