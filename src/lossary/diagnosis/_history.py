"""`diagnose_history` finds what a training curve reveals."""

import math
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from lossary._advice import number
from lossary._check import mistake, parameter
from lossary.diagnosis._curve_picture import picture
from lossary.diagnosis._finding import Finding, finding, ranked
from lossary.diagnosis._host import Values, on_host
from lossary.diagnosis._known import Known, base_rate, sigmoid_twice, smoothing_floor, softmax_twice, uniform
from lossary.diagnosis._report import Report, Row
from lossary.diagnosis._words import few, loss

_FEWEST = 5


class _Curve(NamedTuple):
    """One loss per epoch or step; `noise` is the standard deviation around the trend."""

    name: str
    values: Values

    @property
    def noise(self) -> float:
        """From the median of second differences, which ignores slopes and single jumps."""
        bends = np.diff(self.values, n=2)
        return float(1.4826 * np.median(np.abs(bends - np.median(bends))) / math.sqrt(6))

    @property
    def tail(self) -> Values:
        return self.values[-max(_FEWEST, len(self.values) // 3) :]

    @property
    def end(self) -> float:
        """Where the curve ends: the mean of its last tenth, but at least of three values."""
        return float(self.values[-max(3, len(self.values) // 10) :].mean())


@np.errstate(over="ignore")  # a diverging loss may come close to the largest number
def diagnose_history(
    train: Any,
    val: Any = None,
    *,
    targets: Any = None,
    classes: int | None = None,
    label_smoothing: float = 0.0,
    ignore: Collection[str] = (),
) -> Report:
    """Find out what is wrong with a training curve: negative, NaN, stuck at a known number, or overfitting.

    Parameters
    ----------
    train : array or list, shape (n,)
        The training loss per epoch or per step. Also the result of Keras' ``fit``, or a dictionary with
        ``"loss"`` and ``"val_loss"``.
    val : array or list, shape (m,), optional
        The validation loss.
    targets : array, optional
        The training targets, 0 and 1 or class ids. They give the loss of always predicting the base rate.
    classes : int, optional
        The number of classes; inferred from `targets` if not given.
    label_smoothing : float in [0, 1)
        The label smoothing used in training. A plateau at its lowest possible loss is nothing to worry about.
    ignore : collection of str
        Codes to leave out of the report, such as ``"L501"`` for a likelihood that may be negative.

    Returns
    -------
    Report
        Like the one from :func:`diagnose`; ``numbers`` has the best epoch, counted from 0.

    Raises
    ------
    LossInputError
        If there is no curve, or it is not one-dimensional.

    Examples
    --------
    >>> import lossary
    >>> report = lossary.diagnose_history([0.71, 0.6935, 0.6931, 0.6932, 0.6931, 0.6931, 0.6931])
    >>> print(report.findings[0].title)
    stuck at 0.6931 = log 2: a model that always predicts ½
    """
    parameter("diagnose_history", "label_smoothing", label_smoothing)
    ignore = {ignore} if isinstance(ignore, str) else set(ignore)
    train, val = _curves(train, val)
    curves = [_curve("train", train)] + ([] if val is None else [_curve("val", val)])
    known = list(_levels(targets, classes, label_smoothing))
    found: list[Finding] = []
    for curve in curves:
        found += _not_finite(curve)
    finite = [_until_broken(curve) for curve in curves]
    for curve in finite:
        found += _negative(curve)
        found += _diverging(curve)
    found += _plateau(finite[0], known)
    if len(finite) == 2:
        found += _overfitting(*finite)
    return Report(
        f"training curve, {len(curves[0].values):,} values",
        ranked(one for one in found if one.code not in ignore),
        [row for curve in finite for row in _rows(curve)],
        _numbers(finite),
        picture=partial(picture, {one.name: one.values for one in curves}),
    )


def _curves(train: Any, val: Any) -> tuple[Any, Any]:
    history = getattr(train, "history", train)
    if not isinstance(history, Mapping):
        return train, val
    if "loss" not in history:
        raise mistake(
            "L005",
            f"diagnose_history: the history has no 'loss', only {few([repr(name) for name in history])}",
            fix="diagnose_history(history['...'], history['val_...'])",
        )
    return history["loss"], history.get("val_loss") if val is None else val


def _curve(name: str, values: Any) -> _Curve:
    array = on_host(name, values)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iuf":
        raise mistake(
            "L005",
            f"diagnose_history: `{name}` must be a list of losses, got shape {array.shape} of {array.dtype}",
            fix="one loss per epoch",
        )
    return _Curve(name, array.astype(np.float64))


def _until_broken(curve: _Curve) -> _Curve:
    """The curve up to its first NaN or infinity, after which it is meaningless."""
    wrong = ~np.isfinite(curve.values)
    return curve._replace(values=curve.values[: int(wrong.argmax())]) if wrong.any() else curve


def _levels(targets: Any, classes: int | None, smoothing: float) -> Iterator[Known]:
    """The known numbers to compare a plateau with."""
    if targets is not None:
        ids = on_host("targets", targets).ravel()
        if ids.dtype.kind not in "biuf" or ids.size == 0 or ids.min() < 0 or (ids != np.floor(ids)).any():
            raise mistake(
                "L101",
                "diagnose_history: `targets` must be 0 and 1, or class ids",
                fix="diagnose(predictions, targets, ...) finds out what is wrong with them",
            )
        counts = np.bincount(ids.astype(np.int64))
        classes = classes or max(2, len(counts))
        if classes == 2:
            rate = float(ids.mean())
            q = (1 - smoothing) * rate + smoothing / 2
            yield base_rate(q)._replace(meaning="a model that always predicts the base rate")
            yield sigmoid_twice(rate)
        else:
            shares = (1 - smoothing) * np.pad(
                counts, (0, classes - len(counts))
            ) / ids.size + smoothing / classes
            entropy = -float((shares * np.log(np.maximum(shares, 5e-324))).sum())
            yield Known(
                entropy,
                f"entropy of {classes} base rates",
                "a model that always predicts the class frequencies",
            )
    classes = classes or 2
    yield uniform(classes)
    if classes > 2:
        yield softmax_twice(classes)
    if smoothing:
        yield smoothing_floor(smoothing, classes)


def _not_finite(curve: _Curve) -> Iterator[Finding]:
    wrong = ~np.isfinite(curve.values)
    if not wrong.any():
        return
    at = int(wrong.argmax())
    before = curve.values[max(0, at - 4) : at]
    said = f"{curve.name}[{at}] = {number(curve.values[at])}"
    said += f" after {', '.join(map(number, before))}" if at else ", the first value"
    if at == 0:
        why = "training had not started: the inputs or targets contain NaN, or a parameter starts as NaN"
        fix = "np.isnan(inputs).any(), and diagnose(predictions, targets, ...) on the first batch"
    elif len(before) > 1 and before[-1] > 2 * curve.values[:at].min():
        why = "the loss had been rising: the steps were too large, until a number overflowed"
        fix = "a lower learning rate, a warm-up, or gradient clipping by norm"
    else:
        why = "the loss was fine one step earlier: a bad example, log(0), 0/0 or an overflow caused it"
        fix = "a loss on logits instead of probabilities; then diagnose(...) on that batch"
    yield finding("L502", "error", f"{number(curve.values[at])} at step {at}", said, why=why, fix=fix)


def _negative(curve: _Curve) -> Iterator[Finding]:
    below = curve.values < -1e-6
    if below.any():
        at = int(below.argmax())
        yield finding(
            "L501",
            "error",
            "",
            f"{curve.name}[{at}] = {number(curve.values[at])}, the lowest is {number(curve.values.min())}",
            why="with targets in [0, 1], a cross-entropy is at least their entropy; "
            "only a density, as in gaussian_nll, has negative losses",
            fix='diagnose(predictions, targets, ...) on one batch; ignore="L501" for a density',
        )


def _plateau(curve: _Curve, known: list[Known]) -> Iterator[Finding]:
    """The last third of the curve is flat, at a known number."""
    tail = curve.tail
    if len(curve.values) < _FEWEST:
        return
    level, spread = float(tail.mean()), float(tail.std())
    half = len(tail) // 2
    error = spread / math.sqrt(len(tail))
    drift = abs(float(tail[:half].mean() - tail[half:].mean()))
    if level <= 0 or spread > 0.1 * level or drift > max(0.003 * level, 6 * error):
        return
    for one in known:
        if abs(one.value - level) <= min(max(0.002 * one.value, 3 * error), 0.01 * one.value):
            is_floor = one.meaning.startswith("perfect")
            yield finding(
                "L503",
                "note" if is_floor else "warning",
                f"stuck at {loss(one.value)} = {one.formula}: {one.meaning}",
                f"the last {len(tail)} values lie in [{loss(tail.min())}, {loss(tail.max())}]",
                why="there is nothing left to gain" if is_floor else _why(one),
                fix="" if is_floor else _fix(one),
            )
            return


def _why(one: Known) -> str:
    if "twice" in one.meaning:
        return "the loss applies a softmax or sigmoid to the output of another one"
    return "the input has no influence on the output: the model learns nothing from it"


def _fix(one: Known) -> str:
    if "twice" in one.meaning:
        return "remove the last activation, or use the loss on probabilities"
    return (
        "train on ten examples until the loss is 0; if it does not fall, look for dead units, detached "
        "gradients, shuffled labels, and a learning rate that is far too high or too low"
    )


def _overfitting(train: _Curve, val: _Curve) -> Iterator[Finding]:
    if min(len(val.values), len(train.values)) < _FEWEST:
        return
    best = int(val.values.argmin())
    low = float(val.values[best])
    rise = val.end - low
    matters = 0.05 * max(abs(low), float(val.values[0]) - low)
    share = best / (len(val.values) - 1)
    train_then = float(train.values[round(share * (len(train.values) - 1))])
    if rise > max(matters, 4 * val.noise) and train.end < train_then:
        yield finding(
            "L504",
            "warning",
            "",
            f"val is lowest at [{best}], {loss(low)}, and ends at {loss(val.end)}",
            f"meanwhile, train falls from {loss(train_then)} to {loss(train.end)}",
            why="from there on, the model memorizes its examples",
            fix=f"keep the parameters of epoch {best} (early stopping), or regularize: weight decay, "
            "dropout, augmentation, label smoothing",
        )


def _diverging(curve: _Curve) -> Iterator[Finding]:
    """The training loss rises and stays up, or the validation loss exceeds its start."""
    values = curve.values
    if len(values) < _FEWEST:
        return
    best = int(values.argmin())
    low, start = float(values[best]), float(values[0])
    rise = curve.end - low
    matters = max(4 * curve.noise, 0.5 * abs(low), 0.1 * (start - low))
    is_lasting = float(np.median(values[-max(3, len(values) // 3) :])) - low > matters  # not a spike
    if rise <= matters or not is_lasting:
        return
    is_above_start = curve.end > max(1.2 * start, start + 4 * curve.noise)
    if curve.name == "val" and not is_above_start:
        return
    yield finding(
        "L505",
        "error" if is_above_start and curve.name == "train" else "warning",
        "",
        f"{curve.name} starts at {number(start)}, is lowest at [{best}], {number(low)}, and ends at "
        f"{number(curve.end)}",
        why="steps that overshoot make the next gradient even larger"
        if curve.name == "train"
        else "the model is more and more confident in its mistakes",
        fix="a third of the learning rate, a warm-up, or gradient clipping by norm"
        if curve.name == "train"
        else "stop at the best epoch; fewer parameters, or more data",
    )


def _rows(curve: _Curve) -> list[Row]:
    values = curve.values
    if not len(values):
        return []
    best = int(values.argmin())
    return [
        Row(f"{curve.name}, first", loss(values[0])),
        Row(f"{curve.name}, best", loss(values[best]), f"at [{best}]"),
        Row(f"{curve.name}, last", loss(values[-1]), f"at [{len(values) - 1}]"),
    ]


def _numbers(curves: list[_Curve]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for curve in curves:
        if len(curve.values):
            best = int(curve.values.argmin())
            found[f"{curve.name}_best_epoch"] = best
            found[f"{curve.name}_best"] = float(curve.values[best])
            found[f"{curve.name}_last"] = float(curve.values[-1])
    return found
