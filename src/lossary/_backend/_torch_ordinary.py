"""torch: what rules need, in operations that torch can differentiate."""

from typing import Any

import torch

from lossary._program._library import Library
from lossary._typing import Array


class Ordinary:
    """The steps of a backend without in-place writes, so torch can differentiate them."""

    def __init__(self, backend: Any, in_double: bool):
        self._backend = backend
        self._in_double = in_double
        self.xp = backend.differentiated

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def put(self, x: Array, start: int, part: Array, axis: int = 0) -> Array:
        return torch.slice_scatter(x, part, axis, start, start + part.shape[axis])

    def add(self, x: Array, start: int, part: Array) -> Array:
        return self.put(x, start, self.part(x, start, part.shape[0]) + part)

    def exp(self, x: Array) -> Array:
        return torch.exp(x)

    def minus(self, x: Array, y: Array) -> Array:
        return x - y

    def times(self, x: Array, y: Array) -> Array:
        return x * y

    def replace(self, x: Array, ids: Array, value: Any) -> Array:
        return Library.replace(self._backend, x, ids, value)

    def matmul(self, a: Array, b: Array, of_sums: Any) -> Array:
        if self._in_double:
            return (a.double() @ b.double()).to(of_sums)
        return a @ b
