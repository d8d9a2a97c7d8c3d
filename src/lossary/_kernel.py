"""A loss as data: its arguments, its formula, and the derivatives of the formula.

The engine runs a :class:`Kernel`; nothing here touches an array. ``signature`` uses NumPy's notation for
generalized ufuncs. It tells the engine which axes belong to one example (``"(c),()->()"``: a row of class
scores and one id); the other axes enumerate examples.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from lossary._advice import UNKNOWN, Advisor, on_rows
from lossary._declared import cores_of, must_take, parameters_of
from lossary._typing import Array, Formula

_IN_ORDER = {
    "corners": "x1 <= x2 and y1 <= y2, in this order: x1, y1, x2, y2",
    "center": "a width and a height that are not negative, in this order: x, y, width, height",
}


@dataclass(frozen=True)
class Domain:
    """The values that an argument may have; by default, all. NaN is inside every domain: it propagates.

    Values lie from `low` to `high`. With `sums_to_one`, a row is a distribution over classes. With
    `is_class_id`, values are integers from 0 that name a class.
    """

    low: float = -inf
    high: float = inf
    sums_to_one: bool = False
    is_class_id: bool = False
    length_of: str = ""
    """For lengths: the name in the signature of the axis whose size is the maximum."""
    beyond: int = 0
    """How far the maximum is beyond that size; for ids, the number of additional classes."""
    box: str = ""
    """For boxes: "corners" if rows are x1, y1, x2, y2, "center" if they are x, y, width, height."""

    def __str__(self) -> str:
        if self.box:
            return f"must be boxes with {_IN_ORDER[self.box]}"
        if self.low == -inf:
            return "must not be positive"
        if self.high == inf:
            return "must not be negative" if self.low == 0 else f"must be at least {self.low:g}"
        return f"must lie in [{self.low:g}, {self.high:g}]"


@dataclass(frozen=True)
class Argument:
    """An array that a loss takes: its name in the call and its valid values.

    `advice` explains the most likely mistake if values are outside the domain: a code, the reason and a fix;
    or a function of the values that returns them. `row_advice` does the same for rows that do not sum to one.
    With `counts`, values are integers.
    """

    name: str
    domain: Domain = Domain()
    advice: Advisor = UNKNOWN
    row_advice: Advisor = on_rows
    counts: bool = False


PER_CLASS = frozenset({"class_weights", "pos_weight"})
"""Parameters that may have one number per class, in every loss that has them."""

CLASSES = "classes"
"""The parameter that tells a kernel with tables as rows, ``"(c,s)"``, how many lines they have."""


@dataclass(frozen=True, eq=False)
class Kernel:
    """One loss.

    ``value(x, *others, xp, **params)`` returns the loss of each example, ``grad`` its derivative in the first
    argument, and ``hess`` its second derivative: the diagonal if an example has several inputs. If the
    Hessian is not diagonal, ``hvp(v, x, *others, xp, **params)`` multiplies it by a vector. If value and
    gradient share much work, ``both(x, *others, xp, again, **params)`` returns them as a pair; ``again(a)``
    is a, marked so that the gradient recomputes from it what would fill memory if kept from the value. All of
    them see the axes of one example last, one floating dtype, and inputs inside their domains. Every formula
    must be finite, with finite derivatives, when all inputs are one half (or class 0), because the engine
    puts these values where an example is masked out.

    A number as an axis, as in ``"(2),()->()"``, fixes its length. ``"(t,l+1,v),(l)->()"`` makes it one more
    than the length of another.

    An example along several axes arrives flattened to a row. If its axes differ in meaning, as in
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
    operands: frozenset[str] = field(default=frozenset(), kw_only=True)
    """The parameters that formulas use as operands: a new value does not recompile. The others, such as an
    exponent, or ``alpha`` in ``1 - alpha``, are compile-time constants with all their digits."""
    of_logits: str = field(default="", kw_only=True)
    """For advice: the loss that takes logits where this one takes probabilities."""
    infinite_if_swapped: bool = field(default=False, kw_only=True)
    """Whether swapped predictions and labels are valid values, but give an infinite loss."""
    functional: str = field(default="", kw_only=True)
    """The function of `torch.nn.functional` with the same loss and gradient to the last bits, including
    infinities and NaN, and the same parameter names. It computes the loss for torch's CPU tensors."""
    widens: bool = field(default=False, kw_only=True)
    """Whether formulas accept 16-bit rows along with float32 without a widened copy."""
    by_column: bool = field(default=False, kw_only=True)
    """Whether formulas often combine a row with one number beside it: NumPy then stores short rows column by
    column."""
    compares_pairs: bool = field(default=False, kw_only=True)
    """Whether formulas compare all pairs of a row's elements, so that temporaries have a square as many."""
    all_or_nothing: bool = field(default=False, kw_only=True)
    """Whether an infinite first argument has loss infinity or 0 exactly where the largest finite number has a
    positive loss or 0, with the same gradient. It must be the only array that may be infinite."""
    per_class: frozenset[str] = field(default=frozenset(), kw_only=True)
    """Further parameters that may have one number per class."""
    classes: int = field(default=0, kw_only=True)
    """For precomputed losses: the number of classes that the accompanying ids refer to."""
    defaults: dict[str, Any] = field(init=False, repr=False)
    """The formulas' defaults for parameters that are not given."""
    parameters: frozenset[str] | None = field(init=False, repr=False)
    """The parameters that the formulas accept; None if they accept any."""
    cores: tuple[tuple[str, ...], ...] = field(init=False, repr=False)
    """The names of the example axes of each argument: ``(("c",), ())`` for ``"(c),()->()"``."""

    formulas: tuple[Formula, Formula, Formula] = field(init=False, repr=False)
    has_classes: bool = field(init=False, repr=False)
    """Whether an example is a row."""
    weighs_classes: bool = field(init=False, repr=False)
    """Whether the formula takes `class_weights`. If not, the label's class weight multiplies the loss."""

    def __post_init__(self) -> None:
        cores, count = cores_of(self.name, self.signature, self.takes), len(self.takes)
        for what in ("value", "grad", "hess"):
            must_take(self.name, what, getattr(self, what), count, "xp")
        if self.hvp is not None:
            must_take(self.name, "hvp", self.hvp, 1 + count, "xp")
        if self.both is not None:
            must_take(self.name, "both", self.both, count, "xp", "again")
        defaults, parameters = parameters_of(self.value)
        object.__setattr__(self, "cores", cores)
        object.__setattr__(self, "formulas", (self.value, self.grad, self.hess))
        object.__setattr__(self, "has_classes", bool(cores[0]))
        object.__setattr__(self, "defaults", defaults)
        object.__setattr__(self, "parameters", parameters)
        object.__setattr__(self, "weighs_classes", "class_weights" in (parameters or defaults))

    def results(
        self, orders: tuple[int, ...], arrays: tuple[Array, ...], xp: Any, params: Mapping[str, Any]
    ) -> list[Array]:
        """The results of the formulas; value and gradient together if temporaries may be overwritten."""
        found: list[Array] = []
        if self.both is not None and xp.overwrites and orders[:2] == (0, 1):
            found += self.both(*arrays, xp=xp, again=None, **params)
        return found + [self.formulas[order](*arrays, xp=xp, **params) for order in orders[len(found) :]]

    def times_derivative(self, v: Array, x: Array, *others: Array, xp: Any, **params: Any) -> Array:
        """v times the derivative of the gradient. It is symmetric, so it serves forward and reverse mode."""
        if self.hvp is not None:
            return self.hvp(v, x, *others, xp=xp, **params)
        return v * self.hess(x, *others, xp=xp, **params)
