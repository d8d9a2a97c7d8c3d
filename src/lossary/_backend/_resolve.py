"""Find the library that arrays belong to.

Requirements: import no framework that the user did not import; a dictionary lookup for known types; reject
arrays of two libraries, except NumPy with JAX, whose functions accept NumPy arrays; `torch.compile` can trace
it.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from lossary._backend._generic import Generic, namespace_of
from lossary._backend._holders import must_be_known, type_name
from lossary._backend._numpy import NumPy
from lossary._check import LossTypeError, mistake
from lossary._program._library import Library
from lossary._program._plan import Operands, Plan
from lossary._program._tracing import tracing
from lossary._typing import Array

_CLASSES = {
    "torch.distributed.tensor": ("DTensor",),  # these are torch tensors too
    "torch": ("Tensor",),
    "jax": ("Array",),
    "dask.array": ("Array",),
    "tensorflow": ("Tensor", "Variable"),
    "ndonnx": ("Array",),
    "mlx.core": ("array",),
    "cubed": ("Array",),
}
KNOWN: dict[tuple[type, ...], Library] = {}
"""The library for each tuple of array types."""
_LIBRARIES: dict[str, Library] = {}
_OTHERS: dict[type, Generic] = {}
"""Libraries known only by their namespace, keyed by the type of their arrays."""


def resolve(*arrays: Array, loss: str = "", names: tuple[str, ...] = ()) -> Library:
    """Return the library of the arrays, ignoring numbers and None. Numbers alone use NumPy.

    `names` and `loss` are for error messages. Arrays of one type belong to one library.
    """
    if tracing():  # code traced with a dictionary would be retraced whenever the dictionary grows
        return _find(arrays, loss, names)
    types = tuple(map(type, arrays))
    library = KNOWN.get(types)
    if library is None:
        library = KNOWN[types] = _find(arrays, loss, names)
    return library


def _find(arrays: tuple[Array, ...], loss: str, names: tuple[str, ...]) -> Library:
    names = names or tuple([f"argument {i}" for i in range(len(arrays))])
    libraries: dict[str | Generic, tuple[str, Array]] = {}
    for array, name in zip(arrays, names, strict=True):
        if array is None or isinstance(array, float | int | np.generic):
            continue
        libraries.setdefault(_library(array, f"{loss or 'lossary'}: `{name}`"), (name, array))
    if libraries.keys() == {"numpy", "jax"}:
        del libraries["numpy"]
    if len(libraries) > 1:
        raise _mixed(loss, libraries)
    if not libraries:
        return _load("numpy")
    (library,) = libraries
    return _load(library) if isinstance(library, str) else library


def _library(array: Array, what: str) -> str | Generic:
    """The module that the array comes from, if known."""
    for name, class_names in _CLASSES.items():
        module = sys.modules.get(name)
        if module is not None and isinstance(array, tuple([getattr(module, c) for c in class_names])):
            return name
    fx = sys.modules.get("torch.fx")
    if fx is not None and isinstance(array, fx.Proxy):
        raise mistake(
            "L005",
            f"{what} must be an array, got a torch.fx.Proxy",
            why="symbolic tracing knows no shapes, and a loss looks at them",
            fix='torch.fx.wrap("name of the loss") in the module that calls it, or torch.export',
            kind=LossTypeError,
        )
    must_be_known(array, what)
    if isinstance(array, np.ndarray):
        return "numpy"
    if hasattr(array, "__array_namespace__"):
        return _other(array, what)
    name = what.rpartition("`")[0].rpartition("`")[2]
    raise mistake(
        "L005",
        f"{what} must be an array, got a {type_name(array)}",
        fix=_AS_ARRAY.get(type(array), "np.asarray({0}), jnp.asarray({0}) or torch.as_tensor({0})").format(
            name
        ),
        kind=LossTypeError,
    )


_AS_ARRAY: dict[type, str] = {
    dict: "np.asarray([{0}[k] for k in range(len({0}))])",
    str: 'an array of numbers; "balanced" class_weights are len(labels) / (K * np.bincount(labels))',
}
"""For each type of non-array: how to make an array of it."""


def _other(array: Array, what: str) -> Generic:
    """The library, identified by the namespace itself: two may have the same name, and some have none."""
    cls = type(array)
    if cls not in _OTHERS:
        namespace = namespace_of(array)
        of_same = [library for library in _OTHERS.values() if library.namespace is namespace]
        _OTHERS[cls] = of_same[0] if of_same else Generic.of_namespace(namespace, what)
    return _OTHERS[cls]


def _load(name: str) -> Library:
    if name == "torch":
        from lossary._backend._torch import TORCH

        return TORCH
    if name not in _LIBRARIES:
        _LIBRARIES[name] = _create(name)
    return _LIBRARIES[name]


def _create(name: str) -> Library:
    if name == "jax":
        from lossary._backend._jax import Jax

        return Jax()
    if name == "torch.distributed.tensor":
        from lossary._backend._torch_sharded import Sharded

        return Sharded()
    if name == "dask.array":
        from lossary._backend._dask import Dask

        return Dask()
    if name == "tensorflow":
        from lossary._backend._tensorflow import TensorFlow

        return TensorFlow()
    if name == "ndonnx":
        from lossary._backend._ndonnx import Onnx

        return Onnx()
    if name == "mlx.core":
        from lossary._backend._mlx import MLX

        return MLX()
    if name == "cubed":
        from lossary._backend._cubed import Cubed

        return Cubed()
    return NumPy()


def accelerated(plan: Plan) -> Callable[[Operands, bool], Any]:
    """The plan as a JAX program instead of NumPy's; raises where that is impossible."""
    library, loss = plan.library, plan.kernel.name
    if library.name not in ("NumPy", "torch"):
        raise not_to_accelerate(loss, library.name)
    try:
        from lossary._backend._accelerated import Accelerated
    except ImportError as error:
        raise ImportError(
            "lossary.accelerate computes with JAX, which is not installed: pip install jax"
        ) from error
    if library.name == "NumPy":
        return Accelerated().lower(plan)
    from lossary._backend._torch_program import accelerated_tensors

    return accelerated_tensors(plan, Accelerated())


