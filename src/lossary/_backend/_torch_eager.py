"""torch's operations where nothing is differentiated and nothing looks at them, as on a GPU.

There each is a pass over memory, and memory is all that it costs: so results are overwritten, and a function
that does what takes several is used where it is as exact.
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

    def put_along_axis(self, x: Array, ids: Array, value: Any, axis: int) -> None:
        x.scatter_(axis, ids, value)

    def widened(self, x: Array) -> Array:
        return x.float() if x.dtype == torch.bfloat16 else x

    def softplus(self, x: Array) -> Array:
        same = 40.0 if x.dtype == torch.float64 else 20.0  # from where on it is x
        return torch.nn.functional.softplus(x, threshold=same)

    def finite(self, x: Array) -> Array:
        """x, with the largest finite number for infinity."""
        most = torch.finfo(x.dtype).max
        return x.clamp(-most, most)


class _Finite(_Eager):
    """For finite numbers."""

    is_quick = True


EAGER = _Eager(array_api_compat.torch)
_FINITE = _Finite(array_api_compat.torch)


def results(
    kernel: Kernel, orders: tuple[int, ...], arrays: tuple[Array, ...], params: Mapping[str, Any]
) -> list[Array]:
    """What the formulas of these orders give."""
    if not kernel.all_or_nothing:
        return kernel.results(orders, arrays, EAGER, params)
    x, *others = arrays
    within = EAGER.finite(x)
    found = kernel.results(orders, (within, *others), _FINITE, params)
    if orders[0] == 0:
        found[0] = torch.fmax(found[0], found[0] / (x == within))  # more than 0 is infinity, 0 stays
    return found
