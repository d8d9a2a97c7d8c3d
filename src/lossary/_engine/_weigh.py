"""A reduction is a weight: the result is Σ share·value, so the gradient is share·slope.

Weights, masks, denominators and the sums themselves are all here, and nowhere else.
"""

from dataclasses import dataclass, replace
from math import nan, prod
from typing import Any

from lossary._backend._base import Backend
from lossary._check import LossTypeError, mistake
from lossary._engine._arrays import Inputs, Shape, aligned_shape
from lossary._engine._total import Total, divide
from lossary._typing import Array, Axes


@dataclass(frozen=True)
class Weighing:
    """How much each loss counts, and what becomes of them."""

    backend: Backend
    shape: Shape
    dtype: Any
    weights: Array
    """None, or the weight of each loss (0 where masked out), broadcastable to `shape`."""
    class_weights: Array
    """None, or the weight of each label's class: in the value already, but not in the denominator."""
    where: Array
    axes: tuple[int, ...]
    reduction: str

    def spoil(self, bad: Array) -> "Weighing":
        """Make the examples NaN, values and derivatives both, whose inputs are outside their domain."""
        if bad is None:
            return self
        weights = 1.0 if self.weights is None else self.weights
        ones = self.backend.xp.zeros_like(bad, dtype=self.dtype) + weights
        return replace(self, weights=self.backend.xp.where(bad, nan, ones))

    def reduce(self, values: Array) -> Any:
        xp = self.backend.xp
        values = xp.broadcast_to(values, self.shape)
        weighted = values if self.weights is None else values * self.weights
        if self.reduction == "none":
            return weighted
        total = self.backend.sum(weighted, self.axes)
        if self.reduction == "sum":
            return total
        if self.reduction == "mean":
            return divide(total, self._count(), xp)
        if self.reduction == "weighted_mean":
            return divide(total, self._weight(), xp)
        zeros = xp.zeros_like(total)
        return Total(total, zeros + self._weight(), zeros + self._count())

    def share(self) -> Array:
        """What the derivative of each loss is multiplied by."""
        xp = self.backend.xp
        one = 1.0 if self.weights is None else self.weights
        if self.reduction == "mean":
            return divide(one, self._kept(self._count()), xp)
        if self.reduction == "weighted_mean":
            return divide(one, self._kept(self._weight()), xp)
        return one

    def _kept(self, denominator: Array) -> Array:
        """The denominator with the reduced axes put back, to divide element by element."""
        if isinstance(denominator, float | int):
            return denominator
        shape = tuple(1 if i in self.axes else n for i, n in enumerate(self.shape))
        return self.backend.xp.reshape(denominator, shape)

    def _size(self) -> int:
        return prod([self.shape[i] for i in self.axes])

    def _count(self) -> Array:
        if self.where is None:
            return self._size()
        xp = self.backend.xp
        integer = self.backend.default_dtype("integral", self.where)  # exact beyond 2**24
        ones = self.backend.cast(xp.broadcast_to(self.where, self.shape), integer)
        return self.backend.cast(xp.sum(ones, axis=self.axes), self.dtype)

    def _weight(self) -> Array:
        weights = self.weights
        if self.class_weights is not None:
            weights = self.class_weights if weights is None else weights * self.class_weights
            if self.where is not None:
                weights = self.backend.xp.where(self.where, weights, 0.0)
        if weights is None:
            return self._size()
        return self.backend.sum(self.backend.xp.broadcast_to(weights, self.shape), self.axes)


def weigh(
    backend: Backend,
    loss: str,
    inputs: Inputs,
    weights: Array,
    where: Array,
    over: Axes,
    reduction: str,
    unread: tuple[str, ...],
) -> Weighing:
    shape, like = inputs.shape, inputs.arrays[0]
    if where is not None:
        where = _mask(backend, loss, where, shape, like)
    if weights is not None:
        weights = _weights(backend, loss, weights, inputs, unread)
    class_weights = inputs.class_weights
    kernel_has_it = "class_weights" in inputs.params
    if class_weights is not None and not kernel_has_it:
        if "class_weights" in unread:
            class_weights = _never_negative(backend, class_weights)
        weights = class_weights if weights is None else weights * class_weights
        class_weights = None
    if where is not None:
        mask = backend.cast(where, inputs.dtype)
        weights = mask if weights is None else backend.xp.where(where, weights, 0.0)
    axes = _axes(loss, over, len(shape))
    return Weighing(backend, shape, inputs.dtype, weights, class_weights, where, axes, reduction)


def _axes(loss: str, over: Axes, ndim: int) -> tuple[int, ...]:
    if over is None:
        return tuple(range(ndim))
    axes = (over,) if isinstance(over, int) else tuple(over)
    for axis in axes:
        if not -ndim <= axis < ndim:
            raise mistake(
                f"{loss}: `over` names axis {axis}, but the unreduced loss has {ndim} axes",
                fix="axes of the result of reduction='none' (the class axis is not among them)",
            )
    return tuple(sorted({axis % ndim for axis in axes}))


def _mask(backend: Backend, loss: str, where: Array, shape: Shape, like: Array) -> Array:
    xp = backend.xp
    if isinstance(where, bool):
        where = xp.broadcast_to(backend.asarray(where, xp.bool, like), shape)
    if not hasattr(where, "dtype") or not _is_bool(xp, where):
        raise mistake(
            f"{loss}: `where` must be boolean, got {getattr(where, 'dtype', type(where).__name__)}",
            why="a number may be meant as a weight or as a mark of what to ignore",
            fix="where=mask != 0, or weights=mask",
            kind=LossTypeError,
        )
    return _aligned(backend, loss, "where", backend.asarray(where, xp.bool, like), shape)


def _is_bool(xp: Any, where: Array) -> bool:
    return bool(xp.isdtype(where.dtype, "bool"))


def _weights(backend: Backend, loss: str, weights: Array, inputs: Inputs, unread: tuple[str, ...]) -> Array:
    weights = backend.asarray(weights, inputs.dtype, inputs.arrays[0])
    weights = _aligned(backend, loss, "weights", weights, inputs.shape)
    return _never_negative(backend, weights) if "weights" in unread else weights


def _never_negative(backend: Backend, weights: Array) -> Array:
    return backend.xp.where(weights < 0, nan, weights)


def _aligned(backend: Backend, loss: str, name: str, array: Array, shape: Shape) -> Array:
    given = tuple(array.shape)
    aligned = aligned_shape(loss, name, given, shape)
    return array if aligned == given else backend.xp.reshape(array, aligned)
