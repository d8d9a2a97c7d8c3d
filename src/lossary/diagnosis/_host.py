"""Copies values from any kind of array to a NumPy array on the host.

Nothing is imported: arrays bring their own conversion to NumPy, a protocol or a method.
"""

from math import prod
from typing import Any, NamedTuple, TypeAlias

import array_api_compat
import numpy as np

from lossary._check import LossTypeError, mistake
from lossary._program._tracing import tracing

Values: TypeAlias = np.ndarray[Any, Any]


MOST_NUMBERS = 1 << 26
"""The most numbers to compute from lazy columns, all together: 512 MiB."""


class Thinned(NamedTuple):
    """The arrays of a call. Lazy arrays that may exceed memory are reduced to every n-th row."""

    arrays: dict[str, Any]
    step: int
    rows: int


def thinned(arrays: dict[str, Any], most: int = MOST_NUMBERS) -> Thinned:
    """Computes dask arrays and polars LazyFrames; of large ones, every n-th row."""
    if not any(_is_dask(x) or _is_lazy_frame(x) for x in arrays.values()):
        return Thinned(arrays, 1, 0)
    known = {name: _with_shape(x) for name, x in arrays.items()}
    shapes = [shape for _, shape in known.values() if shape]
    numbers, rows, step = sum(map(prod, shapes)), max((shape[0] for shape in shapes), default=0), 1
    while numbers > most * step:
        step *= 2
    return Thinned({name: _part(x, shape, step) for name, (x, shape) in known.items()}, step, rows)


def _is_dask(x: Any) -> bool:
    return hasattr(x, "dask") and hasattr(x, "compute")


def _is_lazy_frame(x: Any) -> bool:
    return hasattr(x, "collect_schema") and hasattr(x, "gather_every")


def _with_shape(x: Any) -> tuple[Any, tuple[int, ...]]:
    """The array with known sizes, and its shape."""
    if _is_lazy_frame(x):
        columns = x.collect_schema().names()
        import polars

        rows = int(x.select(polars.len()).collect(engine="streaming").item())
        return x, (rows, len(columns))
    if hasattr(x, "to_dask_array"):
        x = x.to_dask_array(lengths=True)
    elif _is_dask(x) and any(n != n for n in x.shape):
        x = x.compute_chunk_sizes()
    return x, tuple(getattr(x, "shape", ()))


def _part(x: Any, shape: tuple[int, ...], step: int) -> Any:
    if _is_lazy_frame(x):
        table = x.gather_every(step).collect(engine="streaming").to_numpy()
        return table[:, 0] if table.shape[1] == 1 else table
    if not shape or shape[0] == 1:
        return x
    return x[::step] if step > 1 else x


def on_host(name: str, x: Any) -> Values:
    """Copy the values to the host, if they are not there. Values that are not numbers stay unchanged."""
    if isinstance(x, np.ma.MaskedArray):
        raise mistake(
            "L005",
            f"diagnose: `{name}` is a masked array",
            why="its mask would be lost",
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
    if hasattr(x, "isna") and hasattr(x, "to_numpy"):  # pandas, whose NA is not a float
        return np.asarray(x.to_numpy(na_value=np.nan) if x.ndim == 1 else x.to_numpy())
    if array_api_compat.is_array_api_obj(x) and hasattr(x, "__array_namespace__"):
        try:
            wide = "bfloat16" in str(x.dtype)  # MLX's, which NumPy misreads
            return np.asarray(x.astype(x.__array_namespace__().float32) if wide else x)
        except RuntimeError:  # on a device that is not the host
            host = x.__array_namespace__().__array_namespace_info__().default_device()
            return np.from_dlpack(array_api_compat.to_device(x, host))
        except ValueError as error:
            raise RuntimeError("MLX cannot evaluate arrays while it traces") from error
    return np.asarray(x)


def _traced(name: str, what: str) -> Exception:
    return mistake(
        "L005",
        f"diagnose: `{name}` has no values to read ({what})",
        why="inside jax.jit, torch.compile, tf.function or mx.compile, arrays have no values yet",
        fix="return the arrays from the traced function, and call diagnose on the result",
        kind=LossTypeError,
    )
