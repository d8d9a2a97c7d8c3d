"""JAX: a `custom_vjp` gives a rule its own reverse-mode derivative."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp

from lossary._backend._jax_namespace import promoting
from lossary._backend._jax_split import in_parts, is_auto, split_of
from lossary._check import LossTypeError, mistake
from lossary._program._library import Library
from lossary._program._rule import Inputs, Rule, not_derivable
from lossary._typing import Array


class JaxChunks(Library):
    """What rules need from JAX."""

    def derived(self, rule: Rule, inputs: Inputs, options: Any) -> Array:
        # Compiled as a unit if nothing else compiles it.
        split = split_of(rule, inputs)
        if split is None:
            return _compiled(self, rule, options)(inputs)
        return in_parts(_compiled, self, rule, inputs, options, split)

    def value_to_pull(
        self, rule: Rule, inputs: Inputs, options: Any, wanted: tuple[bool, ...]
    ) -> tuple[Array, Any]:
        out, pull = _value_and_vjp(self, rule, options, wanted)(inputs)
        return out, (out, pull)

    def pull(
        self, rule: Rule, inputs: Inputs, options: Any, saved: Any, cotangent: Array, wanted: tuple[bool, ...]
    ) -> tuple[Array | None, ...]:
        out, pull = saved
        found = iter(_vjp(pull, jnp.ones_like(out) if cotangent is None else cotangent))
        return tuple([next(found) if is_wanted else None for is_wanted in wanted])

    def fold(self, step: Callable[[Any, Any], Any], carry: Any, count: int) -> Any:
        return jax.lax.fori_loop(0, count, step, _varying_as_after(step, carry))

    def part(self, x: Array, start: Any, size: int, axis: int = 0) -> Array:
        return jax.lax.dynamic_slice_in_dim(x, start, size, axis)

    def put(self, x: Array, start: Any, part: Array, axis: int = 0) -> Array:
        return jax.lax.dynamic_update_slice_in_dim(x, part, start, axis)

    def add(self, x: Array, start: Any, part: Array) -> Array:
        return self.put(x, start, self.part(x, start, part.shape[0]) + part)

    def factor_dtype(self, dtype: Any, of_sums: Any) -> Any:
        return dtype  # matrix units take 16-bit factors and accumulate in float32

    def matmul(self, a: Array, b: Array, of_sums: Any) -> Array:
        return jnp.matmul(a, b, preferred_element_type=of_sums)

    def tile(self, like: Array) -> int:
        # On a CPU, XLA holds a tile twice.
        return super().tile(like) * 9 // 16 if jax.default_backend() == "cpu" else 1 << 26

    def ring(
        self, step: Callable[[Any, Any, Any], tuple[Any, Any]], carry: Any, tree: Any, axis_name: Any
    ) -> Any:
        if axis_name is None:
            return step(0, carry, tree)
        if any(_varying(jax.lax.axis_index(axis_name)) - _varying(x) for x in jax.tree.leaves(tree)):
            raise mistake(
                "L005",
                f"an array has no part of its own on each device of {axis_name!r}",
                why="each device would contribute the whole of it",
                fix=f"in_specs=P({axis_name!r}) for each array of vectors, labels or masks",
                kind=LossTypeError,
            )
        devices = jax.lax.psum(1, axis_name)
        around = [(i, (i + 1) % devices) for i in range(devices)]

        def hop(i: Any, state: Any) -> Any:
            carry, tree = step(i, *state)
            return carry, jax.lax.ppermute(tree, axis_name, around)

        return jax.lax.fori_loop(0, devices, hop, (carry, tree))

    def is_spread(self, x: Array) -> bool:
        return jax.device_count() > 1 and is_auto(x)

    def psum(self, tree: Any, axis_name: Any) -> Any:
        return jax.lax.psum(tree, axis_name)

    def pmax(self, x: Array, axis_name: Any) -> Array:
        return jax.lax.pmax(x, axis_name)

    def place(self, axis_name: Any) -> tuple[Array, int]:
        return jax.lax.axis_index(axis_name), jax.lax.axis_size(axis_name)

    def whole_cotangent(self, cotangent: Array, axis_name: Any) -> Array:
        # Where JAX does not track which values devices share, each gets only a part.
        if _varying(jax.lax.axis_index(axis_name)):
            return cotangent
        return jax.lax.psum(cotangent, axis_name)


@lru_cache(maxsize=512)
def _value_and_vjp(backend: Any, rule: Rule, options: Any, wanted: tuple[bool, ...]) -> Any:
    """One program that computes the output and the pullback to the wanted arrays."""

    @promoting
    def run(inputs: Inputs) -> Any:
        def of(*chosen: Array) -> Array:
            found = iter(chosen)
            arrays = [next(found) if w else a for a, w in zip(inputs.arrays, wanted, strict=True)]
            return backend.derived(rule, inputs._replace(arrays=tuple(arrays)), options)

        return jax.vjp(of, *[a for a, w in zip(inputs.arrays, wanted, strict=True) if w])

    return jax.jit(run)


_vjp: Any = jax.jit(lambda pull, cotangent: pull(cotangent))


@lru_cache(maxsize=512)
def _compiled(backend: Any, rule: Rule, options: Any) -> Any:
    return jax.jit(partial(_derived, backend, rule, options), inline=True)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2))
@promoting
def _derived(backend: Any, rule: Rule, options: Any, inputs: Inputs) -> Array:
    return rule.value(backend, inputs, options)[0]


@promoting
def _forward(backend: Any, rule: Rule, options: Any, inputs: Inputs) -> tuple[Array, Any]:
    flags = Inputs(*[tuple([jnp.zeros(int(_is_perturbed(a))) for a in part]) for part in inputs])
    inputs = Inputs(*[tuple([None if a is None else a.value for a in part]) for part in inputs])
    wanted = _flagged(flags.arrays)
    out, saved = rule.value_to_pull(backend, inputs, options, wanted)
    # JAX traces this for each pattern of wanted arrays, but pairs every backward pass with the tree of
    # residuals it saw last. Therefore all patterns use one tree, and shapes distinguish them.
    missing = [jnp.zeros(0)] * (len(wanted) - len(saved) if rule.value_with else 0)
    return out, (inputs, (*saved, *missing), flags)


def _backward(backend: Any, rule: Rule, options: Any, residuals: Any, cotangent: Array) -> tuple[Any]:
    flags = residuals[-1]
    if any(_flagged(flags.beside)):
        raise not_derivable(rule)  # raised here, because JAX caches a failed forward pass
    if isinstance(cotangent, jax.custom_derivatives.SymbolicZero):
        return (None,)
    return (_pulled_back(backend, rule, options)(residuals, cotangent),)


_derived.defvjp(_forward, _backward, symbolic_zeros=True)


@lru_cache(maxsize=512)
def _pulled_back(backend: Any, rule: Rule, options: Any) -> Any:
    """Compiled as a unit: outside `jit`, operations would compile one by one, and loops at each call."""

    @promoting
    def run(residuals: Any, cotangent: Array) -> Inputs:
        inputs, saved, flags = residuals
        gradients = rule.pull(backend, inputs, options, saved, cotangent, _flagged(flags.arrays))
        arrays = [_of_primal(g, a) for g, a in zip(gradients, inputs.arrays, strict=True)]
        return Inputs(tuple(arrays), tuple([None for _ in inputs.beside]))

    return jax.jit(run, inline=True)


def _is_perturbed(primal: Any) -> bool:
    return primal is not None and primal.perturbed


def _flagged(flags: tuple[Array, ...]) -> tuple[bool, ...]:
    return tuple([bool(flag.size) for flag in flags])


def _of_primal(gradient: Array | None, primal: Array | None) -> Array | None:
    """The gradient as JAX expects it: in the primal's dtype, summed over devices that share the primal."""
    if gradient is None or primal is None:
        return None
    gradient = gradient.astype(primal.dtype)
    more = tuple(_varying(gradient) - _varying(primal))
    return jax.lax.psum(gradient, more) if more else gradient


def _varying(x: Array) -> frozenset[str]:
    """The mapped axes along which an array varies; none where JAX does not track this."""
    return _of_kind(jax.typeof(x) if hasattr(jax, "typeof") else None)


def _varying_as_after(step: Callable[[Any, Any], Any], carry: Any) -> Any:
    """The carry of a loop, marked as varying along the axes where it will vary; initial zeros do not yet."""
    for _ in range(2):  # values that one step makes varying may make others varying in the next
        after = jax.tree.leaves(jax.make_jaxpr(step, return_shape=False)(0, carry).out_avals)
        leaves, tree = jax.tree.flatten(carry)
        missing = [tuple(_of_kind(b) - _varying(a)) for a, b in zip(leaves, after, strict=True)]
        if not any(missing):
            break
        leaves = [jax.lax.pcast(a, m, to="varying") if m else a for a, m in zip(leaves, missing, strict=True)]
        carry = jax.tree.unflatten(tree, leaves)
    return carry


def _of_kind(kind: Any) -> frozenset[str]:
    manual = getattr(kind, "mat", kind)  # renamed in JAX 0.10
    return frozenset(getattr(manual, "varying", getattr(kind, "vma", ())) or ())
