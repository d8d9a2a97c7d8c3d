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
    "torch.distributed.tensor": ("DTensor",),  # which are torch's tensors too
    "torch": ("Tensor",),
    "jax": ("Array",),
    "dask.array": ("Array",),
    "tensorflow": ("Tensor", "Variable"),
}
_KNOWN: dict[tuple[type, ...], Backend] = {}
_BACKENDS: dict[str, Backend] = {}


def resolve(*arrays: Array, loss: str = "", names: tuple[str, ...] = ()) -> Backend:
    """Return the backend of the arrays; numbers and None take no side. Numbers alone are NumPy's.

    What the arrays are called, and by which loss, is for errors.
    """
    types = tuple([type(a) for a in arrays])
    backend = _KNOWN.get(types)
    if backend is None:
        backend = _find(arrays, loss, names)
        _KNOWN[types] = backend
    return backend


def tracing() -> bool:
    """Whether `torch.compile` is reading along."""
    torch = sys.modules.get("torch")
    return torch is not None and torch.compiler.is_compiling()


def _find(arrays: tuple[Array, ...], loss: str, names: tuple[str, ...]) -> Backend:
    names = names or tuple([f"argument {i}" for i in range(len(arrays))])
    libraries: dict[str, tuple[str, Array]] = {}
    for array, name in zip(arrays, names, strict=True):
        if array is None or isinstance(array, float | int | np.generic):
            continue
        libraries.setdefault(_library(array, f"{loss or 'lossary'}: `{name}`"), (name, array))
    if libraries.keys() == {"numpy", "jax"}:
        del libraries["numpy"]
    if len(libraries) > 1:
        raise _mixed(loss, libraries)
    if not libraries:
        return _load("numpy", None)
    ((library, (_, array)),) = libraries.items()
    return _load(library, array)


def _library(array: Array, what: str) -> str:
    for name, class_names in _CLASSES.items():
        module = sys.modules.get(name)
        if module is not None and isinstance(array, tuple([getattr(module, c) for c in class_names])):
            return name
    if isinstance(array, np.ma.MaskedArray | np.matrix):
        raise mistake(
            "L005",
            f"{what} must be a plain array, got a {_type_name(array)}",
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
        "L005",
        f"{what} must be an array, got a {_type_name(array)}",
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
    if name == "torch.distributed.tensor":
        from lossary._backend._torch_sharded import Sharded

        return Sharded()
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
            "L005",
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


_CONVERT = {
    "jax": "jax.numpy.from_dlpack({})",
    "torch": "torch.from_dlpack({})",
    "torch.distributed.tensor": "distribute_tensor({}, mesh, placements)",
    "dask.array": "dask.array.from_array({})",
    "tensorflow": "tf.convert_to_tensor({})",
}
"""How an array of another library is made one of this; else by NumPy, which all can give theirs to."""


def _mixed(loss: str, libraries: dict[str, tuple[str, Array]]) -> Exception:
    wanted = next(library for library in libraries if library != "numpy")
    other = next(name for library, (name, _) in libraries.items() if library != wanted)
    kinds = " and ".join(f"{_type_name(array)} as `{name}`" for name, array in libraries.values())
    return mistake(
        "L004",
        f"{loss or 'lossary'}: expected arrays of one library, got {kinds}",
        why="copying between them behind your back would hide a transfer, or cut the gradient",
        fix=f"{other} = {_CONVERT.get(wanted, 'np.asarray({})').format(other)}",
        kind=LossTypeError,
    )


def _type_name(array: Any) -> str:
    kind = type(array)
    return (
        kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__.split('.')[0]}.{kind.__name__}"
    )
