"""NumPy arrays processed by JAX, in their own memory.

JAX uses existing memory only if it begins at a multiple of 64 bytes. Otherwise it copies, which costs more
than a whole loss. Large NumPy arrays begin 16 bytes after such a multiple, so the elements before the next
multiple form one block and the rest another.
"""

import importlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
import numpy as np

from lossary._backend._blocks import in_blocks
from lossary._backend._jax import Jax
from lossary._backend._numpy import NumPy
from lossary._program._plan import Operands, Plan
from lossary._program._steps import finished
from lossary._typing import Array

_ALIGNMENT = 64
_JAX = Jax()


class Accelerated(NumPy):
    """NumPy for the engine, computed by JAX."""

    def evaluate(
        self, plan: Plan, unread: tuple[str, ...], operands: Operands, cotangent: Array = None
    ) -> Any:
        with np.errstate(all="ignore"):
            if plan.can_be_cut:
                return in_blocks(self, _steps, _cuts, _one_by_one, plan, unread, operands, cotangent)
            return finished(self, plan, _steps(plan, unread, operands, None, cotangent))


def _one_by_one(function: Callable[[int], Any], items: range) -> list[Any]:
    return [function(item) for item in items]


def _cuts(operands: Operands, length: int) -> list[slice]:
    head = _unaligned([a for a in operands.arrays if isinstance(a, np.ndarray)])
    return [cut for cut in (slice(0, head), slice(head, length)) if cut.start < cut.stop]


def _steps(
    plan: Plan,
    unread: tuple[str, ...],
    operands: Operands,
    denominators: Any,
    cotangent: Array,
    outs: Any = (),
) -> list[Any]:
    args = operands, denominators, cotangent
    leaves, tree = jax.tree.flatten(args)
    static = tuple([None if isinstance(leaf, np.ndarray) else leaf for leaf in leaves])
    with _double_precision():
        arrays = [_to_jax(leaf) for leaf in leaves if isinstance(leaf, np.ndarray)]
        parts = _compiled(plan, unread, tree, static)(*arrays)
        # Wait, so that the caller cannot write to arrays that are still being read.
        return list(jax.tree.map(_to_numpy, jax.block_until_ready(parts)))


@lru_cache(maxsize=512)
def _compiled(plan: Plan, unread: tuple[str, ...], tree: Any, static: tuple[Any, ...]) -> Any:
    def run(*arrays: Array) -> list[Any]:
        given = iter(arrays)
        args = jax.tree.unflatten(tree, [next(given) if leaf is None else leaf for leaf in static])
        return _JAX.steps(plan, unread, *args)

    return jax.jit(run)


def _double_precision() -> Any:
    """JAX with 64 bits, without changing the global setting."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    return importlib.import_module("jax.experimental").enable_x64()


def _unaligned(arrays: list[Array]) -> int:
    """How many elements precede the first that is aligned in all arrays; 0 if there is none."""
    places = {((-a.ctypes.data % _ALIGNMENT) / max(1, a.strides[0] if a.ndim else 1)) for a in arrays}
    head = places.pop()
    return int(head) if not places and head == int(head) and head < arrays[0].shape[0] else 0


def _to_jax(x: Array) -> Array:
    # Not through DLPack: XLA's threads release its arrays and abort if Python is shutting down by then.
    return jax.device_put(x, _cpu(), may_alias=True)


@lru_cache(maxsize=1)
def _cpu() -> Any:
    return jax.local_devices(backend="cpu")[0]


def _to_numpy(x: Array) -> Any:
    x = np.asarray(x)
    return x if x.ndim else x[()]
