"""`diagnose`: what is wrong with predictions and targets, the cause first."""

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
    r"""Say what is wrong with a model's predictions or their targets, and how to mend it.

    Wrong labels, logits passed as probabilities, a sigmoid applied twice, shuffled rows, overconfidence and
    the like, each with the evidence and the line that mends it. What only follows from another finding is
    not shown. The loss comes with a scale: what knowing nothing would cost, and the least that is possible.

    Parameters
    ----------
    predictions : array, shape (...) or (..., K, ...)
        Of any array library, a column of pandas or polars, or a list. They are copied to the host and
        computed with in float64. Of dask's arrays and columns, and of a LazyFrame of polars with the columns
        that are meant, only an even part of the rows is if there are more than some 30 million; the title
        says so.
    targets : array
        As the losses take them: 0, 1 or a probability for each prediction; for exclusive classes ids, or
        distributions over the class axis.
    kind : "logits" or "probs"
        What the predictions are. It is never guessed, since the guess would hide the mistake.
    task : "binary", "multiclass" or "multilabel"
        One yes or no for each prediction; one of K classes; or K labels that do not exclude each other.
    axis : int
        The axis of the classes or labels.
    weights, where : array, optional
        How much each example counts, and which do: shaped as for the losses (see :doc:`aggregation`).
        Means in the report are weighted means.
    label_smoothing : float in [0, 1)
        That the model is trained with: the targets are smoothed before anything is compared.
    ignore : collection of str
        Codes that are not to be reported.

    Returns
    -------
    Report
        Printed, it is a page of text; in a notebook, a table and a picture. ``report.ok`` says whether
        there are no errors, and ``report.worst(20)`` lists the examples that cost most.

    Raises
    ------
    LossTypeError
        If an array has no values to read, as inside ``jax.jit``.
    LossInputError
        If there are no examples, or an option is none of those above.

    Notes
    -----
    Findings about the model (L404 to L408) are tests at a level that chance reaches about once in a million
    times, for examples that are independent. Those of one picture are not: pass `weights` below 1, or some of
    the pixels, if there are findings that you do not believe.

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
