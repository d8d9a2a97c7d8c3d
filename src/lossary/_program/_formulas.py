"""The namespace of formulas: a library's functions, and what formulas ask of rows beside them."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import array_api_compat

from lossary._check import LossTypeError, mistake
from lossary._typing import Array


class Formulas:
    """The functions of an array namespace, with those that the array API standard does not have.

    Where the standard is enough to write them they are here; a library that has better ones, or on which rows
    are spread over devices, has a subclass.
    """

    is_quick = False
    """Whether a 0 times infinity may come out as NaN: inputs are almost never infinite, so NumPy runs a
    formula without the care for that first, and once more with it if there is a NaN."""
    overwrites = False
    """Whether results that are needed no more are overwritten, which saves memory and its traffic."""
    is_eager = False
    """Whether each function is a pass over memory, on a device whose time that is: then a function that does
    what takes several is worth a call of its own."""
    is_differentiated = False
    """Whether automatic differentiation goes through the formula itself, not by its `grad` and `hess`. Then
    what has a kink is written with `where`, whose branches are each smooth, and at the kink the same side
    wins in all functions: so the derivative of their sum is right at the kink as well."""

    def __init__(self, namespace: Any, **more: Any):
        self.namespace = namespace
        named = vars(namespace) if isinstance(namespace, ModuleType) else dir(namespace)
        public = [name for name in named if name[0] != "_" or name == "__array_namespace_info__"]
        missing = [name for name in public if not hasattr(type(self), name)]
        vars(self).update({name: getattr(namespace, name) for name in missing}, **more)

    def __getattr__(self, name: str) -> Any:
        """What a namespace does not list, as it makes its functions when they are asked for."""
        if name[0] == "_" or "namespace" not in vars(self):  # as of a copy that is being made
            raise AttributeError(name)
        if not hasattr(self.namespace, name):
            raise _missing(self.namespace, name)
        return getattr(self.namespace, name)

    def constant(self, x: Array) -> Array:
        """x, which automatic differentiation through a formula takes for a constant."""
        return x

    def bound_like(self, x: Array, number: float) -> Array:
        """A number as an array, for `maximum` and `minimum`: with a number NumPy is three times slower."""
        return self.full_like(x, number) if number else self.zeros_like(x)

    def widened(self, x: Array) -> Array:
        """In the dtype of the computation, where a kernel `widens`."""
        return x

    def arange_beside(self, size: int, like: Array) -> Array:
        """0, 1, ..., size-1, where `like` is."""
        return self.arange(size, device=array_api_compat.device(like))

    def arange_like(self, x: Array) -> Array:
        """0, 1, ..., K-1 beside rows of K."""
        return self.arange_beside(x.shape[-1], x)

    def positions(self, x: Array, ids: Array) -> Array:
        """Where in each row of `x` the element lies that `ids` names: booleans shaped like `x`."""
        return self.arange_like(x) == ids[..., None]

    def pick(self, x: Array, ids: Array) -> Array:
        """The element of each row (the last axis of `x`) that `ids`, which must be inside, names."""
        return self.take_along_axis(x, ids[..., None], axis=-1)[..., 0]

    def select(self, x: Array, ids: Array) -> Array:
        """What `pick` gives, by comparing, for where rows cannot be indexed."""
        return self.sum(self.where(self.positions(x, ids), x, self.zeros_like(x)), axis=-1)

    def gather(self, x: Array, ids: Array) -> Array:
        """Several elements of each row: ``x[..., ids]``."""
        return self.take_along_axis(x, ids, axis=-1)

    def look_up(self, values: Array, ids: Array) -> Array:
        """``values[ids]``, of one axis."""
        return self.reshape(self.take(values, self.reshape(ids, (-1,)), axis=0), self.sized(ids.shape, ids))

    def row_max(self, x: Array) -> Array:
        """The largest of each row; NaN if there is one: a maximum whose row is not summed as well."""
        return self.max(x, axis=-1)

    def running_total(self, x: Array) -> Array:
        """The sums of the first element of each row, of the first two, and so on."""
        return self.cumulative_sum(x, axis=-1)

    def sized(self, shape: tuple[Any, ...], like: Array) -> tuple[Any, ...]:
        """The shape, with what this library has for those sizes of `like` that nobody knows yet: None."""
        return shape

    def broadcast_like(self, x: Array, like: Array) -> Array:
        return self.broadcast_to(x, self.sized(like.shape, like))

    def scan(
        self,
        step: Callable[[Any, Any], tuple[Any, Array]],
        carry: Any,
        along: tuple[Array, ...],
        reverse: bool,
    ) -> tuple[Any, Array]:
        """Fold `step` over the first axis of arrays: the last carry, and what the steps gave beside it."""
        count = along[0].shape[0]
        found: list[Array] = [None] * count
        for i in reversed(range(count)) if reverse else range(count):
            carry, found[i] = step(carry, tuple([x[i, ...] for x in along]))
        return carry, self.stack(found)


def _missing(namespace: Any, name: str) -> Exception:
    library = getattr(namespace, "__name__", type(namespace).__name__)
    return mistake(
        "L013",
        f"the array library {library} has no function `{name}`",
        why="a loss is written in functions of the array API standard, and this one needs it",
        fix=f"a release of {library} that conforms, or NumPy: np.asarray(x) or np.from_dlpack(x)",
        kind=LossTypeError,
    )
