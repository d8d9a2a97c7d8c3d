"""JAX on one CPU device: the sum of a small call as a loop over few elements at a time.

XLA:CPU estimates the number of operations of a program. One with fewer than 1000 runs at once; another is
handed to a thread, and waking that takes longer than the loss. A loop counts as one of its steps.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from lossary._backend._jax_namespace import is_one_cpu
from lossary._math._exactly import exact_sum
from lossary._program._cut import block_of, flattened, shortened
from lossary._program._plan import Operands, Plan
from lossary._program._weigh import Sums
from lossary._typing import Array

_MOST = 1 << 14
"""Up to so many elements, one thread and a loop are faster than two threads (measured on two cores)."""
_SIZES = (32, 16, 8)
"""How many elements a step may have."""
_MOST_OPERATIONS, _TO_ADD = 950, 8
"""How many operations a step may have, and how many of them per element add to a compensated sum."""


def is_small_sum(plan: Plan) -> bool:
    """Whether a call adds a few elementwise losses."""
    shape = plan.layout.shape
    return (
        plan.orders == (0,)
        and plan.can_be_cut
        and not plan.classes
        and 0 < len(plan.axes) == len(shape)
        and plan.reduction != "none"
        and all(isinstance(n, int) for n in shape)
        and _SIZES[-1] < plan.elements <= _MOST
    )


def are_on_one_cpu(operands: Operands) -> bool:
    """Whether all operands have values, on the only device, and the call will be compiled."""
    return (
        is_one_cpu()
        and not any(isinstance(x, jax.core.Tracer) for x in operands.all)
        and not jax.config.jax_disable_jit
    )


def looped(library: Any, plan: Plan, unread: tuple[str, ...], operands: Operands) -> list[Any] | None:
    """The `Sums` of the call; None if it runs at once without a loop, or not even in one."""
    plan, operands, _ = flattened(plan, operands, None)
    shape = plan.layout.shape
    if len(shape) > 1:
        return None
    length = shape[0]

    def lanes(i: Array, size: int = _SIZES[-1]) -> Sums:
        """The losses of a step, and their denominators where these are not 1."""
        few = replace(shortened(plan, size), axes=(), size=1)
        start = jnp.minimum(i * size, length - size)
        part = block_of(operands, shape, lambda a: library.part(a, start, size))
        # The last step may repeat losses of the one before. If none does, XLA still needs the selection:
        # without it, losses used twice (in a sum and in its correction) become several kernels.
        is_new = start + jnp.arange(size) >= i * size
        sums = library.steps(few, unread, part)[0]
        return Sums(*[jnp.where(is_new, x, 0) if hasattr(x, "shape") else None for x in sums])

    program, kinds = jax.make_jaxpr(lanes, return_shape=True)(0)
    operations = _operations(program.jaxpr) + _TO_ADD * len(jax.tree.leaves(kinds))
    size = next((size for size in _SIZES if size < length and size * operations <= _MOST_OPERATIONS), None)
    if size is None or length * operations <= _MOST_OPERATIONS:
        return None
    none = jax.tree.map(lambda kind: _Compensated(*[jnp.zeros(size, kind.dtype)] * 2), kinds)

    def step(i: Array, sums: Any) -> Any:
        # A lane adds up to two thousand numbers; if they are equal, their rounding errors do not cancel.
        return jax.tree.map(lambda x, sum: sum.plus(x), lanes(i, size), sums)

    added = jax.lax.fori_loop(0, -(-length // size), step, none)
    return [Sums(*[plan.size if x is None else x.total() for x in added])]


class _Compensated(NamedTuple):
    """Sums in lanes, and what rounding took from them (W. Kahan, M. Neumaier)."""

    sum: Array
    lost: Array

    def plus(self, x: Array) -> "_Compensated":
        whole, lost = exact_sum(self.sum, x, jnp)
        return _Compensated(whole, self.lost + lost)

    def total(self) -> Array:
        """The sum of the lanes, in pairs."""
        parts = self.sum + jnp.where(jnp.isfinite(self.lost), self.lost, 0)
        while parts.size > 1:
            parts = parts[::2] + parts[1::2]
        return parts[0]


def _operations(jaxpr: Any) -> int:
    """An upper bound of the operations per element."""
    count = 0
    for equation in jaxpr.eqns:
        inner = [getattr(value, "jaxpr", value) for value in equation.params.values()]
        inner = [value for value in inner if hasattr(value, "eqns")]
        count += sum(map(_operations, inner)) if inner else any(x.aval.shape for x in equation.outvars)
    return count
