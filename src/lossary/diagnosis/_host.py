"""The values of anything that holds numbers, as a NumPy array on the host.

Nothing is imported: an array comes with its own way to NumPy, be it a protocol or a method.
"""

from typing import Any, TypeAlias

import array_api_compat
import numpy as np

from lossary._check import LossTypeError, mistake
from lossary._program._tracing import tracing

Values: TypeAlias = np.ndarray[Any, Any]


def on_host(name: str, x: Any) -> Values:
    """Copy the values to the host, if they are not there. What is no number stays what it is."""
    if isinstance(x, np.ma.MaskedArray):
        raise mistake(
            "L005",
            f"diagnose: `{name}` is a masked array",
            why="its mask would be lost on the way",
            fix="pass x.data with where=~x.mask",
            kind=LossTypeError,
        )
    if tracing():
        raise _traced(name, "torch.compile")
    try:
        values = _to_numpy(x)
    except (TypeError, RuntimeError, NotImplementedError, AttributeError) as error:
        raise _traced(name, f"{type(x).__module__.split('.')[0]}.{type(x).__name__}") from error
    if values.dtype.kind in "OV":  # `None` among numbers, or the 16-bit floats of ml_dtypes
        try:
            values = values.astype(np.float64)
        except (TypeError, ValueError):
            return values
    return values


def _to_numpy(x: Any) -> Values:
    if hasattr(x, "detach"):  # torch
        x = x.detach().cpu()
        return np.asarray(x.float() if "bfloat16" in str(x.dtype) else x)
    if hasattr(x, "isna") and hasattr(x, "to_numpy"):  # pandas, whose NA is no float
        return np.asarray(x.to_numpy(na_value=np.nan) if x.ndim == 1 else x.to_numpy())
    if array_api_compat.is_array_api_obj(x) and hasattr(x, "__array_namespace__"):
        try:
            wide = "bfloat16" in str(x.dtype)  # of MLX, which NumPy takes for something else
            return np.asarray(x.astype(x.__array_namespace__().float32) if wide else x)
        except RuntimeError:  # on a device that is not the host
            host = x.__array_namespace__().__array_namespace_info__().default_device()
            return np.from_dlpack(array_api_compat.to_device(x, host))
        except ValueError as error:
            raise RuntimeError("MLX evaluates nothing while it traces") from error
    return np.asarray(x)


def _traced(name: str, what: str) -> Exception:
    return mistake(
        "L005",
        f"diagnose: `{name}` has no values to read ({what})",
        why="inside jax.jit, torch.compile, tf.function or mx.compile an array stands for values to come",
        fix="return the arrays from the traced function, and call diagnose on what it returns",
        kind=LossTypeError,
    )
