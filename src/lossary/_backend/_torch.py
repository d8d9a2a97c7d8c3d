"""torch as an array library: properties of its tensors, and the namespaces for formulas."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from lossary._backend import _torch_modes as modes
from lossary._backend._torch_eager import EAGER, results
from lossary._backend._torch_functions import DIFFERENTIATED, NAMESPACE, READABLE, differentiable
from lossary._backend._torch_host import HOST
from lossary._backend._torch_kinds import must_be_dense
from lossary._backend._torch_program import program_of
from lossary._backend._torch_rule import TorchChunks
from lossary._kernel import Kernel
from lossary._program._library import Reading
from lossary._program._plan import Operands, Plan
from lossary._typing import Array

_HALF = (torch.float16, torch.bfloat16)


class Torch(TorchChunks):
    def __init__(self, name: str = "torch", xp: Any = NAMESPACE, differentiated: Any = DIFFERENTIATED):
        super().__init__(name, xp)
        self.differentiated = differentiated
        """The namespace for formulas that automatic differentiation goes through."""
        self.readable = self

    def floating(self, dtype: Any) -> Any:
        if dtype in _HALF:
            return torch.float32
        if dtype in (torch.float32, torch.float64):
            return dtype
        return super().floating(dtype)

    def default_dtype(self, kind: str, device: Any) -> Any:
        return torch.get_default_dtype() if kind == "real floating" else torch.int64

    def mode(self) -> Any:
        return torch.get_default_dtype()

    def device(self, x: Array) -> Any:
        return x.device if isinstance(x, torch.Tensor) else None

    def asarray(self, x: Array, dtype: Any, like: Array) -> Array:
        if isinstance(x, torch.Tensor):
            return x.to(dtype)
        return torch.tensor(x, dtype=dtype, device=self.device(like))

    def cast(self, x: Array, dtype: Any) -> Array:
        return x.to(dtype)

    def sum(self, x: Array, axis: tuple[int, ...]) -> Array:
        if not axis:
            return x
        return torch.sum(x, dim=axis, dtype=None if x.device.type == "mps" else torch.float64)

    def reading(self, x: Array) -> Reading:
        if not isinstance(x, torch.Tensor):
            return Reading.IMPOSSIBLE if modes.is_compiling() else Reading.FREE
        if modes.is_followed() or not modes.is_plain(x) or x.is_meta:
            return Reading.IMPOSSIBLE
        return Reading.FREE if x.device.type == "cpu" else Reading.COSTLY

    def host_values(self, x: Array) -> np.ndarray[Any, Any]:
        if not isinstance(x, torch.Tensor):
            return np.asarray(x)
        values: np.ndarray[Any, Any] = (x.float() if x.dtype in _HALF else x).numpy(force=True)
        return values

    def results(
        self, kernel: Kernel, orders: tuple[int, ...], arrays: tuple[Array, ...], params: Mapping[str, Any]
    ) -> list[Array]:
        namespaces = self.xp, self.differentiated
        return [differentiable(namespaces, kernel, order, arrays, params) for order in orders]

    def must_be_plain(self, x: Any, what: str) -> None:
        if isinstance(x, torch.Tensor):
            must_be_dense(x, what)

    def block(self, like: Array) -> int:
        if modes.is_followed() or not modes.is_plain(like) or like.device.type != "cpu":
            return 0
        return HOST.block(like)

    def lower(self, plan: Plan) -> Callable[[Operands, bool], Any]:
        return program_of(self, _UNDIFFERENTIATED, plan)


class _Undifferentiated(Torch):
    """For calls without differentiation."""

    def ratio(self, x: Array, by: float, dtype: Any) -> Array:
        return torch.div(x, by, out=torch.empty(x.shape, dtype=dtype, device=x.device))

    def widens(self, dtype: Any) -> bool:
        return dtype is torch.bfloat16  # its range is about that of float32

    def results(
        self, kernel: Kernel, orders: tuple[int, ...], arrays: tuple[Array, ...], params: Mapping[str, Any]
    ) -> list[Array]:
        return results(kernel, orders, arrays, params)


TORCH = Torch()
"""Created at import, because `torch.compile` cannot create such objects."""
TORCH.readable = Torch(xp=READABLE)
_UNDIFFERENTIATED = _Undifferentiated(xp=EAGER)