def not_to_accelerate(loss: str, kind: str) -> Exception:
    return mistake(
        "L005",
        f"{loss}: only NumPy arrays and CPU tensors without gradients can be accelerated",
        f"these are of {kind}",
        fix="value_and_grad(accelerate(loss))(x.detach(), ...), or the loss as it is",
        kind=LossTypeError,
    )


_CONVERT = {
    "numpy": "np.asarray({})",
    "jax": "jax.numpy.from_dlpack({})",
    "torch": "torch.from_dlpack({})",
    "torch.distributed.tensor": "distribute_tensor({}, mesh, placements)",
    "dask.array": "dask.array.from_array({})",
    "tensorflow": "tf.convert_to_tensor({})",
    "ndonnx": "ndonnx.asarray(np.asarray({}))",
    "mlx.core": "mx.array({})",
    "cubed": "cubed.from_array({}, spec=spec)",
}
"""How to convert an array of another library to this one; otherwise by the standard."""


def _mixed(loss: str, libraries: dict[str | Generic, tuple[str, Array]]) -> Exception:
    wanted = next(library for library in libraries if library != "numpy")
    first = libraries[wanted][0]
    other = next(name for library, (name, _) in libraries.items() if library != wanted)
    kinds = " and ".join(f"{type_name(array)} as `{name}`" for name, array in libraries.values())
    convert = "asarray" if "numpy" in libraries else "from_dlpack"  # for NumPy arrays, also read-only ones
    by_standard = f"{first}.__array_namespace__().{convert}({{}})"
    fix = _CONVERT.get(wanted, by_standard) if isinstance(wanted, str) else by_standard
    return mistake(
        "L004",
        f"{loss or 'lossary'}: expected arrays of one library, got {kinds}",
        why="copying between them behind your back would hide a transfer, or cut the gradient",
        fix=f"{other} = {fix.format(other)}",
        kind=LossTypeError,
    )
