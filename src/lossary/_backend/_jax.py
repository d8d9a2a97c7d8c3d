"""JAX: one `custom_jvp` gives every kernel its own derivatives under all of JAX's transformations."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from lossary._backend._base import Backend, Reading, formula, times_derivative
from lossary._backend._jax_namespace import Namespace
from lossary._backend._jax_rule import OfRules
from lossary._backend._jax_split import explicit_sharding
from lossary._kernel import Kernel
from lossary._typing import Array

_Static = tuple[tuple[str, Any], ...]


class Jax(OfRules):
    def __init__(self) -> None:
        super().__init__("JAX", Namespace())
        self.differentiated: Any = Differentiated(jnp)
        """The namespace of formulas that automatic differentiation goes through."""

    def floating(self, dtype: Any) -> Any:
        # float64 where it is switched off is float32, as everywhere in JAX.
        return super().floating(jax.dtypes.canonicalize_dtype(dtype))

    def default_dtype(self, kind: str, like: Array) -> Any:
        return jnp.result_type(float if kind == "real floating" else int)

    def mode(self, like: Array) -> Any:
        return jax.config.jax_enable_x64

    def device(self, x: Array) -> Any:
        return None  # a sharded array has no single device; JAX follows the other operand

    def asarray(self, x: Array, dtype: Any, like: Array) -> Array:
        return jnp.asarray(x, dtype=dtype)

    def arange(self, size: int, like: Array) -> Array:
        return jnp.arange(size)

    def reading(self, x: Array) -> Reading:
        if isinstance(x, _ON_HOST):
            return Reading.FREE
        return Reading.IMPOSSIBLE if isinstance(x, jax.core.Tracer) else _reading(x.sharding)

    def host_values(self, x: Array) -> np.ndarray[Any, Any]:
        return np.asarray(x)

    def raise_when_run(self, wrong: Callable[[], Array], explain: Callable[[Any], str], seen: Any) -> None:
        from jax.experimental import checkify

        checkify.check(~wrong(), "{}", _Seen(explain, jax.tree.map(jnp.asarray, seen)))

    def run(self, function: Callable[..., Any], plan: Any, unread: tuple[str, ...], operands: Any) -> Any:
        # Compiled as one: a call outside `jit` is one dispatch, not fifty. Inside, it is inlined.
        leaves, tree = jax.tree.flatten(operands)
        return _compiled(self, function, plan, unread, tree)(*leaves)

    def attempt(self, function: Callable[..., list[Any]], plan: Any, *args: Any) -> list[Any]:
        # Each order for itself: what two results share XLA:CPU keeps in memory, which takes longer than
        # computing it twice. Formulas of both see to that themselves.
        unread, operands, *rest = args
        together = plan.kernel.both is not None and plan.orders[:2] == (0, 1)
        first = plan.value_and_grad if together else plan.by_order[plan.orders[0]]
        parts = function(self, first, unread, operands, *rest)
        for order in plan.orders[len(first.orders) :]:
            parts += function(self, plan.by_order[order], unread, _apart(operands), *rest)
        return parts

    def sum(self, x: Array, axis: tuple[int, ...]) -> Array:
        return self.xp.sum(x, axis=axis)

    def call(self, kernel: Kernel, order: int, arrays: tuple[Array, ...], params: Mapping[str, Any]) -> Array:
        static, dynamic = _split(params)
        return _call(self, kernel, order, static, arrays[0], arrays[1:], dynamic)

    def pick(self, x: Array, ids: Array) -> Array:
        return super().pick(x, ids) if _row_sharding(x) is None else self.select(x, ids)

    def positions(self, x: Array, ids: Array) -> Array:
        sharding = _row_sharding(x)
        if sharding is None:
            return super().positions(x, ids)
        return jnp.arange(x.shape[-1], out_sharding=sharding) == ids[..., None]

    def row_max(self, x: Array) -> Array:
        return super().row_max(x) + 0.0 * jnp.sum(jnp.sign(x), axis=-1)  # see `Namespace`

    def broadcast_like(self, x: Array, like: Array) -> Array:
        if _row_sharding(like) is None:
            return super().broadcast_like(x, like)
        return jnp.broadcast_to(x, like.shape, out_sharding=jax.typeof(like).sharding)

    def with_rows_along(self, axis_name: Any, loss: str) -> Backend:
        from lossary._backend._jax_parts import rows_in_parts

        return rows_in_parts(axis_name)

    def call_both(self, kernel: Kernel, arrays: tuple[Array, ...], params: Mapping[str, Any]) -> list[Array]:
        if kernel.both is None:
            return super().call_both(kernel, arrays, params)
        static, dynamic = _split(params)
        return list(_call_both(self, kernel, static, arrays[0], arrays[1:], dynamic))

    def scan(
        self,
        step: Callable[[Any, Any], tuple[Any, Array]],
        carry: Any,
        along: tuple[Array, ...],
        reverse: bool,
    ) -> tuple[Any, Array]:
        last, found = jax.lax.scan(step, carry, along, reverse=reverse)
        return last, found

    def look_up(self, values: Array, ids: Array) -> Array:
        spread = explicit_sharding(ids)
        return values[ids] if spread is None else values.at[ids].get(out_sharding=spread)


def _row_sharding(x: Array) -> Any:
    """How the type of `x` says that its last axis is spread over devices, where JAX gathers nothing.

    None if it is whole, or if the compiler is to find out: it then makes a small sum of a gather.
    """
    if not hasattr(jax, "typeof"):  # before types told anything
        return None
    sharding = jax.typeof(x).sharding
    axes = sharding.spec[-1] if len(sharding.spec) == x.ndim > 0 else None
    return None if axes is None else sharding.update(spec=jax.sharding.PartitionSpec(axes))


_ON_HOST = (np.ndarray, np.generic, float, int)


@lru_cache(maxsize=512)
def _reading(sharding: Any) -> Reading:
    if not sharding.is_fully_addressable:
        return Reading.IMPOSSIBLE
    on_cpu = all(device.platform == "cpu" for device in sharding.device_set)
    return Reading.FREE if on_cpu else Reading.COSTLY


@jax.tree_util.register_pytree_node_class
class _Seen:
    """Arrays that travel with an error of checkify's; printed, they are the text of that error."""

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


