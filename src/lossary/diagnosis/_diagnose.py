"""`diagnose` finds what is wrong with predictions and targets, and reports the cause first."""

from collections.abc import Collection
from functools import partial
from typing import Any

import numpy as np

from lossary._check import choice, parameter
from lossary.diagnosis._case import Case, Kind, Sample, Task, sample
from lossary.diagnosis._domains import domains
from lossary.diagnosis._finding import Finding, ranked
from lossary.diagnosis._histogram import histogram
from lossary.diagnosis._model import model
from lossary.diagnosis._report import Report
from lossary.diagnosis._structure import read
from lossary.diagnosis._summary import Numbers, as_dict, as_rows, measure
from lossary.diagnosis._twice import twice


def diagnose(
    predictions: Any,
    targets: Any,
    *,
    kind: Kind,
    task: Task = "binary",
    axis: int = -1,
    weights: Any = None,
    where: Any = None,
    label_smoothing: float = 0.0,
    ignore: Collection[str] = (),
) -> Report:
    r"""Find out what is wrong with a model's predictions or their targets, and how to fix it.

    The report covers wrong labels, logits passed as probabilities, a sigmoid applied twice, shuffled rows,
    overconfidence and more, each with the evidence and a fix. Findings that merely follow from another are
    hidden. The report puts the loss on a scale, from that of an uninformed guess to the lowest possible loss.

    Parameters
    ----------
    predictions : array, shape (...) or (..., K, ...)
        An array of any library, a pandas or polars column, or a list. Values are copied to the host and
        converted to float64. If dask arrays or columns, or a polars LazyFrame with the relevant columns, hold
        more than about 30 million rows, only every n-th row is used; the report's title then says which.
    targets : array
        As for the losses: 0, 1 or a probability per prediction; for mutually exclusive classes, ids or
        distributions over the class axis.
    kind : "logits" or "probs"
        What the predictions are. This is never guessed, because a guess would hide the mistake.
    task : "binary", "multiclass" or "multilabel"
        A yes-or-no target per prediction; one of K classes; or K labels that are not mutually exclusive.
    axis : int
        The axis of the classes or labels.
    weights, where : array, optional
        The weight of each example, and the examples to keep, with shapes as for the losses (see
        :doc:`aggregation`). Means in the report are weighted means.
    label_smoothing : float in [0, 1)
        The label smoothing used in training. It is applied to the targets first.
    ignore : collection of str
        Codes to leave out of the report.

    Returns
    -------
    Report
        It prints as text, and shows a table and a picture in a notebook. ``report.ok`` is True if there are
        no errors, and ``report.worst(20)`` lists the examples with the highest loss.

    Raises
    ------
    LossTypeError
        If an array has no values to read, as inside ``jax.jit``.
    LossInputError
        If there are no examples, or an option is invalid.

    Notes
    -----
    Findings about the model (L404 to L408) are statistical tests with a false-alarm rate of about one in a
    million, provided the examples are independent. Pixels of one image are not: if you doubt a finding, pass
    `weights` below 1, or only some of the pixels.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> rng = np.random.default_rng(0)
    >>> logits = rng.normal(size=2000)
    >>> targets = rng.random(2000) < 1 / (1 + np.exp(-logits))
    >>> lossary.diagnose(logits, targets, kind="logits").ok
    True
    >>> report = lossary.diagnose(logits, targets + 1, kind="logits")
    >>> report.findings[0].code, report.findings[0].fix
    ('L101', 'targets = targets - 1     # {1, 2} -> {0, 1}')
    """
    choice("diagnose", "kind", kind, ("logits", "probs"))
    choice("diagnose", "task", task, ("binary", "multiclass", "multilabel"))
    parameter("diagnose", "label_smoothing", label_smoothing)
    ignore = {ignore} if isinstance(ignore, str) else set(ignore)
    case, found = read(
        predictions,
        targets,
        kind=kind,
        task=task,
        axis=axis,
        weights=weights,
        where=where,
        label_smoothing=label_smoothing,
    )
    if found:
        return _report(case, found, ignore)
    found = list(domains(case))
    if any(one.severity == "error" and one.code not in ("L010", "L011") for one in found):
        return _report(case, found, ignore)
    if case.counts is not None and not case.counts.any():
        return _report(case, found, ignore)
    examples = sample(case)
    with np.errstate(over="ignore", invalid="ignore"):  # logits whose squares are infinite
        numbers = measure(examples)
        found += twice(examples)
        found += model(examples, numbers)
    return _report(case, found, ignore, examples, numbers)


def _report(
    case: Case,
    found: list[Finding],
    ignore: set[str],
    examples: Sample | None = None,
    numbers: Numbers | None = None,
) -> Report:
    title = f"{case.task}, {case.kind}" + (f", {case.classes} classes" if case.is_multiclass else "")
    title += f"; {case.note}" if case.note else ""
    kept = ranked(one for one in found if one.code not in ignore)
    if examples is None or numbers is None:
        return Report(title, kept)
    picture = partial(histogram, examples.losses, numbers.scale)
    return Report(title, kept, as_rows(examples, numbers), as_dict(examples, numbers), examples, picture)
