"""torch's operations where nothing is differentiated or traced, such as inference on a GPU.

Each operation is a pass over memory, and memory dominates the cost. Therefore results are overwritten, and
fused functions are used where they are as accurate.
"""

from collections.abc import Mapping
from typing import Any

import array_api_compat.torch
import torch

from lossary._backend._torch_functions import TorchFormulas
from lossary._kernel import Kernel
from lossary._typing import Array


class _Eager(TorchFormulas):
    overwrites = True
    is_eager = True

    sigmoid = staticmethod(torch.sigmoid)
    lerp = staticmethod(torch.lerp)
    signed = staticmethod(torch.copysign)

    def put(self, x: Array, ids: Array, value: Any) -> Array:
        return x.scatter_(-1, ids[..., None], value)

    def widened(self, x: Array) -> Array:
        return x.float() if x.dtype == torch.bfloat16 else x

    def softplus(self, x: Array) -> Array:
        same = 40.0 if x.dtype == torch.float64 else 20.0  # above this, softplus(x) is x
        return torch.nn.functional.softplus(x, threshold=same)

    def finite(self, x: Array) -> Array:
        """x, with infinity replaced by the largest finite number."""
        most = torch.finfo(x.dtype).max
        return self.within(x, -most, most)

    log_sigmoid = staticmethod(torch.nn.functional.logsigmoid)


class _Finite(_Eager):
    """For finite inputs."""

    is_quick = True


EAGER = _Eager(array_api_compat.torch)
_FINITE = _Finite(array_api_compat.torch)


def results(
    kernel: Kernel, orders: tuple[int, ...], arrays: tuple[Array, ...], params: Mapping[str, Any]
) -> list[Array]:
    """The results of the formulas of these orders."""
    if not kernel.all_or_nothing:
        return kernel.results(orders, arrays, EAGER, params)
    x, *others = arrays
    within = EAGER.finite(x)
    found = kernel.results(orders, (within, *others), _FINITE, params)
    if orders[0] == 0:
        found[0] = torch.fmax(found[0], found[0] / (x == within))  # infinite x: loss > 0 becomes infinite
    return found
