"""`lossary doctor`: versions, devices, and which array libraries work, for bug reports."""

import argparse
import importlib.metadata
import platform
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np

import lossary

_LOGITS, _LABELS = [1.2, -0.5, 0.8, -1.0], [1.0, 0.0, 1.0, 0.0]
_EXPECTED = 0.35543045124604
"""The mean of log(1 + e^-s), s = 1.2, 0.5, 0.8, 1, by mpmath."""


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "doctor",
        help="show versions, devices, and which array libraries work",
        description="Shows what is installed and calls a loss with every array library. The exit code is 1 "
        "if an installed library does not work.",
    )
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    print(f"lossary {lossary.__version__}, Python {platform.python_version()}, {platform.platform()}")
    print(f"array-api-compat {_version('array-api-compat')}\n")
    broken = 0
    for name, check in _CHECKS.items():
        if find_spec(name.partition(".")[0]) is None:
            print(f"{name:<17} not installed")
            continue
        try:
            make, about = check()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # warnings of the libraries do not matter here
                value = lossary.sigmoid_binary_cross_entropy(make(_LOGITS), make(_LABELS))
                error = abs(float(value) - _EXPECTED)
            dtype = str(getattr(value.dtype, "name", value.dtype)).rpartition(".")[2]
            state = f"works ({dtype}, error {error:.0e})" if error < 1e-6 else f"WRONG: {float(value)}"
            broken += error >= 1e-6
        except Exception as error:
            broken += 1
            about, state = (
                "",
                f"FAILS: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}",
            )
        print(f"{name:<17} {_version(name):<12} {state}{'; ' if about else ''}{about}")
    print()
    for name in ("optax", "keras", "scikit-learn", "matplotlib", "tqdm", "pyarrow", "polars", "pandas"):
        print(f"{name:<17} {_version(name)}")
    return 1 if broken else 0


def _version(name: str) -> str:
    """The version of a distribution, or of the one that provides a module: TensorFlow has several."""
    module = name.partition(".")[0]
    try:
        return importlib.metadata.version(_distributions().get(module, [name])[0])
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


@cache
def _distributions() -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()


Make = Callable[[list[float]], Any]


def _numpy() -> tuple[Make, str]:
    return np.array, ""


def _jax() -> tuple[Make, str]:
    import jax

    devices = ", ".join(map(str, jax.devices()))
    return jax.numpy.asarray, f"x64 {'on' if jax.config.jax_enable_x64 else 'off'}; devices: {devices}"


def _torch() -> tuple[Make, str]:
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    names = ["cpu", *(torch.cuda.get_device_name(i) for i in range(count))]
    names += ["mps"] if torch.backends.mps.is_available() else []
    return torch.tensor, f"{torch.get_num_threads()} threads; devices: {', '.join(names)}"


def _tensorflow() -> tuple[Make, str]:
    import tensorflow as tf

    devices = ", ".join(device.name for device in tf.config.list_logical_devices())
    return tf.constant, f"devices: {devices}"


def _mlx() -> tuple[Make, str]:
    import mlx.core as mx

    return mx.array, f"default device: {mx.default_device()}"


def _cubed() -> tuple[Make, str]:
    import cubed.array_api

    return cubed.array_api.asarray, ""


def _dask() -> tuple[Make, str]:
    import dask.array

    return dask.array.asarray, ""


def _strict() -> tuple[Make, str]:
    import array_api_strict

    return array_api_strict.asarray, ""


_CHECKS: dict[str, Callable[[], tuple[Make, str]]] = {
    "numpy": _numpy,
    "jax": _jax,
    "torch": _torch,
    "tensorflow": _tensorflow,
    "mlx.core": _mlx,
    "dask.array": _dask,
    "cubed": _cubed,
    "array_api_strict": _strict,
}
