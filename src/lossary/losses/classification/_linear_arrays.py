"""What losses on a linear layer ask of its arrays before they compute: known sizes, classes, a mask."""

from typing import Any

from lossary._backend._resolve import resolve
from lossary._program._layout import aligned_shape, must_be_real
from lossary._program._library import Library
from lossary._program._shape_errors import size_unknown
from lossary._typing import Array


def must_be_known(
    loss: str, name: str, sizes: tuple[Any, ...], shape: tuple[Any, ...], unit: str, why: str
) -> None:
    """Raise if one of these sizes is unknown: only the number of units may be."""
    if None in sizes:
        raise size_unknown(f"{loss}: `{name}` of shape {shape}: all sizes but the number of {unit}", why)


def classes_here(loss: str, weight: Array, unit: str, why: str) -> tuple[Library, int]:
    """The library of the weight, and its number of rows, on this device."""
    backend = resolve(weight, loss=loss, names=("weight",))
    must_be_real(backend, weight, f"{loss}: `weight`")  # other inputs may have no shape
    shape = tuple(getattr(weight, "shape", ()))
    must_be_known(loss, "weight", shape, shape, unit, why)
    return backend, int((*shape, 0)[0])


def mask_of(loss: str, backend: Library, where: Array, labels: Array) -> Array:
    """The mask in the shape of the labels; the weights' checks cover the rest."""
    if where is None:
        return None
    xp = backend.xp
    backend.must_be_plain(where, f"{loss}: `where`")
    where = backend.asarray(where, getattr(where, "dtype", xp.bool), labels)
    aligned = aligned_shape(loss, "where", tuple(where.shape), tuple(labels.shape))
    return xp.broadcast_like(xp.reshape(where, aligned), labels)
