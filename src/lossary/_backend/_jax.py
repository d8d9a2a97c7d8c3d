"""JAX: a `custom_jvp` gives every kernel its own derivatives under all JAX transformations."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import copysign
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from lossary._backend._jax_namespace import Namespace, Rows, promoting
from lossary._backend._jax_rule import JaxChunks
from lossary._backend._jax_small import are_on_one_cpu, is_small_sum, looped
from lossary._check import LossTypeError, mistake
from lossary._kernel import Kernel
from lossary._program._check_values import check_values
from lossary._program._deferred_checks import check_when_run
from lossary._program._layout import is_number
from lossary._program._library import Library, Reading
from lossary._program._plan import Operands, Plan
from lossary._program._steps import finished, steps
from lossary._typing import Array

_Static = tuple[tuple[str, Any], ...]
_MOST = 1024
"""The number of compiled functions that are kept. XLA needs 2 MB for each."""


class Jax(JaxChunks):
    keeps_what_is_shared = True

    def __init__(self, xp: Rows | None = None, differentiated: Rows | None = None) -> None:
        super().__init__("JAX", xp or Namespace(jnp))
        self.differentiated = differentiated or Rows(jnp, is_differentiated=True)
        """The namespace for formulas that automatic differentiation goes through."""

    def floating(self, dtype: Any) -> Any:
        # As everywhere in JAX, float64 becomes float32 unless enabled.
        return super().floating(jax.dtypes.canonicalize_dtype(dtype))

    def default_dtype(self, kind: str, device: Any) -> Any:
        return jnp.result_type(float if kind == "real floating" else int)

    def mode(self) -> Any:
        return jax.config.jax_enable_x64

    def must_be_plain(self, x: Any, what: str) -> None:
        dtype = getattr(x, "dtype", None)
        if dtype is not None and jnp.issubdtype(dtype, jax.dtypes.extended):
            raise mistake(
                "L005",
                f"{what} must be real numbers, got random keys of dtype {dtype}",
                fix="numbers drawn with a key: jax.random.normal(key, shape)",
                kind=LossTypeError,
            )

    def knows(self, size: Any) -> bool:
        return isinstance(size, int)

    def device(self, x: Array) -> Any:
        return None  # a sharded array has no single device; JAX follows the other operand

    def asarray(self, x: Array, dtype: Any, like: Array) -> Array:
        return jnp.asarray(x, dtype=jax.dtypes.canonicalize_dtype(dtype))

    def sum(self, x: Array, axis: tuple[int, ...]) -> Array:
        return self.xp.sum(x, axis=axis)

    def reading(self, x: Array) -> Reading:
        if isinstance(x, _ON_HOST):
            return Reading.FREE
        return Reading.IMPOSSIBLE if isinstance(x, jax.core.Tracer) else _reading(x.sharding)

    def host_values(self, x: Array) -> np.ndarray[Any, Any]:
        return np.asarray(x)

    def raise_when_run(self, wrong: Callable[[], Array], explain: Callable[[Any], str], seen: Any) -> None:
        from jax.experimental import checkify

        checkify.check(~promoting(wrong)(), "{}", _Seen(explain, jax.tree.map(jnp.asarray, seen)))

    def with_rows_along(self, axis_name: Any, loss: str) -> Library:
        from lossary._backend._jax_parts import rows_in_parts

        return rows_in_parts(axis_name)

    def lower(self, plan: Plan) -> Callable[[Operands, bool], Any]:
        operands_of_kernel, is_small = plan.kernel.operands, is_small_sum(plan)

        def program(operands: Operands, thorough: bool) -> Any:
            unread = check_values(plan, operands, thorough)
            if thorough and unread:
                check_when_run(plan, operands, unread)
            static: tuple[Any, ...] = ()
            if operands.params:
                traced = {}
                for name, x in operands.params.items():
                    if is_number(x) and name not in operands_of_kernel:
                        static += ((name, x.__class__, x, copysign(1.0, x)),)
                    else:
                        traced[name] = x
                operands = operands._replace(params=traced)
            in_loop = is_small and are_on_one_cpu(operands)
            return _compiled(self, plan, unread, static, in_loop)(operands)

        return program

    def steps(self, plan: Plan, unread: tuple[str, ...], operands: Operands, *rest: Any) -> list[Any]:
        """`steps`, separately for each order: XLA:CPU stores intermediates shared by two results in memory,
        which is slower than computing them twice. Formulas that return both handle this themselves.
        """
        together = _shares_rows(plan.kernel) and plan.orders[:2] == (0, 1)
        first = plan.of(0, 1) if together else plan.of(plan.orders[0])
        parts = steps(self, first, unread, operands, *rest)
        numbers = {name: x for name, x in operands.params.items() if is_number(x)}  # stay Python numbers
        arrays = {name: x for name, x in operands.params.items() if name not in numbers}
        for order in plan.orders[len(first.orders) :]:
            again = _apart(operands._replace(params=arrays))
            again = again._replace(params={**numbers, **again.params})
            parts += steps(self, plan.of(order), unread, again, *rest)
        return parts

    def results(
        self, kernel: Kernel, orders: tuple[int, ...], arrays: tuple[Array, ...], params: Mapping[str, Any]
    ) -> list[Array]:
        static, dynamic = _split(params)
        if len(orders) > 1:
            return list(_call_both(self, kernel, static, arrays[0], arrays[1:], dynamic))
        return [_call(self, kernel, orders[0], static, arrays[0], arrays[1:], dynamic)]


@lru_cache(_MOST)
def _compiled(
    library: Jax, plan: Plan, unread: tuple[str, ...], static: tuple[Any, ...], in_loop: bool
) -> Any:
    """The function that XLA compiles for calls with the same plan and static numbers."""
    known = {name: value for name, _, value, _ in static}

    @promoting
    def run(operands: Operands) -> Any:
        operands = operands._replace(params={**known, **operands.params})
        parts = looped(library, plan, unread, operands) if in_loop else None
        return finished(library, plan, parts or library.steps(plan, unread, operands))

    # Compiled as a unit: a call outside `jit` is one dispatch, not fifty. Inside, it is inlined.
    return jax.jit(run, inline=True)


_ON_HOST = (np.ndarray, np.generic, float, int)


@lru_cache(maxsize=512)
def _reading(sharding: Any) -> Reading:
    if not sharding.is_fully_addressable:
        return Reading.IMPOSSIBLE
    on_cpu = all(device.platform == "cpu" for device in sharding.device_set)
    return Reading.FREE if on_cpu else Reading.COSTLY


@jax.tree_util.register_pytree_node_class
class _Seen:
    """Arrays that travel with a checkify error; printed, they become the text of that error."""

    def __init__(self, explain: Callable[[Any], str], arrays: Any):
        self.explain = explain
        self.arrays = arrays

    def __format__(self, spec: str) -> str:
        return self.explain(jax.tree.map(np.asarray, self.arrays))

    def tree_flatten(self) -> tuple[tuple[Any], Callable[[Any], str]]:
        return (self.arrays,), self.explain

    @classmethod
    def tree_unflatten(cls, explain: Callable[[Any], str], children: tuple[Any]) -> "_Seen":
        return cls(explain, *children)


def _split(params: Mapping[str, Any]) -> tuple[_Static, dict[str, Any]]:
    """Python numbers stay Python numbers, so formulas can branch on them. Values with a dtype may be traced
    and differentiated.
    """
    static = tuple(sorted((k, v) for k, v in params.items() if not hasattr(v, "dtype")))
    return static, {k: v for k, v in params.items() if hasattr(v, "dtype")}


@promoting
def _apply(
    backend: Jax,
    kernel: Kernel,
    order: int,
    static: _Static,
    x: Array,
    others: tuple[Array, ...],
    dynamic: dict[str, Any],
) -> Array:
    compute = kernel.formulas[order]
    if order == 0 and not kernel.has_classes:
        # Use a different shape: XLA:CPU would store constants that value and derivatives share in one
        # broadcast shape.
        out = compute(x[None], *[a[None] for a in others], xp=backend.xp, **dict(static), **dynamic)
        return out.reshape(x.shape)
    return compute(x, *others, xp=backend.xp, **dict(static), **dynamic)


def _differentiable(
    backend: Jax,
    kernel: Kernel,
    order: int,
    static: _Static,
    x: Array,
    others: tuple[Array, ...],
    dynamic: dict[str, Any],
) -> Array:
    return kernel.formulas[order](x, *others, xp=backend.differentiated, **dict(static), **dynamic)


_call = jax.custom_jvp(_apply, nondiff_argnums=(0, 1, 2, 3))


@promoting
def _rule(
    backend: Jax,
    kernel: Kernel,
    order: int,
    static: _Static,
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
) -> tuple[Array, Array]:
    """d f(x, others) = f'(x)·dx, from the kernel, plus the rest by differentiating the formula itself."""
    x, *rest = primals
    dx, *drest = tangents
    parts = []
    if order == 0 and _shares_rows(kernel) and not _is_zero(dx):
        out, slope = _call_both(backend, kernel, static, x, *rest)
        parts.append(backend.xp.sum(slope * dx, axis=-1))
    else:
        out = _call(backend, kernel, order, static, x, *rest)
        if not _is_zero(dx):
            parts.append(_first_argument(backend, kernel, order, static, x, rest, dx))
    leaves, tree = jax.tree.flatten(tuple(rest))
    dleaves = jax.tree.leaves(tuple(drest), is_leaf=lambda d: isinstance(d, SymbolicZero))
    live = [i for i, d in enumerate(dleaves) if not _is_zero(d)]
    if live:

        def of_live(*values: Array) -> Array:
            merged = list(leaves)
            for i, value in zip(live, values, strict=True):
                merged[i] = value
            return _differentiable(backend, kernel, order, static, x, *jax.tree.unflatten(tree, merged))

        parts.append(jax.jvp(of_live, [leaves[i] for i in live], [dleaves[i] for i in live])[1])
    return out, sum(parts[1:], parts[0]) if parts else jnp.zeros_like(out)


