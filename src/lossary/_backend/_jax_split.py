"""JAX: rules on arrays sharded over an explicit mesh, where each device works on its own parts.

The sharding of such an array is part of its type, so `shard_map` can enter the rule with axes of known
meaning: examples and classes stay where they are, and vectors are gathered. On a mesh with automatic axes
none of this is known, and the compiler decides.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
from jax.sharding import NamedSharding, PartitionSpec

from lossary._program._rule import Inputs, Rule
from lossary._typing import Array


class Split(NamedTuple):
    mesh: Any
    examples: tuple[Any, ...]
    """The mesh axes of each axis of the examples."""
    classes: Any
    """The mesh axes of the classes; None if they are not sharded."""


def split_of(rule: Rule, inputs: Inputs) -> Split | None:
    """How the arrays are sharded; None if they are not, as far as visible."""
    if not rule.axes or not hasattr(jax, "typeof"):
        return None
    first, second = (jax.typeof(x).sharding for x in inputs.arrays[:2])
    meshes = [s.mesh for s in (first, second) if any(map(_names, s.spec))]
    if not meshes:
        return None
    classes = _names(second.spec[0])
    # A mesh axis that both use goes to the classes; the examples are gathered along it.
    examples = [tuple([n for n in _names(axes) if n not in classes]) for axes in first.spec[:-1]]
    return Split(meshes[0], tuple([axes or None for axes in examples]), classes or None)


def _names(axes: Any) -> tuple[str, ...]:
    return () if axes is None else axes if isinstance(axes, tuple) else (axes,)


def explicit_sharding(x: Array) -> Any:
    """How an array is sharded over an explicit mesh; None if it is not on one."""
    return jax.typeof(x).sharding if "Explicit" in _axis_types(x) else None


def is_auto(x: Array) -> bool:
    """Whether an array has no explicit sharding and is not inside a part of a mesh."""
    return _axis_types(x) <= {"Auto"}


def _axis_types(x: Array) -> set[str]:
    """The names of the types of the mesh's axes; none if JAX is too old to tell."""
    sharding = getattr(jax.typeof(x), "sharding", None) if hasattr(jax, "typeof") else None
    return {kind.name for kind in getattr(getattr(sharding, "mesh", None), "axis_types", ()) or ()}


def in_parts(
    compiled: Callable[..., Any], backend: Any, rule: Rule, inputs: Inputs, options: Any, split: Split
) -> Array:
    """The output of a rule, computed in parts by the devices."""
    arrays = (*inputs.arrays, *inputs.beside)
    specs = [_spec(axes, split) for axes in rule.axes]
    given = [i for i, x in enumerate(arrays) if x is not None]
    options = options._replace(axis_name=split.classes)

    def run(*parts: Array) -> Array:
        whole: list[Any] = [None] * len(arrays)
        for i, part in zip(given, parts, strict=True):
            whole[i] = part
        count = len(inputs.arrays)
        out = compiled(backend, rule, options)(Inputs(tuple(whole[:count]), tuple(whole[count:])))
        along = tuple([n for axes in split.examples for n in _names(axes)])
        return out if rule.axes[-1] or not along else jax.lax.psum(out, along)

    spread = [jax.reshard(arrays[i], NamedSharding(split.mesh, specs[i])) for i in given]
    shard = jax.shard_map(
        run, mesh=split.mesh, in_specs=tuple([specs[i] for i in given]), out_specs=specs[-1]
    )
    return shard(*spread)


def _spec(axes: str, split: Split) -> PartitionSpec:
    found: list[Any] = []
    for axis in axes:
        found += split.examples if axis == "n" else [split.classes if axis == "k" else None]
    return PartitionSpec(*found)
