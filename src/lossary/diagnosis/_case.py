"""The input of a diagnosis: first as given, then as one long list of examples."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np

from lossary.diagnosis._host import Values
from lossary.losses.classification import (
    binary_cross_entropy,
    categorical_cross_entropy,
    sigmoid_binary_cross_entropy,
    softmax_cross_entropy,
)

Kind: TypeAlias = Literal["logits", "probs"]
Task: TypeAlias = Literal["binary", "multiclass", "multilabel"]

_LOSSES: dict[tuple[bool, Kind], Any] = {
    (False, "logits"): sigmoid_binary_cross_entropy,
    (False, "probs"): binary_cross_entropy,
    (True, "logits"): softmax_cross_entropy,
    (True, "probs"): categorical_cross_entropy,
}
_ALMOST_CERTAIN = 36.7
"""The logit of 1 - 2^-53, which stands for certainty where infinity cannot be used."""


@dataclass
class Case:
    """Arrays as given, with the class axis last. `counts` marks the losses that count; None: all of them."""

    task: Task
    kind: Kind
    predictions: Values
    targets: Values
    weights: Values | None
    counts: Values | None
    label_smoothing: float
    note: str = ""
    """A remark on where the arrays came from."""

    @property
    def is_multiclass(self) -> bool:
        return self.task == "multiclass"

    @property
    def has_ids(self) -> bool:
        return self.is_multiclass and self.targets.ndim < self.predictions.ndim

    @property
    def classes(self) -> int:
        return self.predictions.shape[-1] if self.is_multiclass else 2

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the unreduced loss."""
        shape: tuple[int, ...] = self.predictions.shape
        return shape[:-1] if self.is_multiclass else shape

    @property
    def loss_name(self) -> str:
        return str(_LOSSES[self.is_multiclass, self.kind].__name__)

    def counted(self, values: Values) -> Values:
        """Which of these values count. They have the loss's shape, or one more axis for the classes."""
        if self.counts is None:
            return np.ones(values.shape, dtype=bool)
        wider = values.ndim > self.counts.ndim
        return np.broadcast_to(self.counts[..., None] if wider else self.counts, values.shape)

    def drop(self, unwanted: Values) -> None:
        """Leave losses out."""
        self.counts = ~unwanted if self.counts is None else self.counts & ~unwanted


@dataclass
class Sample:
    """A flat list of examples in float64, from which statistics are computed.

    For a multiclass problem, `logits` are log-probabilities of the classes. For a multilabel problem,
    `columns` holds the label of each element. `places` are the positions in the unreduced loss.
    """

    case: Case
    given: Values
    targets: Values
    weights: Values | None
    columns: Values | None
    places: Values | None
    losses: Values = field(init=False)
    logits: Values = field(init=False)

    def __post_init__(self) -> None:
        case = self.case
        self.losses = _LOSSES[case.is_multiclass, case.kind](
            self.given, self.targets, label_smoothing=case.label_smoothing, reduction="none"
        )
        if case.is_multiclass:
            self.logits = _log_probs(self.given, case.kind)
        else:
            self.logits = finite(self.given) if case.kind == "logits" else log_odds(self.given)

    def __len__(self) -> int:
        return len(self.losses)

    def mean(self, values: Values) -> float:
        return float(values.mean() if self.weights is None else np.average(values, weights=self.weights))

    @property
    def effective_size(self) -> float:
        return float(len(self)) if self.weights is None else effective_size(self.weights)

    @cached_property
    def order(self) -> Values:
        """From the lowest logit to the highest."""
        return np.argsort(self.logits)

    @cached_property
    def is_certain(self) -> bool:
        """Whether all targets are 0 or 1."""
        return self.case.has_ids or bool(((self.targets == 0) | (self.targets == 1)).all())

    @cached_property
    def labels(self) -> Values:
        """Binary targets after smoothing."""
        smoothing = self.case.label_smoothing
        return self.targets if smoothing == 0 else (1 - smoothing) * self.targets + smoothing / 2

    @cached_property
    def groups(self) -> list[Values | slice]:
        """The elements of each label; one group if there is only one label."""
        if self.columns is None:
            return [slice(None)]
        order = np.argsort(self.columns, kind="stable")
        ends = np.flatnonzero(np.diff(self.columns[order])) + 1
        return list(np.split(order, ends))

    def position(self, index: int) -> tuple[int, ...]:
        """The position of an example in the unreduced loss."""
        place = index if self.places is None else int(self.places[index])
        return tuple(int(i) for i in np.unravel_index(place, self.case.shape))


def sample(case: Case) -> Sample:
    """The examples that count, from a case whose values are all inside their domains."""
    places = None if case.counts is None or case.counts.all() else np.flatnonzero(case.counts)
    rows = (-1, case.classes) if case.is_multiclass else (-1,)

    def flat(values: Values, shape: tuple[int, ...]) -> Values:
        values = values.reshape(shape)
        return values if places is None else values[places]

    columns = None
    if case.task == "multilabel" and case.shape[-1:] > (1,):
        columns = flat(np.broadcast_to(np.arange(case.shape[-1]), case.shape), (-1,))
    ids = (-1,)
    targets = flat(case.targets, ids if case.has_ids else rows)
    return Sample(
        case,
        flat(case.predictions, rows).astype(np.float64, copy=False),
        targets.astype(np.int64 if case.has_ids else np.float64, copy=False),
        None if case.weights is None else flat(np.broadcast_to(case.weights, case.shape), ids).astype(float),
        columns,
        places,
    )


def effective_size(weights: Values) -> float:
    """How many equally weighted examples would carry as much information."""
    share = weights / weights.max()  # the largest square is 1, so the sum cannot underflow
    return float(share.sum() ** 2 / (share**2).sum())


def log_odds(p: Values) -> Values:
    with np.errstate(divide="ignore"):
        return np.asarray(np.clip(np.log(p) - np.log1p(-p), -_ALMOST_CERTAIN, _ALMOST_CERTAIN))


def finite(logits: Values) -> Values:
    """Replaces infinite logits by the largest finite one."""
    if np.isfinite(logits).all():
        return logits
    end = np.abs(logits[np.isfinite(logits)]).max(initial=_ALMOST_CERTAIN)
    return np.clip(logits, -end, end)


def _log_probs(given: Values, kind: Kind) -> Values:
    with np.errstate(divide="ignore"):
        if kind == "probs":
            return np.maximum(np.log(given), -2 * _ALMOST_CERTAIN)
        shifted = finite(given)
        shifted = shifted - shifted.max(axis=-1, keepdims=True)
        return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))
