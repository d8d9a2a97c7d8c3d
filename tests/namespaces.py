"""Array libraries of our own, built on NumPy: with what the array API standard promises, and nothing else."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import array_api_compat.numpy
import numpy as np

ELEMENTWISE = (
    *(
        "abs",
        "add",
        "atan2",
        "ceil",
        "clip",
        "copysign",
        "divide",
        "equal",
        "exp",
        "expm1",
        "floor",
        "greater",
    ),
    *("greater_equal", "hypot", "isfinite", "isinf", "isnan", "less", "less_equal", "log", "log1p", "log2"),
    *("logaddexp", "logical_and", "logical_not", "logical_or", "maximum", "minimum", "multiply", "negative"),
    *(
        "not_equal",
        "pow",
        "remainder",
        "round",
        "sign",
        "signbit",
        "sqrt",
        "square",
        "subtract",
        "tanh",
    ),
)
OTHERS = (
    *("all", "any", "argmax", "argmin", "argsort", "broadcast_to", "cumulative_sum", "expand_dims", "flip"),
    *("matmul", "matrix_transpose", "max", "mean", "min", "moveaxis", "permute_dims", "prod", "reshape"),
    *("roll", "sort", "squeeze", "sum", "take", "tril", "triu", "where"),
)
SINCE_2024 = ("count_nonzero", "diff", "take_along_axis")
LIKE = ("full_like", "ones_like", "zeros_like")
DTYPES = (
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float32",
    "float64",
)


class _Array:
    """An array of some namespace, which has a class of arrays of its own."""

    xp: "Namespace"
    __array_ufunc__ = None

    def __init__(self, values: Any, device: str):
        self.values = np.asarray(values)
        self.device = device
        if not self.xp.has_float64:
            assert self.dtype != np.float64, "float64 on a device that has none"

    dtype = property(lambda self: self.values.dtype)
    shape = property(lambda self: self.values.shape)
    ndim = property(lambda self: self.values.ndim)
    size = property(lambda self: self.values.size)
    T = property(lambda self: self.xp.matrix_transpose(self))
    mT = property(lambda self: self.xp.matrix_transpose(self))  # noqa: N815

    def __array_namespace__(self, *, api_version: str | None = None) -> "Namespace":
        return self.xp

    def to_device(self, device: str, *, stream: Any = None) -> Any:
        assert device in self.xp.all_devices
        return type(self)(self.values, device)

    def _read(self, kind: Callable[[Any], Any]) -> Any:
        if self.xp.is_lazy:
            raise TypeError("a lazy array has no values")
        return kind(self.values)

    def __bool__(self) -> bool:
        return self._read(bool)

    def __float__(self) -> float:
        return self._read(float)

    def __int__(self) -> int:
        return self._read(int)

    def __index__(self) -> int:
        return self._read(lambda x: x.__index__())

    def __dlpack__(self, **options: Any) -> Any:
        return self._read(lambda x: x.__dlpack__())

    def __dlpack_device__(self) -> Any:
        return self.values.__dlpack_device__()

    def __getitem__(self, key: Any) -> Any:
        return type(self)(self.values[self.xp.unwrapped(key)], self.device)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.values[self.xp.unwrapped(key)] = self.xp.unwrapped(value)


def _operator(name: str) -> Any:
    def apply(self: Any, *others: Any) -> Any:
        if any(not isinstance(x, type(self) | float | int) for x in others):
            return NotImplemented
        return self.xp.applied(getattr(np.ndarray, name), self, *others)

    return apply


for _name in (
    *("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "rpow", "mod", "floordiv"),
    *(
        "neg",
        "abs",
        "invert",
        "and",
        "or",
        "xor",
        "rand",
        "ror",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "matmul",
    ),
):
    setattr(_Array, f"__{_name}__", _operator(f"__{_name}__"))


class Namespace:
    """A namespace that is an object without a name, and makes its functions when they are asked for."""

    pi, inf, nan, e, newaxis = np.pi, np.inf, np.nan, np.e, None

    def __init__(
        self,
        version: str = "2024.12",
        devices: tuple[str, ...] = ("here",),
        is_lazy: bool = False,
        has_float64: bool = True,
    ):
        self.version = version
        self.all_devices = devices
        self.is_lazy = is_lazy
        self.has_float64 = has_float64
        self.array_class = type("Array", (_Array,), {"xp": self})

    def __getattr__(self, name: str) -> Any:
        if name == "__array_api_version__":
            return self.version
        if name in DTYPES:
            return np.dtype(name)
        if name in (*ELEMENTWISE, *OTHERS) or (name in SINCE_2024 and self.version >= "2024.12"):
            return self._function(name)
        if name in LIKE:
            return self._function(name)
        raise AttributeError(name)

    def _function(self, name: str) -> Any:
        function = getattr(array_api_compat.numpy, name)

        @wraps(function)
        def of_arrays(*args: Any, **options: Any) -> Any:
            if self.version < "2024.12" and name in ("where", "maximum", "minimum"):
                assert all(isinstance(x, self.array_class) for x in args), f"a number in `{name}`"
            return self.applied(function, *args, **options)

        return of_arrays

    def unwrapped(self, x: Any) -> Any:
        if isinstance(x, tuple | list):
            return type(x)([self.unwrapped(part) for part in x])
        return x.values if isinstance(x, self.array_class) else x

    def applied(self, function: Any, *args: Any, **options: Any) -> Any:
        arrays = [x for x in (*args, *options.values()) if isinstance(x, self.array_class)]
        (device,) = {x.device for x in arrays}
        assert not any(isinstance(x, np.ndarray | np.generic) for x in args)
        result = function(*map(self.unwrapped, args), **{k: self.unwrapped(v) for k, v in options.items()})
        return self.array_class(result, device)

    def __array_namespace_info__(self) -> "Namespace":
        return self

    def devices(self) -> list[str]:
        return list(self.all_devices)

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, Any]:
        names = [name for name in DTYPES if self.has_float64 or name != "float64"]
        found = {name: np.dtype(name) for name in names}
        return {k: v for k, v in found.items() if kind is None or np.isdtype(v, kind)}

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        floating = np.dtype("float64" if self.has_float64 else "float32")
        return {"real floating": floating, "integral": np.dtype("int64"), "indexing": np.dtype("int64")}

    def default_device(self) -> str:
        return self.all_devices[0]

    def asarray(self, x: Any, *, dtype: Any = None, device: Any = None, copy: Any = None) -> Any:
        if isinstance(x, self.array_class):
            return self.array_class(x.values.astype(dtype or x.dtype), device or x.device)
        if dtype is None and isinstance(x, float):
            dtype = self.default_dtypes()["real floating"]
        return self.array_class(np.asarray(x, dtype=dtype), device or self.all_devices[0])

    def from_dlpack(self, x: Any, *, device: Any = None, copy: Any = None) -> Any:
        return self.asarray(np.from_dlpack(x), device=device)

    def astype(self, x: Any, dtype: Any, *, copy: bool = True, device: Any = None) -> Any:
        return self.array_class(x.values.astype(dtype, copy=copy), x.device)

    def arange(self, *numbers: float, dtype: Any = None, device: Any = None) -> Any:
        return self.asarray(np.arange(*numbers, dtype=dtype), device=device)

    def concat(self, arrays: Any, *, axis: int | None = 0) -> Any:
        (device,) = {x.device for x in arrays}
        return self.array_class(np.concat(self.unwrapped(list(arrays)), axis=axis), device)

    def stack(self, arrays: Any, *, axis: int = 0) -> Any:
        (device,) = {x.device for x in arrays}
        return self.array_class(np.stack(self.unwrapped(list(arrays)), axis=axis), device)

    def isdtype(self, dtype: Any, kind: Any) -> bool:
        return bool(np.isdtype(dtype, kind))

    def finfo(self, dtype: Any) -> Any:
        return np.finfo(dtype)

    def iinfo(self, dtype: Any) -> Any:
        return np.iinfo(dtype)

    def result_type(self, *given: Any) -> Any:
        return np.result_type(*[x.dtype if isinstance(x, self.array_class) else x for x in given])
