"""A loss call as an object: a transformation can request more from it, and a sum can add several."""

from collections.abc import Mapping
from typing import Any, Generic, NamedTuple

import numpy as np

from lossary._check import mistake
from lossary._declared import wrong
from lossary._engine._added import added
from lossary._engine._run import run
from lossary._kernel import Kernel
from lossary._program._plan import TOTAL
from lossary._typing import AnyArray, ArrayT, Axes, AxisName, RowAxes

_NONE: Mapping[str, Any] = {}


class Want(NamedTuple):
    """The results that a call should return."""

    order: int = 0
    """The highest order of derivatives."""
    wrt: tuple[str, ...] = ()
    """The names of the arrays to differentiate in; if empty, the first."""


VALUE = Want()
ONE = 1.0
"""The factor of a call that is not multiplied."""


class Asked(Generic[ArrayT]):
    """A call or a sum of calls. Nothing is computed until it runs."""

    __slots__ = ()
    __array_ufunc__ = None  # so that NumPy's and dask's arrays leave `array * call` to the call

    def run(self, want: Want = VALUE) -> Any:
        """The result; with derivatives, the result, a tuple of gradients and the second derivative."""
        raise NotImplementedError

    def changed(self, **options: Any) -> "Asked[ArrayT]":
        """The same call with other options."""
        raise NotImplementedError

    def total(self) -> "Asked[ArrayT]":
        """The same call without dividing the sums."""
        raise NotImplementedError

    @property
    def terms(self) -> "tuple[Term, ...]":
        """The terms it adds up: only itself if it is not a sum."""
        return ((ONE, self),)

    def __add__(self, other: "Asked[ArrayT]") -> "Sum[ArrayT]":
        if not isinstance(other, Asked):
            return NotImplemented
        return Sum((*self.terms, *other.terms))

    def __mul__(self, factor: Any) -> "Sum[ArrayT]":
        shape = tuple(getattr(factor, "shape", ()))
        if shape:
            raise mistake(
                "L001",
                f"a loss is multiplied by one number, got an array of shape {shape}",
                why="its result may be reduced already",
                fix="weights=",
            )
        return Sum(tuple([(factor if f is ONE else f * factor, call) for f, call in self.terms]))

    __rmul__ = __mul__


class Call(Asked[ArrayT]):
    """A kernel with its arrays, parameters and options.

    Parameters
    ----------
    kernels : Kernel, or a tuple of two
        Two if labels may be class ids or distributions: the one whose signature fits is used.
    first, *others : array
        The arrays that the kernel takes, in its order.
    axis : int or tuple of int
        The axis that holds the numbers of one example, if there are several.
    params : mapping
        Parameters of the formulas, by name: numbers, or arrays of one number; ``class_weights`` and
        ``pos_weight`` have one number per class along `axis`. Parameters with the same name as in lossary's
        own losses, such as ``delta`` or ``gamma``, are range-checked. None means the formula's default.
    weights, where, over, reduction
        Which examples count, how much, and how they are reduced: see :doc:`aggregation`.
    axis_name : str or tuple of str, optional
        The mapped axis inside `jax.shard_map` over which rows are sharded. Formulas may then reduce rows only
        by a sum, a maximum or its position over the last axis: see :doc:`sharding`.
    """

    __slots__ = (
        *("kernels", "arrays", "axis", "params", "weights", "where", "over", "reduction"),
        *("axis_name", "accelerate", "thorough"),
    )

    def __init__(
        self,
        kernels: Kernel | tuple[Kernel, ...],
        first: ArrayT,
        *others: AnyArray | float,
        axis: RowAxes = -1,
        params: Mapping[str, Any] = _NONE,
        weights: AnyArray | float | None = None,
        where: AnyArray | bool | None = None,
        over: Axes = None,
        reduction: str = "mean",
        axis_name: AxisName = None,
    ):
        self.kernels = (kernels,) if isinstance(kernels, Kernel) else kernels
        self.arrays: tuple[Any, ...] = (first, *others)
        if len(self.arrays) != len(self.kernels[0].takes):
            raise wrong_number_of_arrays(self.kernels[0], len(self.arrays))
        self.axis = axis
        self.params = params
        self.weights = weights
        self.where = where
        self.over = over
        self.reduction = reduction
        self.axis_name = axis_name
        self.accelerate = False
        self.thorough = False

    @property
    def name(self) -> str:
        return self.kernels[0].name

    @property
    def derivable(self) -> tuple[str, ...]:
        """The names of the arrays that have a gradient."""
        return (self.kernels[0].takes[0].name,)

    def operands(self) -> list[tuple[str, Any]]:
        """Everything that may be an array, by name."""
        names = [argument.name for argument in self.kernels[0].takes]
        beside = {**self.params, "weights": self.weights, "where": self.where}
        return [*zip(names, self.arrays, strict=False), *beside.items()]

    def changed(self, **options: Any) -> "Call[ArrayT]":
        for name, value in options.items():
            setattr(self, name, value)
        return self

    def total(self) -> "Call[ArrayT]":
        if self.reduction != "mean":
            raise mistake(
                "L130",
                f"{self.name}: a total has no `reduction`, got {self.reduction!r}",
                why="its sums are divided when they are all added up",
                fix="total(loss)(...).mean(), .weighted_mean() or .sum",
            )
        return self.changed(reduction=TOTAL)

    def run(self, want: Want = VALUE) -> Any:
        return run(self, want)


def wrong_number_of_arrays(kernel: Kernel, count: int) -> Exception:
    names = ", ".join(argument.name for argument in kernel.takes)
    return wrong(kernel.name, f"it takes {len(kernel.takes)} arrays ({names}), and got {count}")


class Sum(Asked[ArrayT]):
    """Several calls, each with a factor."""

    __slots__ = ("_terms",)

    def __init__(self, terms: "tuple[Term, ...]"):
        self._terms = terms

    @property
    def terms(self) -> "tuple[Term, ...]":
        return self._terms

    def changed(self, **options: Any) -> "Sum[ArrayT]":
        for _, call in self._terms:
            call.changed(**options)
        return self

    def total(self) -> "Sum[ArrayT]":
        if len(self._terms) == 1 and self._terms[0][0] is ONE:
            return Sum(((ONE, self._terms[0][1].total()),))
        raise mistake(
            "L130",
            "a sum of losses has no total",
            why="its terms may count different examples",
            fix="total(loss) of each term",
        )

    def run(self, want: Want = VALUE) -> Any:
        result = None
        for factor, call in self._terms:
            part = times(factor, call.run())
            result = part if result is None else added(result, part, f"{call.name}: terms of a sum of losses")
        return result


Term = tuple[Any, Any]
"""A factor and the call that it multiplies."""


def times(factor: Any, result: Any) -> Any:
    """The result times the factor, with the same dtype."""
    if factor is ONE:
        return result
    return (factor.item() if isinstance(factor, np.generic) else factor) * result
