"""A reduction is a weight: the result is Σ share·value, so the gradient is share·slope.

Weights, masks, denominators and the sums themselves are all here, and nowhere else.
"""

from math import nan, prod
from typing import Any, NamedTuple

from lossary._backend._base import Backend
from lossary._check import LossTypeError, mistake
from lossary._engine._arrays import Shape, aligned_shape
from lossary._engine._plan import Operands, Plan
from lossary._engine._prepare import Inputs
from lossary._engine._total import Total, divide
from lossary._typing import Array

Denominators = tuple[Array, Array]
"""The sum of the weights and the number of the losses."""


class Weighing(NamedTuple):
    """How much each loss counts."""

    backend: Backend
    plan: Plan
    shape: Shape
    """The shape of the unreduced loss."""
    weights: Array = None
    """None, or the weight of each loss (0 where masked out), broadcastable to the loss."""
    class_weights: Array = None
    """None, or the weight of each label's class: in the value already, but not in the denominator."""
    where: Array = None

    @property
    def size(self) -> Any:
        """How many losses are summed into one."""
        known = self.plan.size
        return prod([self.shape[i] for i in self.plan.axes]) if known is None else known

    def spoil(self, stain: Array) -> "Weighing":
        """Make the examples NaN, values and derivatives both, whose inputs are outside their domain."""
        if stain is None:
            return self
        return self._replace(weights=(1.0 if self.weights is None else self.weights) + stain)

    def weighted(self, values: Array) -> Array:
        """The losses, each times its weight."""
        if values.shape != self.shape:
            values = self.backend.xp.broadcast_to(values, self.shape)
        return values if self.weights is None else values * self.weights

    def sums(self, values: Array) -> Total:
        """The sums that the reduction needs, in double precision if there is any."""
        total = self.backend.sum(self.weighted(values), self.plan.axes)
        return Total(total, *self.denominators())

    def denominators(self) -> Denominators:
        """The sum of the weights and the number of the losses; None where the reduction needs it not."""
        reduction = self.plan.reduction
        return (
            self._weight() if reduction in ("weighted_mean", "total") else None,
            self._count() if reduction in ("mean", "total") else None,
        )

    def _count(self) -> Array:
        if self.where is None:
            return self.size
        xp = self.backend.xp
        return xp.count_nonzero(xp.broadcast_to(self.where, self.shape), axis=self.plan.axes)

    def _weight(self) -> Array:
        weights = self.weights
        if self.class_weights is not None:
            weights = self.class_weights if weights is None else weights * self.class_weights
            if self.where is not None:
                weights = self.backend.xp.where(self.where, weights, 0.0)
        if weights is None:
            return self.size
        return self.backend.sum(self.backend.xp.broadcast_to(weights, self.shape), self.plan.axes)

    def share(self, denominators: Denominators, cotangent: Array = None) -> Array:
        """What the derivative of each loss is multiplied by."""
        share = 1.0 if self.weights is None else self.weights
        by = _divisor(self.plan, *denominators)
        if by is not None:
            if not isinstance(by, float | int):
                by = self.backend.cast(self._kept(by), self.plan.dtype)
            share = divide(share, by, self.backend.xp)
        if cotangent is None:
            return share
        return share * (cotangent if self.plan.reduction == "none" else self._kept(cotangent))

    def _kept(self, reduced: Array) -> Array:
        """Something reduced with the reduced axes put back, to broadcast element by element."""
        shape = tuple(1 if i in self.plan.axes else n for i, n in enumerate(self.shape))
        return self.backend.xp.reshape(reduced, shape)


def finish(backend: Backend, plan: Plan, sums: Total) -> Any:
    """From sums to the result of the reduction."""
    by = _divisor(plan, sums.weight, sums.count)
    if by is not None:
        if not isinstance(by, float | int):
            by = backend.cast(by, sums.sum.dtype)
        return backend.cast(divide(sums.sum, by, backend.xp), plan.dtype)
    total = backend.cast(sums.sum, plan.dtype)
    if plan.reduction == "sum":
        return total
    zeros = backend.xp.zeros_like(total)
    parts = [p if isinstance(p, float | int) else backend.cast(p, plan.dtype) for p in sums[1:]]
    return Total(total, zeros + parts[0], zeros + parts[1])


def _divisor(plan: Plan, weight: Array, count: Array) -> Array:
    if plan.reduction == "mean":
        return count
    return weight if plan.reduction == "weighted_mean" else None


def weigh(
    backend: Backend, plan: Plan, inputs: Inputs, operands: Operands, unread: tuple[str, ...]
) -> Weighing:
    weights, where = operands.weights, operands.where
    if weights is None and where is None and inputs.class_weights is None:
        return Weighing(backend, plan, inputs.shape)
    if where is not None:
        where = _mask(backend, plan, inputs, where)
    if weights is not None:
        weights = _weights(backend, plan, inputs, weights, unread)
    class_weights = inputs.class_weights
    kernel_has_it = "class_weights" in inputs.params
    if class_weights is not None and not kernel_has_it:
        if "class_weights" in unread:
            class_weights = _never_negative(backend, class_weights)
        weights = class_weights if weights is None else weights * class_weights
        class_weights = None
    if where is not None:
        mask = backend.cast(where, plan.dtype)
        weights = mask if weights is None else backend.xp.where(where, weights, 0.0)
    return Weighing(backend, plan, inputs.shape, weights, class_weights, where)


def _mask(backend: Backend, plan: Plan, inputs: Inputs, where: Array) -> Array:
    xp, like, loss = backend.xp, inputs.arrays[0], plan.kernel.name
    if isinstance(where, bool):
        where = xp.broadcast_to(backend.asarray(where, xp.bool, like), inputs.shape)
    must_be_boolean(loss, where, xp)
    return _aligned(backend, plan, inputs, "where", backend.asarray(where, xp.bool, like))


def must_be_boolean(loss: str, where: Array, xp: Any) -> None:
    """Raise if a mask, not just True or False, is none."""
    if not isinstance(where, bool) and not (hasattr(where, "dtype") and xp.isdtype(where.dtype, "bool")):
        raise mistake(
            "L005",
            f"{loss}: `where` must be boolean, got {getattr(where, 'dtype', type(where).__name__)}",
            why="a number may be meant as a weight or as a mark of what to ignore",
            fix="where=mask != 0, or weights=mask",
            kind=LossTypeError,
        )


def _weights(backend: Backend, plan: Plan, inputs: Inputs, weights: Array, unread: tuple[str, ...]) -> Array:
    weights = backend.asarray(weights, plan.dtype, inputs.arrays[0])
    weights = _aligned(backend, plan, inputs, "weights", weights)
    return _never_negative(backend, weights) if "weights" in unread else weights


def _never_negative(backend: Backend, weights: Array) -> Array:
    return backend.xp.where(weights < 0, nan, weights)


def _aligned(backend: Backend, plan: Plan, inputs: Inputs, name: str, array: Array) -> Array:
    given = tuple(array.shape)
    aligned = aligned_shape(plan.kernel.name, name, given, plan.layout.shape)
    if aligned != given:
        array = backend.xp.reshape(array, aligned)
    if inputs.shape is plan.layout.shape and backend.sized(aligned, array) is aligned:
        return array
    return backend.xp.broadcast_to(array, inputs.shape)  # which fails if sizes turn out not to fit
