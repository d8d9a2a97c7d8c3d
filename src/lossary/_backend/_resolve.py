"""Which backend do these arrays belong to?

Requirements: no framework is imported that the user did not import; the answer for types seen before
costs a dictionary look-up; arrays of two libraries are refused unless one of them is NumPy and the other
JAX, whose functions take NumPy arrays as their own; `torch.compile` can trace it.
"""

import sys
from typing import Any

import array_api_compat
import numpy as np

from lossary._backend._base import Backend
from lossary._backend._numpy import NumPy
from lossary._check import LossTypeError, mistake
from lossary._typing import Array

_CLASSES = {
    "torch": ("Tensor",),
    "jax": ("Array",),
    "dask.array": ("Array",),
    "tensorflow": ("Tensor", "Variable"),
}
_KNOWN: dict[tuple[type, ...], Backend] = {}
_BACKENDS: dict[str, Backend] = {}


def resolve(*arrays: Array) -> Backend:
    """Return the backend of the arrays; numbers and None take no side. Numbers alone are NumPy's."""
    types = tuple([type(a) for a in arrays])
    backend = _KNOWN.get(types)
    if backend is None:
        backend = _find(arrays)
        _KNOWN[types] = backend
    return backend


def tracing() -> bool:
    """Whether `torch.compile` is reading along."""
    torch = sys.modules.get("torch")
    return torch is not None and torch.compiler.is_compiling()


def _find(arrays: tuple[Array, ...]) -> Backend:
    libraries: dict[str, Array] = {}
    for array in arrays:
        if array is None or isinstance(array, float | int | np.generic):
            continue
        libraries.setdefault(_library(array), array)
    if libraries.keys() == {"numpy", "jax"}:
        del libraries["numpy"]
    if len(libraries) > 1:
        raise _mixed(libraries)
    if not libraries:
        return _load("numpy", None)
    ((name, array),) = libraries.items()
    return _load(name, array)


def _library(array: Array) -> str:
    for name, class_names in _CLASSES.items():
        module = sys.modules.get(name)
        if module is not None and isinstance(array, tuple([getattr(module, c) for c in class_names])):
            return name
    if isinstance(array, np.ma.MaskedArray | np.matrix):
        raise mistake(
            f"expected a plain array, got a {_type_name(array)}",
            why="its mask or its shape rules would be lost on the way",
            fix="pass x.data with where=~x.mask"
            if isinstance(array, np.ma.MaskedArray)
            else "pass np.asarray(x)",
            kind=LossTypeError,
        )
    if isinstance(array, np.ndarray):
        return "numpy"
    if hasattr(array, "__array_namespace__"):
        return str(array_api_compat.array_namespace(array).__name__)
    raise mistake(
        f"expected an array, got a {_type_name(array)}",
        fix="pass np.asarray(x), jnp.asarray(x) or torch.as_tensor(x)",
        kind=LossTypeError,
    )


def _load(name: str, array: Array) -> Backend:
    if name not in _BACKENDS:
        _BACKENDS[name] = _create(name, array)
    return _BACKENDS[name]


def _create(name: str, array: Array) -> Backend:
    if name == "numpy":
        return NumPy()
    if name == "jax":
        from lossary._backend._jax import Jax

        return Jax()
    if name == "torch":
        from lossary._backend._torch import Torch

        return Torch()
    if name == "dask.array":
        from lossary._backend._dask import Dask

        return Dask()
    if name == "tensorflow":
        from lossary._backend._tensorflow import TensorFlow

        return TensorFlow()
    return Backend(name, array_api_compat.array_namespace(array))


def accelerated(backend: Backend, loss: str) -> Backend:
    """JAX in the place of NumPy; an error where it cannot be."""
    if not isinstance(backend, NumPy):
        raise mistake(
            f"{loss}: only NumPy arrays and CPU tensors without gradients can be accelerated",
            f"these are of {backend.name}",
            fix="value_and_grad(accelerate(loss))(x.detach(), ...), or the loss as it is",
            kind=LossTypeError,
        )
    try:
        from lossary._backend._accelerated import Accelerated
    except ImportError as error:
        raise ImportError(
            "lossary.accelerate computes with JAX, which is not installed: pip install jax"
        ) from error
    return Accelerated(backend)


_CONVERSIONS = {
    "jax": "jax.numpy.from_dlpack(x)",
    "torch": "torch.from_dlpack(x)",
    "tensorflow": "tf.convert_to_tensor(x)",
}


def _mixed(libraries: dict[str, Array]) -> Exception:
    names = [_type_name(array) for array in libraries.values()]
    first = next((name for name in libraries if name != "numpy"), "numpy")
    convert = _CONVERSIONS.get(first, "np.asarray(x)")
    return mistake(
        f"expected arrays of one library, got {' and '.join(names)}",
        why="copying between them behind your back would hide a transfer, or cut the gradient",
        fix=f"convert one of them, for example by {convert}",
        kind=LossTypeError,
    )


def _type_name(array: Any) -> str:
    kind = type(array)
    return (
        kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__.split('.')[0]}.{kind.__name__}"
    )