@lru_cache(maxsize=2048)
def _compiled(
    backend: Jax, function: Callable[..., Any], plan: Any, unread: tuple[str, ...], tree: Any
) -> Any:
    """A jitted function for each plan: JAX's own look-up by static arguments costs three times as much."""

    def run(*leaves: Array) -> Any:
        return function(backend, plan, unread, jax.tree.unflatten(tree, leaves))

    return jax.jit(run, inline=True)


def _split(params: Mapping[str, Any]) -> tuple[_Static, dict[str, Any]]:
    """Python numbers stay what they are, for formulas to branch on; what has a dtype may be traced and
    differentiated.
    """
    static = tuple(sorted((k, v) for k, v in params.items() if not hasattr(v, "dtype")))
    return static, {k: v for k, v in params.items() if hasattr(v, "dtype")}


def _apply(
    backend: Jax,
    kernel: Kernel,
    order: int,
    static: _Static,
    x: Array,
    others: tuple[Array, ...],
    dynamic: dict[str, Any],
) -> Array:
    compute = formula(kernel, order)
    if order == 0 and not kernel.has_classes:
        # In a shape of its own: constants that value and derivatives have in common, broadcast to one
        # shape, would be kept in memory by XLA:CPU.
        out = compute(x[None], *[a[None] for a in others], xp=backend.xp, **dict(static), **dynamic)
        return out.reshape(x.shape)
    return compute(x, *others, xp=backend.xp, **dict(static), **dynamic)


class Differentiated:
    """A namespace for formulas that automatic differentiation goes through."""

    is_differentiated = True

    def __init__(self, xp: Any):
        self._xp = xp

    def __getattr__(self, name: str) -> Any:
        return getattr(self._xp, name)


def _differentiable(
    backend: Jax,
    kernel: Kernel,
    order: int,
    static: _Static,
    x: Array,
    others: tuple[Array, ...],
    dynamic: dict[str, Any],
) -> Array:
    return formula(kernel, order)(x, *others, xp=backend.differentiated, **dict(static), **dynamic)


_call = jax.custom_jvp(_apply, nondiff_argnums=(0, 1, 2, 3))


def _rule(
    backend: Jax,
    kernel: Kernel,
    order: int,
    static: _Static,
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
) -> tuple[Array, Array]:
    """d f(x, others) = f'(x)·dx, from the kernel, + the rest by differentiating the formula itself."""
    x, *rest = primals
    dx, *drest = tangents
    parts = []
    if order == 0 and kernel.both is not None and not _is_zero(dx):
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
        return times_derivative(kernel, dx, x, *others, xp=xp, **dict(static), **dynamic)
    return jax.jvp(lambda x: _differentiable(backend, kernel, order, static, x, *rest), (x,), (dx,))[1]


def _barrier(tree: Any) -> Any:
    """The same arrays, for XLA different ones."""
    return jax.lax.optimization_barrier(tree)


def _barrier_rule(primals: tuple[Any], tangents: tuple[Any]) -> tuple[Any, Any]:
    return _apart(primals[0]), tangents[0]  # older JAX has no rule of its own


_apart: Any = jax.custom_jvp(_barrier)
_apart.defjvp(_barrier_rule)


def _each_apart(tree: Any) -> Any:
    """One by one: what has no tangent must not get one of zeros, which times an infinite slope is NaN."""
    return jax.tree.map(_apart, tree)


def _is_zero(tangent: Any) -> bool:
    return isinstance(tangent, SymbolicZero) or tangent.dtype == jax.dtypes.float0
