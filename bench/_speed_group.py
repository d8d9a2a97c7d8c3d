"""The common parts of the groups, one per kind of array."""

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any, NamedTuple

from bench._speed_work import Array, Work

Call = Callable[[], Any]


class Settings(NamedTuple):
    """The command-line options that a group needs."""

    dtype: str = "float32"
    torch_device: str = "cpu"
    compile: bool = False
    one_thread: bool = True
    """For torch, whose idle threads wait busily and count as CPU time."""


class Group(NamedTuple):
    """Calls that do the same work on the same arrays."""

    device: str
    """cpu, or the name of the device."""
    reference: str
    """The call that the others are divided by."""
    place: Callable[[Array], Any]
    """From NumPy to the group's own arrays."""
    calls: Callable[[Work, str, Any, Any], dict[str, Call]]
    """All calls for a task and a quantity, by name; lossary's begin with `lossary`."""
    reads: Callable[[Any, Any], dict[str, Call]]
    """Ways to read both arrays once."""
    ready: Callable[[Any], Any] | None
    """Waits for a result if calls return before it is computed."""


_NEEDS = {
    "numpy": ("numpy", "bench._speed_numpy"),
    "torch": ("torch", "bench._speed_torch"),
    "threads": ("torch", "bench._speed_torch"),
    "jax": ("jax", "bench._speed_jax"),
    "eager": ("jax", "bench._speed_eager"),
}
NAMES = tuple(name for name, (library, _) in _NEEDS.items() if importlib.util.find_spec(library))
TITLES = {
    "numpy": "NumPy",
    "torch": "torch, one thread",
    "threads": "torch, all threads",
    "jax": "JAX, compiled",
    "eager": "JAX, eager",
}


def load(name: str, settings: Settings) -> Group:
    """Import what the group needs, and nothing that only others need."""
    settings = settings._replace(one_thread=name != "threads")
    found: Group = importlib.import_module(_NEEDS[name][1]).group(settings)
    return found


def installed(*modules: str) -> bool:
    return all(importlib.util.find_spec(module) for module in modules)
