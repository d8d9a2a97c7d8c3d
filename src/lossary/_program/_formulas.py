"""The namespace of formulas: a library's functions, plus the row operations that formulas need."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import array_api_compat

from lossary._check import LossTypeError, mistake
from lossary._typing import Array, Number


class Formulas:
    """The functions of an array namespace, plus functions that the array API standard lacks.

    They are written here on the standard alone. A library with better ones, or with rows sharded over
    devices, has a subclass.
    """

    is_quick = False
    """Whether 0 times infinity may give NaN. Inputs are almost never infinite, so NumPy first runs a formula
    without handling it, and once more with handling if there is a NaN."""
    overwrites = False
    """Whether temporaries are overwritten, which saves memory and memory traffic."""
    reads = False
    """Whether values can be read at no cost, to see if numbers need care."""
    is_eager = False
    """Whether each function is a pass over memory and memory dominates the time. A function that fuses
    several passes is then worth calling."""
    is_differentiated = False
    """Whether automatic differentiation goes through the formula itself rather than its `grad` and `hess`.
    Functions with a kink then use `where` with smooth branches, and all pick the same side at the kink, which
    makes the derivative of their sum correct at the kink too."""

    def __init__(self, namespace: Any, **more: Any):
        self.namespace = namespace
        named = vars(namespace) if isinstance(namespace, ModuleType) else dir(namespace)
        public = [name for name in named if name[0] != "_" or name == "__array_namespace_info__"]
        missing = [name for name in public if not hasattr(type(self), name)]
        vars(self).update({name: getattr(namespace, name) for name in missing}, **more)

    def __getattr__(self, name: str) -> Any:
        """Functions that the namespace does not list because it creates them on access."""
        if name[0] == "_" or "namespace" not in vars(self):  # such as on a copy under construction
            raise AttributeError(name)
        if not hasattr(self.namespace, name):
            raise _missing(self.namespace, name)
        return getattr(self.namespace, name)

    def constant(self, x: Array) -> Array:
        """x, which automatic differentiation through a formula takes for a constant."""
        return x

    def maximum(self, x: Array, bound: Number) -> Array:
        return self.namespace.maximum(x, self._bound_like(x, bound))

    def minimum(self, x: Array, bound: Number) -> Array:
        return self.namespace.minimum(x, self._bound_like(x, bound))

    def within(self, x: Array, low: float, high: float) -> Array:
        """x, with numbers beyond an end moved there."""
        return self.maximum(self.minimum(x, high), low)

    def _bound_like(self, x: Array, bound: Number) -> Array:
        return self.full_like(x, bound) if isinstance(bound, float | int) else bound

    def sign(self, x: Array) -> Array:
        """-1, 0 or 1; NaN for NaN."""
        return self.where(x > 0, 1.0, self.where(x < 0, -1.0, x))

    def signed(self, size: Array, x: Array) -> Array:
        """`size`, which is not negative, with the sign of x."""
        return self.where(x > 0, size, -size)

    def sigmoid(self, x: Array) -> Array:
        return 1.0 / (1.0 + self.exp(-x))

    def log1p_of_fraction(self, x: Array, **options: Any) -> Array:
        """log(1 + x) for 0 <= x <= 1."""
        return self.log1p(x, **options)

    def are_known_bits(self, y: Array) -> bool:
        """Whether all numbers are known to be 0 or 1."""
        return False

    def are_normal(self, x: Array) -> bool:
        """Whether all numbers are known to be positive, finite, and not subnormal."""
        return False

    def widened(self, x: Array) -> Array:
        """`x` in the dtype of the computation, if the kernel `widens`."""
        return x

    def each(self, formula: Callable[..., Array], *rows: Array) -> Array:
        """Apply an elementwise formula to arrays of one shape."""
        return formula(*rows)

    def arange_beside(self, size: int, like: Array) -> Array:
        """0, 1, ..., size-1, on the device of `like`."""
        return self.arange(size, device=array_api_compat.device(like))

    def arange_like(self, x: Array) -> Array:
        """0, 1, ..., K-1 for rows of K elements."""
        return self.arange_beside(x.shape[-1], x)

    def positions(self, x: Array, ids: Array) -> Array:
        """Mark the element at `ids` in each row: booleans with the shape of `x`."""
        return self.arange_like(x) == ids[..., None]

    def put(self, x: Array, ids: Array, value: Any) -> Array:
        """x with one element of each row replaced; `value` has an axis of length 1 for the row. It may
        overwrite x.
        """
        return self.where(self.positions(x, ids), value, x)

    def replaced(self, x: Array, ids: Array, value: Any) -> Array:
        """The same in a copy."""
        return self.put(1.0 * x if self.overwrites else x, ids, value)

    def mark_largest(self, x: Array) -> Array:
        """Mark the largest element of each row, the first of several: booleans with the shape of `x`."""
        return self.positions(x, self.argmax(x, axis=-1))

    def top(self, x: Array) -> tuple[Array, Array]:
        """The largest element of each row, the first of several: its place, for `put`, `pick`, and
        `positions`; and its value, with the axis kept at length 1.
        """
        ids = self.argmax(x, axis=-1)
        return ids, self.pick(x, ids)[..., None]

    def row_dot(self, x: Array, y: Array) -> Array:
        """The sum of the products of two rows, with the axis kept at length 1."""
        return self.sum(x * y, axis=-1, keepdims=True)

    def sum_besides(self, x: Array, place: Array, own: Array) -> Array:
        """The sum of each row without its element `own` at a place, with the axis kept at length 1."""
        left = self.put(x, place, 0.0)
        found = self.sum(left, axis=-1, keepdims=True)
        if left is x:
            self.put(x, place, own)
        return found

    def pick(self, x: Array, ids: Array) -> Array:
        """The element at `ids` in each row (the last axis of `x`); ids must be in range."""
        return self.take_along_axis(x, ids[..., None], axis=-1)[..., 0]

    def select(self, x: Array, ids: Array) -> Array:
        """Same as `pick`, by comparison, for rows that cannot be indexed."""
        return self.sum(self.where(self.positions(x, ids), x, self.zeros_like(x)), axis=-1)

    def gather(self, x: Array, ids: Array) -> Array:
        """Several elements of each row: ``x[..., ids]``."""
        return self.take_along_axis(x, ids, axis=-1)

    def ungather(self, x: Array, order: Array) -> Array:
        """Undo a `gather` of whole rows in another order."""
        return self.gather(x, self.argsort(order, axis=-1, stable=False))

    def ranks(self, x: Array) -> Array:
        """The ranks in each row, from 1 up, as numbers; equal elements share the mean of their ranks."""
        order = self.argsort(x, axis=-1, stable=False)
        start, end = self.runs(self.gather(x, order), order.dtype)
        return self.ungather(0.5 * self.astype(start + end, x.dtype) + 1.0, order)

    def runs(self, x: Array, integer: Any) -> tuple[Array, Array]:
        """Where the run of equal elements that each element of sorted rows is in begins and ends."""
        at = self.astype(self.arange_like(x) + self.zeros_like(x, dtype=integer), integer)
        last = self.sum(self.ones_like(at), axis=-1, keepdims=True) - 1
        before = self.gather(x, self.where(at > 0, at - 1, at))
        after = self.gather(x, self.where(at < last, at + 1, at))
        begins, ends = (at == 0) | (x != before), (at == last) | (x != after)
        if self.latest is not None:
            back = self.latest(at, self.flip(ends, axis=-1))
            return self.latest(at, begins), last - self.flip(back, axis=-1)
        # The runs' places in order, and the number of runs so far.
        ones = self.where(begins, 1.0, self.zeros_like(x))
        group = self.astype(self.running_total(ones) - 1.0, integer)
        places = [self.sort(self.where(marked, at, last + 1), axis=-1) for marked in (begins, ends)]
        return self.gather(places[0], group), self.gather(places[1], group)

    latest: Callable[[Array, Array], Array] | None = None
    """For each element, the place of the last marked one up to it, given all places; None without a running
    maximum."""

    def look_up(self, values: Array, ids: Array) -> Array:
        """``values[ids]``, for values with one axis."""
        return self.reshape(self.take(values, self.reshape(ids, (-1,)), axis=0), self.sized(ids.shape, ids))

    def halves(self, x: Array) -> tuple[Array, Array]:
        """The first two and the last two elements of each row of four."""
        return x[..., :2], x[..., 2:]

    def row_max(self, x: Array) -> Array:
        """The maximum of each row, NaN if it contains NaN; for rows that are not also summed."""
        return self.max(x, axis=-1)

    def running_total(self, x: Array) -> Array:
        """The cumulative sums of each row."""
        return self.cumulative_sum(x, axis=-1)

    def sized(self, shape: tuple[Any, ...], like: Array) -> tuple[Any, ...]:
        """The shape, with None replaced by this library's stand-ins for the unknown sizes of `like`."""
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
        """Fold `step` over the first axis of arrays. Return the last carry and the steps' stacked outputs."""
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
        why="losses are written in functions of the array API standard, and this one needs it",
        fix=f"a release of {library} that conforms, or NumPy: np.asarray(x) or np.from_dlpack(x)",
        kind=LossTypeError,
    )
