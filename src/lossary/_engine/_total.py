"""Sums that you can add up before dividing: exact means over batches, devices and files."""

from typing import Any, Generic, NamedTuple, NoReturn

from lossary._backend._resolve import resolve
from lossary._engine._added import added
from lossary._program._weigh import divide
from lossary._typing import ArrayT


class Total(NamedTuple, Generic[ArrayT]):
    """The result of ``total(loss)``: a sum of losses with its possible denominators.

    A mean of means is wrong when batches differ in size or padding. Totals add up: ``a + b`` (or
    ``sum(totals)``) is the total of both batches, and ``psum`` the total over the devices of a mapped axis.
    ``mean`` or ``weighted_mean`` of the result equals that of one big batch. A total is a named tuple and
    therefore a pytree.

    Attributes
    ----------
    sum : array
        The sum of the weighted losses.
    weight : array
        The sum of the weights of the losses that are not masked out.
    count : array
        The number of losses that are not masked out.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> batch = lossary.total(lossary.squared_error)
    >>> a, b = batch(np.array([1.0, 2.0]), np.zeros(2)), batch(np.array([4.0]), np.zeros(1))
    >>> float((a + b).mean())
    7.0
    """

    sum: ArrayT
    weight: ArrayT
    count: Any

    def __add__(self, other: Any) -> "Total[ArrayT]":
        if isinstance(other, Total):
            return Total(*[added(a, b, "totals to be added") for a, b in zip(self, other, strict=True)])
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __radd__(self, other: Any) -> "Total[ArrayT]":
        return self.__add__(other)

    def __mul__(self, other: Any) -> NoReturn:
        raise TypeError("a total does not scale: multiply what mean() or weighted_mean() returns")

    def __rmul__(self, other: Any) -> NoReturn:
        self.__mul__(other)

    def psum(self, axis_name: Any) -> "Total[ArrayT]":
        """The total over the devices of a mapped axis (JAX)."""
        total: Total[ArrayT] = resolve(self.sum).psum(self, axis_name)
        return total

    def mean(self) -> ArrayT:
        """The sum of the weighted losses divided by their number; 0 if there are none."""
        mean: ArrayT = divide(self.sum, self.count, resolve(self.sum).xp)
        return mean

    def weighted_mean(self) -> ArrayT:
        """The sum of the weighted losses divided by the sum of the weights; 0 if that is 0."""
        mean: ArrayT = divide(self.sum, self.weight, resolve(self.sum).xp)
        return mean
