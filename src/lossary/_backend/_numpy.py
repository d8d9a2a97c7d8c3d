"""NumPy: values can always be read, and there is no autodiff."""

from typing import Any

import numpy as np

from lossary._backend._base import Backend
from lossary._typing import Array


class NumPy(Backend):
    def __init__(self) -> None:
        super().__init__("NumPy", np)

    def floating(self, dtype: Any) -> Any:
        # `isdtype` refuses the dtypes of ml_dtypes, which JAX users have in NumPy arrays.
        if dtype.name in ("float32", "float64"):
            return dtype
        if dtype.name in ("float16", "bfloat16"):
            return np.dtype("float32")
        return super().floating(dtype)

    def default_dtype(self, kind: str, like: Array) -> Any:
        return np.dtype("float64" if kind == "real floating" else "int64")

    def device(self, x: Array) -> Any:
        return None

    def cast(self, x: Array, dtype: Any) -> Array:
        return x.astype(dtype, copy=False)

    def asarray(self, x: Array, dtype: Any, like: Array) -> Array:
        return np.asarray(x, dtype=dtype)

    def host_values(self, x: Array) -> np.ndarray[Any, Any] | None:
        return np.asarray(x)

    def sum(self, x: Array, axis: tuple[int, ...]) -> Array:
        # Over any but the last axis NumPy adds float32 numbers one by one: 1 % off at 1e7.
        return np.sum(x, axis=axis, dtype=np.float64).astype(x.dtype)
