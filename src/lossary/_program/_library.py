"""What the steps of a program need from an array library, implemented on the array API standard alone.

A library has a subclass in `_backend` where the standard is not enough: how to read values, how to attach a
derivative rule, what a program looks like.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any

import array_api_compat
import numpy as np

from lossary._check import LossTypeError, mistake
from lossary._kernel import Kernel
from lossary._program._chunks import Chunks
from lossary._typing import Array


class Reading(IntEnum):
    """The cost of reading the values of an array."""

    FREE = 0
    COSTLY = 1
    """It needs a transfer and waits for the device."""
    IMPOSSIBLE = 2
    """There are no values yet: the array is traced, lazy, or spread over machines."""


class Library(Chunks):
    """One array library."""

    def __init__(self, name: str, xp: Any):
        self.name = name
        self.xp = xp
        """The namespace of formulas."""

    keeps_what_is_shared = False
    """Whether value and gradient keep shared intermediates in memory instead of recomputing them."""

    def widens(self, dtype: Any) -> bool:
        """Whether operations on `dtype` and the dtype of the computation give the latter without a copy."""
        return False

    # Dtypes

    def floating(self, dtype: Any) -> Any:
        """The dtype to compute in: at least float32; None if `dtype` is not floating."""
        xp = self.xp
        if xp.isdtype(dtype, "real floating"):
            return xp.float32 if xp.finfo(dtype).bits < 32 else dtype
        return None

    def is_whole(self, dtype: Any) -> bool:
        """Whether `dtype` is integer or bool."""
        return bool(self.xp.isdtype(dtype, ("integral", "bool")))

    def default_dtype(self, kind: str, device: Any) -> Any:
        """The default dtype of numbers ("real floating" or "integral") on a device."""
        return self.xp.__array_namespace_info__().default_dtypes(device=device)[kind]

    mode: Callable[[], Any] | None = None
    """What default dtypes depend on besides the arrays; None if that never changes."""

    # Arrays

    def must_be_plain(self, x: Any, what: str) -> None:
        """Raise if an array is not a plain array in a way that its type does not show."""

    def device(self, x: Array) -> Any:
        return None if isinstance(x, float | int) else array_api_compat.device(x)

    def asarray(self, x: Array, dtype: Any, like: Array) -> Array:
        """`x`, a number or an array of this library, as an array of `dtype` on the device of `like`."""
        if isinstance(x, np.generic):
            x = x.item()
        if isinstance(x, float | int):
            return self.xp.asarray(x, dtype=dtype, device=self.device(like))
        return self.cast(x, dtype)

    def cast(self, x: Array, dtype: Any) -> Array:
        return self.xp.astype(x, dtype, copy=False)

    def ratio(self, x: Array, by: float, dtype: Any) -> Array:
        """x / by in this dtype."""
        return self.cast(x / by, dtype)

    def of_shape(self, x: Array, shape: tuple[Any, ...]) -> Array:
        """`x`, whose shape matches as far as known; if sizes become known later, a mismatch raises then."""
        return x

    def sum(self, x: Array, axis: tuple[int, ...]) -> Array:
        """Sum in double precision if available: sequential sums of float32 lose digits."""
        xp = self.xp
        if "float64" not in xp.__array_namespace_info__().dtypes(device=self.device(x), kind="real floating"):
            return xp.sum(x, axis=axis)
        return xp.sum(x, axis=axis, dtype=xp.float64)

    # Values

    def reading(self, x: Array) -> Reading:
        """The cost of reading the values of `x`, an array or a number."""
        return Reading.FREE if isinstance(x, float | int) else Reading.COSTLY

    def host_values(self, x: Array) -> np.ndarray[Any, Any] | None:
        """The values of `x`; None if it turns out to have none yet."""
        if isinstance(x, float | int):
            return np.asarray(x)
        devices = self.xp.__array_namespace_info__().devices()
        cpu = next((d for d in devices if "cpu" in str(d).lower()), None)
        try:
            return np.from_dlpack(x if cpu is None else array_api_compat.to_device(x, cpu))
        except (TypeError, ValueError, BufferError, RuntimeError):  # lazy arrays, according to the standard
            return None

    def raise_when_run(self, wrong: Callable[[], Array], explain: Callable[[Any], str], seen: Any) -> None:
        """Where possible, make a program under construction raise if `wrong` is true when it runs."""

    # Evaluation

    def results(
        self, kernel: Kernel, orders: tuple[int, ...], arrays: tuple[Array, ...], params: Mapping[str, Any]
    ) -> list[Array]:
        """The results of the kernel's formulas of these orders, with exact derivatives under autodiff."""
        return kernel.results(orders, arrays, self.xp, params)

    def with_rows_along(self, axis_name: Any, loss: str) -> "Library":
        """The same library for rows sharded over the devices of a mapped axis."""
        raise mistake(
            "L005",
            f"{loss}: `axis_name` names a mapped axis of JAX, but these are {self.name} arrays",
            why="arrays of other libraries are whole, or know how their classes are distributed",
            fix="leave axis_name out: a DTensor may be sharded along the classes, a dask array chunked",
            kind=LossTypeError,
        )

    def row_length(self, length: int) -> int:
        """The full length of a row of which an array holds `length` elements."""
        return length

    def lower(self, plan: Any) -> Callable[[Any, bool], Any]:
        """The plan as a program: a function of the operands and of whether to check at any cost."""
        raise NotImplementedError
