"""What losses on a whole batch do with their arrays before they compute, and with their gradients after."""

from functools import reduce
from math import nan
from typing import Any

from lossary._check import PARAMETERS, mistake, parameter
from lossary._engine import must_be_boolean
from lossary._program._layout import agree
from lossary._program._library import Library, Reading
from lossary._typing import Array


def dtype_of(backend: Library, *arrays: Array) -> Any:
    """The dtype to compute in."""
    found = [backend.floating(a.dtype) for a in arrays if a is not None]
    known = [dtype for dtype in found if dtype is not None]
    if not known:
        return backend.floating(backend.default_dtype("real floating", backend.device(arrays[0])))
    return reduce(backend.xp.result_type, known)


def mask_of(loss: str, backend: Library, where: Array, embeddings: Array, one: str) -> Array:
    """The mask with an entry for each vector, given that, or one for each batch."""
    if where is None:
        return None
    xp, shape, own = backend.xp, tuple(embeddings.shape)[:-1], tuple(getattr(where, "shape", ()))
    if not agree(own, shape[: len(own)]):
        raise mistake(
            "L001", f"{loss}: `where` must have shape {shape}, one entry per {one}, got {tuple(where.shape)}"
        )
    must_be_boolean(loss, where, xp)
    where = backend.asarray(where, xp.bool, embeddings)
    rows = xp.sized(tuple(embeddings.shape), embeddings)[:-1]
    where = backend.of_shape(where, rows[: len(own)]) if own else where
    if len(own) == len(shape):
        return where
    return xp.broadcast_to(where[(..., *[None] * (len(shape) - len(own)))] if own else where, rows)


def number_of(loss: str, name: str, x: Array, dtype: Any, like: Array, backend: Library) -> Array:
    """A parameter as an array; NaN if it is out of range but its value cannot be read to raise an error."""
    if not isinstance(x, float | int) and tuple(getattr(x, "shape", ())):
        raise mistake("L001", f"{loss}: `{name}` must be one number, got an array of shape {tuple(x.shape)}")
    values = backend.host_values(x) if backend.reading(x) is Reading.FREE else None
    if values is not None:
        parameter(loss, name, values.item())
        return backend.asarray(x, dtype, like)
    x = backend.asarray(x, dtype, like)
    return backend.xp.where(PARAMETERS[name].excludes(x), nan, x)


def as_given(gradient: Array | None, array: Array, backend: Library) -> Array | None:
    """The gradient in the dtype of the array, unless the array has integers."""
    if gradient is None or backend.floating(array.dtype) is None:
        return gradient
    return backend.cast(gradient, array.dtype)
