"""JAX: a `custom_vjp` gives a rule its own derivative, in reverse mode."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp

from lossary._backend._jax_split import in_parts, split_of
from lossary._backend._rule import Inputs, Rule, not_derivable
from lossary._typing import Array


def derived(backend: Any, rule: Rule, inputs: Inputs, options: Any) -> Array:
    """The output of the rule, with its derivative; compiled as one, where nothing else compiles it."""
    split = split_of(rule, inputs)
    if split is None:
        return _compiled(backend, rule, options)(inputs)
    return in_parts(_compiled, backend, rule, inputs, options, split)


@lru_cache(maxsize=512)
def value_and_vjp(backend: Any, rule: Rule, options: Any, wanted: tuple[bool, ...]) -> Any:
    """What makes, as one program, the output and what pulls a cotangent back to the arrays wanted."""

    def run(inputs: Inputs) -> Any:
        def of(*chosen: Array) -> Array:
            found = iter(chosen)
            arrays = [next(found) if w else a for a, w in zip(inputs.arrays, wanted, strict=True)]
            return derived(backend, rule, inputs._replace(arrays=tuple(arrays)), options)

        return jax.vjp(of, *[a for a, w in zip(inputs.arrays, wanted, strict=True) if w])

    return jax.jit(run)


def _pulled(pull: Any, cotangent: Array) -> Any:
    return pull(cotangent)


pulled: Any = jax.jit(_pulled)


@lru_cache(maxsize=512)
def _compiled(backend: Any, rule: Rule, options: Any) -> Any:
    return jax.jit(partial(_derived, backend, rule, options), inline=True)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2))
def _derived(backend: Any, rule: Rule, options: Any, inputs: Inputs) -> Array:
    return rule.value(backend, inputs, options)[0]


def _forward(backend: Any, rule: Rule, options: Any, inputs: Inputs) -> tuple[Array, Any]:
    if any(a is not None and a.perturbed for a in inputs.beside):
        raise not_derivable(rule)
    wanted = tuple([a is not None and a.perturbed for a in inputs.arrays])
    inputs = Inputs(*[tuple([None if a is None else a.value for a in part]) for part in inputs])
    out, saved = rule.value_to_pull(backend, inputs, options, wanted)
    return out, (inputs, saved, _Static(wanted))


def _backward(backend: Any, rule: Rule, options: Any, residuals: Any, cotangent: Array) -> tuple[Inputs]:
    inputs, saved, wanted = residuals
    if isinstance(cotangent, jax.custom_derivatives.SymbolicZero):
        cotangent = jnp.zeros(cotangent.shape, cotangent.dtype)
    gradients = rule.pull(backend, inputs, options, saved, cotangent, wanted.value)
    arrays = [_of_primal(g, a) for g, a in zip(gradients, inputs.arrays, strict=True)]
    return (Inputs(tuple(arrays), tuple([None for _ in inputs.beside])),)


_derived.defvjp(_forward, _backward, symbolic_zeros=True)


@partial(jax.tree_util.register_dataclass, data_fields=(), meta_fields=("value",))
class _Static:
    """Something hashable among residuals."""

    def __init__(self, value: Any):
        self.value = value


def _of_primal(gradient: Array | None, primal: Array | None) -> Array | None:
    """The gradient as JAX wants it: of the primal's dtype, and summed over devices that share the primal."""
    if gradient is None or primal is None:
        return None
    gradient = gradient.astype(primal.dtype)
    more = tuple(varying(gradient) - varying(primal))
    return jax.lax.psum(gradient, more) if more else gradient


def varying(x: Array) -> frozenset[str]:
    """The mapped axes along whose devices an array differs; none where that is not tracked."""
    return _of_kind(jax.typeof(x) if hasattr(jax, "typeof") else None)


def varying_as_after(step: Callable[[Any, Any], Any], carry: Any) -> Any:
    """The carry of a loop, declared to differ along the axes along which it will: zeros do not yet."""
    for _ in range(2):  # what one step makes different may be what makes the rest different in the next
        after = jax.tree.leaves(jax.make_jaxpr(step, return_shape=False)(0, carry).out_avals)
        leaves, tree = jax.tree.flatten(carry)
        missing = [tuple(_of_kind(b) - varying(a)) for a, b in zip(leaves, after, strict=True)]
        if not any(missing):
            break
        leaves = [jax.lax.pcast(a, m, to="varying") if m else a for a, m in zip(leaves, missing, strict=True)]
        carry = jax.tree.unflatten(tree, leaves)
    return carry


def _of_kind(kind: Any) -> frozenset[str]:
    manual = getattr(kind, "mat", kind)  # renamed in JAX 0.10
    return frozenset(getattr(manual, "varying", getattr(kind, "vma", ())) or ())
