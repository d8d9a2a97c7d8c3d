"""What every framework may expect of a loss, asked of all losses: more than one call, in every mode.

`subjects.py` has what is asked: every loss of the library. `peers.py` has the own losses of JAX and torch, to
show that nothing unusual is asked: `python -m tests.contract` prints how many demands they meet beside ours.
A module for each library states its demands, functions of a subject. What a loss cannot do is in `cannot.py`,
from which the documentation is written; it must raise L006, or the library an error of its own.
"""

import importlib
from collections.abc import Iterable

_MODULES = {
    "numpy": ("of_numpy",),
    "jax": ("of_jax", "of_jax_derivatives", "of_jax_modes", "of_jax_sizes"),
    "torch": (
        "of_torch",
        "of_torch_memory",
        "of_torch_func",
        "of_torch_modes",
        "of_torch_compile",
        "of_torch_tensors",
        "of_torch_module",
    ),
    "tensorflow": (
        "of_tensorflow",
        "of_tensorflow_graphs",
        "of_tensorflow_tensors",
        "of_tensorflow_keras",
    ),
    "dask.array": ("of_dask",),
    "mlx.core": ("of_mlx",),
}


def every(libraries: Iterable[str]) -> list[str]:
    """Register the demands of libraries, and return which of them have any."""
    found = list(dict.fromkeys(name for name in libraries if name in _MODULES))
    for name in found:
        for module in _MODULES[name]:
            importlib.import_module(f"tests.contract.{module}")
    return found
