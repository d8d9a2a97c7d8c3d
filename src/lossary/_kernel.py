"""A loss is data: what it takes, its formula, and the derivatives of that formula.

The engine runs a :class:`Kernel`; nothing in here touches an array. ``signature`` is NumPy's notation
for generalised ufuncs. From it the engine knows which axes belong to one example (``"(c),()->()"``: a
row of class scores and one id) and which are just many examples.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from lossary._advice import UNKNOWN, Advisor, on_rows
from lossary._declared import cores_of, must_take, parameters_of
from lossary._typing import Array, Formula


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
    length_of: str = ""
    """The axis, by its name in the signature, whose length is the highest value."""
    beyond: int = 0
    """By how much the highest value is beyond that length; of ids, how many more classes there are."""

    def __str__(self) -> str:
        if self.low == -inf:
            return "must not be positive"
        if self.high == inf:
            return "must not be negative" if self.low == 0 else f"must be at least {self.low:g}"
        return f"must lie in [{self.low:g}, {self.high:g}]"


@dataclass(frozen=True)
class Argument:
    """An array that a loss takes: its name in the call and the values that it may have.

    `advice` is what most likely went wrong where values are outside: a code, why it matters, and a fix; or a
    function of the values that says so. `row_advice` is the same for rows that do not sum to one. An argument
    that `counts` has whole numbers.
    """

    name: str
    domain: Domain = Domain()
    advice: Advisor = UNKNOWN
    row_advice: Advisor = on_rows
    counts: bool = False


PER_CLASS = frozenset({"class_weights", "pos_weight"})
"""The parameters that may have one number per class, in every loss that has them."""

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

    An axis that is a number, as in ``"(2),()->()"``, has this length.

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
    operands: frozenset[str] = field(default=frozenset(), kw_only=True)
    """The parameters that formulas use as they are: a new number for one compiles nothing. Others, such as an
    exponent, or ``alpha`` in ``1 - alpha``, are known to the compiler, with all of their digits."""
    of_logits: str = field(default="", kw_only=True)
    """The loss that takes logits where this one takes probabilities, for advice."""
    infinite_if_swapped: bool = field(default=False, kw_only=True)
    """Whether predictions and labels may be each other, but labels as predictions have an infinite loss."""
    functional: str = field(default="", kw_only=True)
    """The function of `torch.nn.functional` that gives the same loss and gradient to the last bits, for
    infinities and NaN as well, and has parameters of the same names: torch's CPU tensors are left to it."""
    widens: bool = field(default=False, kw_only=True)
    """Whether formulas take rows of 16 bits beside float32, without a copy in which they are wider."""
    all_or_nothing: bool = field(default=False, kw_only=True)
    """Whether an infinite first argument costs infinity or nothing, where the largest finite number costs
    something or nothing, and has the same gradient. It must be the only array that may be infinite."""
    per_class: frozenset[str] = field(default=frozenset(), kw_only=True)
    """The parameters that may have one number per class, beside those that always may."""
    classes: int = field(default=0, kw_only=True)
    """Of losses that are made already: how many classes the ids beside them name."""
    defaults: dict[str, Any] = field(init=False, repr=False)
    """What the formulas take for a parameter that is not given."""
    parameters: frozenset[str] | None = field(init=False, repr=False)
    """What the formulas take by name; None if they take anything."""
    cores: tuple[tuple[str, ...], ...] = field(init=False, repr=False)
    """The names of the example axes of each argument: ``(("c",), ())`` for ``"(c),()->()"``."""

    formulas: tuple[Formula, Formula, Formula] = field(init=False, repr=False)
    has_classes: bool = field(init=False, repr=False)
    """Whether an example is a row."""
    weighs_classes: bool = field(init=False, repr=False)
    """Whether the formula takes `class_weights`; else its label's is a factor of the loss."""

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
        """What formulas give: value and gradient at once, where what is made may be overwritten."""
        found: list[Array] = []
        if self.both is not None and xp.overwrites and orders[:2] == (0, 1):
            found += self.both(*arrays, xp=xp, again=None, **params)
        return found + [self.formulas[order](*arrays, xp=xp, **params) for order in orders[len(found) :]]

    def times_derivative(self, v: Array, x: Array, *others: Array, xp: Any, **params: Any) -> Array:
        """v times the derivative of the gradient, which is symmetric: both modes of autodiff are the same."""
        if self.hvp is not None:
            return self.hvp(v, x, *others, xp=xp, **params)
        return v * self.hess(x, *others, xp=xp, **params)
