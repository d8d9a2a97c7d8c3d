"""A loss is data: what it takes, its formula, and the derivatives of that formula.

The engine runs a :class:`Kernel`; nothing in here touches an array. ``signature`` is NumPy's notation
for generalised ufuncs. From it the engine knows which axes belong to one example (``"(c),()->()"``: a
row of class scores and one id) and which are just many examples.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from inspect import signature
from math import inf

from lossary._typing import Formula


@dataclass(frozen=True)
class Domain:
    """Which values an argument may have, by default all. NaN is inside every domain: it propagates.

    From `low` to `high`; if the argument is a row that `sums_to_one`, a distribution over classes; or, if it
    `is_class_id`, whole numbers from 0 that name a class.
    """

    low: float = -inf
    high: float = inf
    sums_to_one: bool = False
    is_class_id: bool = False

    @cached_property
    def is_unit(self) -> bool:
        return (self.low, self.high, self.sums_to_one, self.is_class_id) == (0, 1, False, False)

    def __str__(self) -> str:
        if self.low == -inf:
            return "must not be positive"
        if self.high == inf:
            return "must not be negative" if self.low == 0 else f"must be at least {self.low:g}"
        return f"must lie in [{self.low:g}, {self.high:g}]"


@dataclass(frozen=True)
class Argument:
    """An array that a loss takes: its name in the call and the values that it may have."""

    name: str
    domain: Domain = Domain()


_UNIT = Domain(0, 1)
_SIMPLEX = Domain(0, 1, sums_to_one=True)
_NOT_NEGATIVE = Domain(low=0)
_LOG1P = Domain(low=-1)

PREDICTIONS = Argument("predictions")
TARGETS = Argument("targets")
AMOUNTS = Argument("predictions", _LOG1P)
TRUE_AMOUNTS = Argument("targets", _LOG1P)
LOGITS = Argument("logits")
PROBS = Argument("probs", _UNIT)
CLASS_PROBS = Argument("probs", _SIMPLEX)
LOG_PROBS = Argument("log_probs", Domain(high=0))
LABELS = Argument("labels", _UNIT)
CLASS_IDS = Argument("labels", Domain(is_class_id=True))
CLASS_LABELS = Argument("labels", _SIMPLEX)
LOG_LABELS = Argument("labels", Domain(high=0))
SIGNS = Argument("labels", Domain(-1, 1))
RATES = Argument("rates", _NOT_NEGATIVE)
LOG_RATES = Argument("log_rates")
RELEVANCES = Argument("labels", _NOT_NEGATIVE)
ITEMS = Argument("items", _UNIT)
SEGMENTS = Argument("segments", Domain(0, 2**24))  # whole numbers that float32 tells apart
COUNTS = Argument("counts", _NOT_NEGATIVE)
QUANTITIES = Argument("targets", _NOT_NEGATIVE)
VARIANCES = Argument("variances", _NOT_NEGATIVE)
ANCHORS = Argument("anchors")
POSITIVES = Argument("positives")
NEGATIVES = Argument("negatives")
LOGIT_LENGTHS = Argument("logit_lengths", _NOT_NEGATIVE)
LABEL_LENGTHS = Argument("label_lengths", _NOT_NEGATIVE)
POSITIVE_MARKS = Argument("positives", _UNIT)
NEGATIVE_MARKS = Argument("negatives", _UNIT)


EMBEDDINGS = Argument("embeddings")
OTHER_EMBEDDINGS = Argument("other_embeddings")
SCORES = Argument("scores")
OTHER_SCORES = Argument("other_scores")
DISTANCES = Argument("distances", _NOT_NEGATIVE)
POSITIVE_DISTANCES = Argument("positive_distances")
NEGATIVE_DISTANCES = Argument("negative_distances")
LOSSES = Argument("losses")


CLASSES = "classes"
"""The parameter by which a kernel of rows that are tables, ``"(c,s)"``, is told how many lines they have."""


@dataclass(frozen=True, eq=False)
class Kernel:
    """One loss.

    ``value(x, *others, xp, **params)`` returns the loss of each example; ``grad`` its derivative in the
    first argument and ``hess`` its second derivative, the diagonal one where an example has several
    inputs. If their Hessian has more than a diagonal, ``hvp(v, x, *others, xp, **params)`` multiplies it
    with a vector. Where value and gradient have much in common, ``both(x, *others, xp, again, **params)``
    returns them as a pair; ``again(a)`` is a, of which the gradient makes anew what would fill memory if the
    value's were kept. All see the axes of one example last, one floating dtype, and inputs inside their
    domains. Every formula is finite, with finite derivatives, when all inputs are one half (or class 0):
    that is what the engine puts where an example is masked out.

    An example along several axes comes flattened to a row. If its axes differ in meaning, such as
    ``"(c,s)"``, the kernel gets the length of the first as `classes`.
    """

    name: str
    signature: str
    takes: tuple[Argument, ...]
    value: Formula
    grad: Formula
    hess: Formula
    hvp: Formula | None = None
    both: Formula | None = None
    cores: tuple[tuple[str, ...], ...] = field(init=False, repr=False)
    """The names of the example axes of each argument: ``(("c",), ())`` for ``"(c),()->()"``."""

    formulas: tuple[Formula, Formula, Formula] = field(init=False, repr=False)
    has_classes: bool = field(init=False, repr=False)
    """Whether an example is a row."""
    weighs_classes: bool = field(init=False, repr=False)
    """Whether the formula takes `class_weights`; else its label's is a factor of the loss."""

    def __post_init__(self) -> None:
        inputs = re.findall(r"\(([\w,]*)\)", self.signature.split("->")[0])
        cores = tuple(tuple(names.split(",")) if names else () for names in inputs)
        object.__setattr__(self, "cores", cores)
        object.__setattr__(self, "formulas", (self.value, self.grad, self.hess))
        object.__setattr__(self, "has_classes", bool(cores[0]))
        object.__setattr__(self, "weighs_classes", "class_weights" in signature(self.value).parameters)
