"""What every framework may expect of a loss, asked of all losses: more than one call, in every mode.

`subjects.py` has what is asked: every loss of the library, and the peers' own functions, which show that
nothing unusual is asked. A module for each library states its demands, functions of a subject. What a loss
cannot do is in `cannot.py`, from which the documentation is written; it must raise L006.
`python -m tests.contract` prints how many demands each library's own functions meet beside ours.
"""

import importlib
import importlib.util
from collections.abc import Iterable

_MODULES = {
    "numpy": ("of_numpy",),
    "jax": ("of_jax", "of_jax_derivatives"),
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
}


def every(libraries: Iterable[str]) -> list[str]:
    """Register the demands of libraries, and return which of them have any."""
    found = list(dict.fromkeys(name for name in libraries if name in _MODULES))
    for name in found:
        for module in _MODULES[name]:
            importlib.import_module(f"tests.contract.{module}")
    return found
