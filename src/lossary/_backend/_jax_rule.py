"""JAX: a `custom_vjp` gives a rule its own derivative, in reverse mode."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp

from lossary._backend._rule import Inputs, Rule, not_derivable
from lossary._typing import Array


def derived(backend: Any, rule: Rule, inputs: Inputs, options: Any) -> Array:
    """The output of the rule, with its derivative; compiled as one, where nothing else compiles it."""
    return _compiled(backend, rule, options)(inputs)


@lru_cache(maxsize=512)
def alone(function: Callable[..., Any], backend: Any, options: Any, *static: Any) -> Any:
    """One half of a rule, compiled: of its arrays, with what is static at the end."""

    def run(inputs: Inputs, *arrays: Any) -> Any:
        return function(backend, inputs, options, *arrays, *static)

    return jax.jit(run, inline=True)


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
    out, saved = rule.value(backend, inputs, options)
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
    more = tuple(_varying(gradient) - _varying(primal))
    return jax.lax.psum(gradient, more) if more else gradient


def _varying(x: Array) -> frozenset[str]:
    """The mapped axes along whose devices an array differs; none where that is not tracked."""
    kind = jax.typeof(x) if hasattr(jax, "typeof") else None
    manual = getattr(kind, "mat", kind)  # renamed in JAX 0.10
    return frozenset(getattr(manual, "varying", getattr(kind, "vma", ())) or ())
