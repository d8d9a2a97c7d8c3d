"""Raise on values outside their domain, wherever reading them needs no transfer and breaks no trace."""

from collections.abc import Callable, Mapping
from math import inf
from typing import Any, NamedTuple

import numpy as np

from lossary._check import mistake, parameter, range_of
from lossary._config import SETTINGS
from lossary._program._argument_order import certainly_swapped, look_swapped, may_be_swapped
from lossary._program._domains import all_inside, outside
from lossary._program._explain import explain, listing
from lossary._program._layout import aligned_shape, is_number, rows_last
from lossary._program._library import Reading
from lossary._program._plan import Operands, Plan
from lossary._program._tracing import tracing
from lossary._typing import Array

Values = np.ndarray[Any, Any]


_DOUBLE = np.dtype("float64")
_LARGEST_SINGLE = float(np.finfo(np.float32).max)


class _Policy(NamedTuple):
    """The policy set by `config(check=...)`."""

    most: Reading
    """Reads that cost more are left to the guard, which turns invalid values into NaN."""
    reads: bool
    """Whether the other values are read."""


_AUTO = _Policy(Reading.FREE, True)
_ALWAYS = _Policy(Reading.COSTLY, True)
_POLICIES = {"auto": _AUTO, "always": _ALWAYS, "never": _Policy(Reading.COSTLY, False)}


def check_values(plan: Plan, operands: Operands, thorough: bool = False) -> tuple[str, ...]:
    """Raise if an unmasked value is outside its domain. Return the names of arrays that could not be read.

    A thorough check also makes costly reads, whatever `config` says.
    """
    if not plan.checked and operands.weights is None and not operands.params:
        return ()
    policy = _ALWAYS if thorough else _AUTO if tracing() else _POLICIES[SETTINGS.check]
    look = _Look(plan, operands, policy)
    unread = [plan.kernel.takes[i].name for i, is_row in plan.checked if not look.argument(i, is_row)]
    if operands.weights is not None and not look.weights():
        unread.append("weights")
    if operands.params:
        unread += look.parameters(operands.params)
    if not unread and policy.reads and plan.kernel.infinite_if_swapped:
        look.order()
    return tuple(unread)


def quick_check(plan: Plan) -> Callable[[Operands, bool], tuple[str, ...]] | None:
    """A fast check that passes valid NumPy arrays used as they are; None if the plan needs the full check."""
    takes, classes, loss = plan.kernel.takes, plan.classes, plan.kernel.name
    domains = [(i, takes[i].domain) for i, _ in plan.checked]
    if not plan.as_is:
        return None
    kernel = plan.kernel
    shows_order = kernel.infinite_if_swapped and plan.elements > 0
    of_weights = plan.weights_shape is not None
    may_be_zero = plan.reduction != "weighted_mean"

    def check(operands: Operands, thorough: bool) -> tuple[str, ...]:
        arrays = operands.arrays
        for name, value in operands.params.items():
            parameter(loss, name, value)
        if SETTINGS.check == "never" and not (thorough or tracing()):
            return ()
        for i, domain in domains:
            if not all_inside(domain, arrays[i], classes, plan.layout.axis):
                return check_values(plan, operands, thorough)
        if shows_order and arrays[0].item(0) % 1 == 0 and may_be_swapped(kernel, arrays[0]):
            return check_values(plan, operands, thorough)
        if of_weights:
            weights = operands.weights
            # The default is bool, because NumPy's float64 dtype equals None.
            if getattr(weights, "dtype", bool) != plan.dtype or not weights.size:
                return check_values(plan, operands, thorough)
            least = np.minimum.reduce(weights, axis=None)
            if not (least > 0 or (least == 0 and may_be_zero)):
                return check_values(plan, operands, thorough)
        return ()

    return check


