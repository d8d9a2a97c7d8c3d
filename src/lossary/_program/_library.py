"""What the steps of a program ask of an array library, answered by the array API standard alone.

A library has a subclass in `_backend` where the standard does not say enough: how values are read, what
carries a derivative rule, what a program looks like.
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
    """What it costs to look at the values of an array."""

    FREE = 0
    COSTLY = 1
    """A transfer, and waiting for the device."""
    IMPOSSIBLE = 2
    """It has none yet: traced, lazy, or spread over machines."""


class Library(Chunks):
    """One array library."""

    def __init__(self, name: str, xp: Any):
        self.name = name
        self.xp = xp
        """The namespace of formulas."""

    keeps_what_is_shared = False
    """Whether what value and gradient are both made of fills memory, where each could make its own."""

    def widens(self, dtype: Any) -> bool:
        """Whether operations on `dtype` and that of the computation give the latter: no copy is needed."""
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
        """The dtype of numbers ("real floating" or "integral") beside no array that says more."""
        return self.xp.__array_namespace_info__().default_dtypes(device=device)[kind]

    mode: Callable[[], Any] | None = None
    """What default dtypes depend on, beside the arrays; None if that never changes."""

    # Arrays

    def must_be_plain(self, x: Any, what: str) -> None:
        """Raise if an array is not what it pretends, in a way that its type does not tell."""

    def device(self, x: Array) -> Any:
        return None if isinstance(x, float | int) else array_api_compat.device(x)

    def asarray(self, x: Array, dtype: Any, like: Array) -> Array:
        """`x`, a number or an array of this library, as an array of `dtype` beside `like`."""
        if isinstance(x, np.generic):
            x = x.item()
        if isinstance(x, float | int):
            return self.xp.asarray(x, dtype=dtype, device=self.device(like))
        return self.cast(x, dtype)

    def cast(self, x: Array, dtype: Any) -> Array:
        return self.xp.astype(x, dtype, copy=False)

    def of_shape(self, x: Array, shape: tuple[Any, ...]) -> Array:
        """`x`, whose shape is this one as far as is known; where sizes show later, an error if it is not."""
        return x

    def sum(self, x: Array, axis: tuple[int, ...]) -> Array:
        """Sum in double precision, if there is any: float32 added one by one loses digits."""
        xp = self.xp
        if "float64" not in xp.__array_namespace_info__().dtypes(device=self.device(x), kind="real floating"):
            return xp.sum(x, axis=axis)
        return xp.sum(x, axis=axis, dtype=xp.float64)

    # Values

    def reading(self, x: Array) -> Reading:
        """What it costs to read the values of `x`, an array or a number."""
        return Reading.FREE if isinstance(x, float | int) else Reading.COSTLY

    def host_values(self, x: Array) -> np.ndarray[Any, Any] | None:
        """The values of `x`; None if it turns out that it has none yet."""
        if isinstance(x, float | int):
            return np.asarray(x)
        devices = self.xp.__array_namespace_info__().devices()
        cpu = next((d for d in devices if "cpu" in str(d).lower()), None)
        try:
            return np.from_dlpack(x if cpu is None else array_api_compat.to_device(x, cpu))
        except (TypeError, ValueError, BufferError, RuntimeError):  # as the standard has it of lazy arrays
            return None

    def raise_when_run(self, wrong: Callable[[], Array], explain: Callable[[Any], str], seen: Any) -> None:
        """Raise when a program that is being built runs, if it is wrong then; if that is possible."""

    # Evaluation

    def results(
        self, kernel: Kernel, orders: tuple[int, ...], arrays: tuple[Array, ...], params: Mapping[str, Any]
    ) -> list[Array]:
        """What the kernel's formulas of these orders give, with exact derivatives if there is autodiff."""
        return kernel.results(orders, arrays, self.xp, params)

    def with_rows_along(self, axis_name: Any, loss: str) -> "Library":
        """The same library where each device has a part of every row, as a mapped axis spreads them."""
        raise mistake(
            "L005",
            f"{loss}: `axis_name` names a mapped axis of JAX, but these are {self.name} arrays",
            why="arrays of other libraries are whole, or know how their classes are distributed",
            fix="leave axis_name out: a DTensor may be sharded along the classes, a dask array chunked",
            kind=LossTypeError,
        )

    def row_length(self, length: int) -> int:
        """How long a row is of which an array here has so many elements."""
        return length

    def lower(self, plan: Any) -> Callable[[Any, bool], Any]:
        """The plan as a program: a function of the operands, and of whether to check at any cost."""
        raise NotImplementedError