_call.defjvp(_rule, symbolic_zeros=True)


@promoting
def _apply_both(
    backend: Jax,
    kernel: Kernel,
    static: _Static,
    x: Array,
    others: tuple[Array, ...],
    dynamic: dict[str, Any],
) -> tuple[Array, Array]:
    """The value and the gradient of a loss on rows."""
    pair: tuple[Array, Array] = kernel.both(  # type: ignore[misc]
        x, *others, xp=backend.xp, again=_apart, **dict(static), **dynamic
    )
    return pair


def _shares_rows(kernel: Kernel) -> bool:
    """Whether to compute value and gradient together; elementwise losses are faster apart."""
    return kernel.both is not None and kernel.has_classes


def _rule_of_both(
    backend: Jax, kernel: Kernel, static: _Static, primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    value, dvalue = _rule(backend, kernel, 0, static, primals, tangents)
    slope, dslope = _rule(backend, kernel, 1, static, primals, tangents)
    return (value, slope), (dvalue, dslope)


_call_both = jax.custom_jvp(_apply_both, nondiff_argnums=(0, 1, 2))
_call_both.defjvp(_rule_of_both, symbolic_zeros=True)


def _first_argument(
    backend: Jax, kernel: Kernel, order: int, static: _Static, x: Array, rest: list[Any], dx: Array
) -> Array:
    xp = backend.xp
    if order == 0:
        product = _call(backend, kernel, 1, static, *_each_apart((x, *rest))) * dx
        return xp.sum(product, axis=-1) if kernel.has_classes else product
    if order == 1:
        others, dynamic = rest
        return kernel.times_derivative(dx, x, *others, xp=xp, **dict(static), **dynamic)
    return jax.jvp(lambda x: _differentiable(backend, kernel, order, static, x, *rest), (x,), (dx,))[1]


def _barrier(tree: Any) -> Any:
    """The same arrays, which XLA treats as different."""
    return jax.lax.optimization_barrier(tree)


def _barrier_rule(primals: tuple[Any], tangents: tuple[Any]) -> tuple[Any, Any]:
    return _apart(primals[0]), tangents[0]  # older JAX has no rule for this


_apart: Any = jax.custom_jvp(_barrier)
_apart.defjvp(_barrier_rule)


def _each_apart(tree: Any) -> Any:
    """One by one: an array without a tangent must not get zeros, which times an infinite slope are NaN."""
    return jax.tree.map(_apart, tree)


def _is_zero(tangent: Any) -> bool:
    return isinstance(tangent, SymbolicZero) or tangent.dtype == jax.dtypes.float0