class _Look:
    """Reads the values of a call. Methods return True if the values were read or need not be."""

    def __init__(self, plan: Plan, operands: Operands, policy: _Policy):
        self.plan = plan
        self.operands = operands
        self.policy = policy

    def values(self, x: Array) -> Values | None:
        library = self.plan.library
        return None if x is None or library.reading(x) > self.policy.most else library.host_values(x)

    def argument(self, position: int, is_row: bool) -> bool:
        plan, policy = self.plan, self.policy
        library, x = plan.library, self.operands.arrays[position]
        if library.reading(x) > policy.most:
            return False
        if not policy.reads:
            return True
        values = library.host_values(x)
        if values is None:
            return False
        argument = plan.kernel.takes[position]
        domain, classes = argument.domain, plan.classes
        if domain.high == inf:
            self._must_fit(argument.name, values)
        if all_inside(domain, values, classes, plan.layout.axis):
            return True
        if is_row:
            values = rows_last(values, plan.layout.axis, np)
        if not domain.is_class_id and values.dtype not in (np.float32, np.float64):
            values = values.astype(np.float32)
        wrong = np.asarray(outside(domain, values, classes, np))
        if not wrong.any():
            return True
        counts = self._counts()
        if counts is None:
            return False
        if values.ndim < counts.ndim:  # one number for all examples
            values = np.broadcast_to(values, counts.shape)
        wrong = wrong & (counts[..., None] if wrong.ndim > counts.ndim else counts)
        if wrong.any():
            raise self._swapped() or explain(plan, argument, values, wrong, values[counts])
        return True

    def weights(self) -> bool:
        plan, weights = self.plan, self.operands.weights
        if plan.library.reading(weights) > self.policy.most:
            return False
        if not self.policy.reads:
            return True
        values = plan.library.host_values(weights)
        if values is None:
            return False
        self._must_fit("weights", values)
        may_be_zero = plan.reduction != "weighted_mean"
        low = values.min() if values.size else 1
        if low > 0 or (low == 0 and may_be_zero):
            return True
        loss, shape = plan.kernel.name, plan.layout.shape
        values = np.broadcast_to(values.reshape(aligned_shape(loss, "weights", values.shape, shape)), shape)
        counts = self._counts()
        if counts is None:
            return False
        negative = counts & (values < 0)
        if negative.any():
            raise mistake(
                "L301",
                f"{loss}: `weights` must not be negative",
                listing(values, negative, values[counts]),
                why="an example with a negative weight is rewarded for being wrong: the loss has no minimum",
                fix="weights=abs(weights), or where=weights > 0",
            )
        if not may_be_zero and counts.any() and not (counts & (values != 0)).any():
            raise mistake(
                "L302",
                f"{loss}: the `weights` sum to 0, so a weighted mean is 0/0",
                f"all {np.count_nonzero(counts):,} weights that are not masked out are 0",
                why="a weight of 0 is not a mask: an empty selection has mean 0, but this one is not empty",
                fix="where=weights > 0, if a batch may have no examples; else check for an inverted mask",
            )
        return True

    def parameters(self, params: Mapping[str, Any]) -> list[str]:
        unread = []
        for name, value in params.items():
            if is_number(value):
                parameter(self.plan.kernel.name, name, value)
                continue
            values = self.values(value)
            if values is None:
                unread.append(name)
                continue
            if not self.policy.reads:
                continue
            self._must_fit(name, values)
            allowed = range_of(name)
            wrong = np.asarray(allowed.excludes(values))
            if wrong.any():
                what = f"{self.plan.kernel.name}: `{name}` must be {allowed.text}"
                raise mistake(allowed.code, what, listing(values, wrong, values), fix=allowed.hint)
        return unread

    def order(self) -> None:
        """Raise if arguments are swapped although both are inside their domains."""
        if "min_prob" not in self.operands.params:
            first = self.values(self.operands.arrays[0])
            both = self._first_two() if may_be_swapped(self.plan.kernel, first) else None
            error = both and certainly_swapped(self.plan.kernel, *both)
            if error:
                raise error

    def _counts(self) -> Values | None:
        """Which examples are not masked out; None if the mask cannot be read."""
        shape, where = self.plan.layout.shape, self.operands.where
        if where is None:
            return np.ones(shape, dtype=bool)
        mask = self.values(where)
        if mask is None or mask.dtype.kind != "b":
            return None
        mask = mask.reshape(aligned_shape(self.plan.kernel.name, "where", mask.shape, shape))
        return np.broadcast_to(mask, shape)

    def _must_fit(self, name: str, values: Values) -> None:
        """Raise if a finite number would become infinite in the dtype of the computation."""
        if values.dtype != _DOUBLE or self.plan.largest > _LARGEST_SINGLE:
            return
        wrong = np.isfinite(values) & (np.abs(values) > self.plan.largest)
        if wrong.any():
            raise mistake(
                "L202",
                f"{self.plan.kernel.name}: `{name}` must not be beyond the range of {self.plan.dtype}",
                listing(values, wrong, values),
                why="a finite number would become infinite",
                fix="float64 predictions or logits: then everything is computed in float64",
            )

    def _first_two(self) -> tuple[Values, Values] | None:
        """The unmasked values of the first two arrays, if both can be read."""
        if len(self.operands.arrays) < 2:
            return None
        first, second = map(self.values, self.operands.arrays[:2])
        counts = self._counts() if first is not None and second is not None else None
        if first is None or second is None or counts is None or first.shape != second.shape:
            return None
        if self.operands.where is None:
            return first, second
        if self.plan.kernel.has_classes:
            first, second = (rows_last(x, self.plan.layout.axis, np) for x in (first, second))
        return first[counts], second[counts]

    def _swapped(self) -> Exception | None:
        both = self._first_two()
        return both and look_swapped(self.plan.kernel, *both)
