"""The call of a loss on all pairs: from its arrays to the inputs of its rule."""

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from lossary._backend._holders import plain
from lossary._backend._resolve import resolve
from lossary._check import LossTypeError, mistake
from lossary._engine import ByRule, Made
from lossary._kernel import Kernel
from lossary._program._layout import agree, must_be_real
from lossary._program._library import Library
from lossary._program._nothing import NOTHING
from lossary._program._rule import Inputs
from lossary._program._shape_errors import size_unknown
from lossary._typing import Array, AxisName
from lossary.losses.metric._batch import dtype_of, mask_of, number_of
from lossary.losses.metric._pairs_rule import RULE
from lossary.losses.metric._row_kernel import RowKernel
from lossary.losses.metric._walk import Settings

_FEWEST = 256
"""Minimum number of others in a chunk: fewer would underuse a matrix product."""
_MOST = 1 << 24
"""Maximum number of cosines held at once on an accelerator."""
_BLOCKS = 4
"""Where temporaries should stay in the cache, the size limit in blocks of an elementwise loss."""


def of_pairs(
    kernel: RowKernel,
    losses: Kernel,
    given: Mapping[str, Any],
    *,
    both: bool = False,
    chunk: int | None,
    axis_name: AxisName,
    **options: Any,
) -> ByRule[Any]:
    """The call. `given` holds the anchors and their positives, or embeddings and their labels; the mask
    `where`; negatives, temperature and bias, which have derivatives; and other parameters, which have none.

    Without positives, the other anchors are an anchor's others.
    """
    differentiable = (next(iter(given)), "positives", "temperature", "bias", "negatives")

    def make() -> Made:
        return _made(kernel, given, differentiable, both, chunk, axis_name)

    return ByRule(make, losses, given, differentiable, devices=axis_name, where=given["where"], **options)


def _made(
    kernel: RowKernel,
    given: Mapping[str, Any],
    differentiable: tuple[str, ...],
    both: bool,
    chunk: int | None,
    axis_name: AxisName,
) -> Made:
    loss = kernel.name
    given = {name: plain(x) for name, x in given.items()}
    backend = resolve(*given.values(), loss=loss, names=tuple(given))
    for name, x in given.items():
        if not isinstance(x, float | int):  # which may be symbolic and then has no attributes
            must_be_real(backend, x, f"{loss}: `{name}`")
    anchors, where = given[differentiable[0]], given["where"]
    positives, labels, negatives = [given.get(name) for name in ("positives", "labels", "negatives")]
    shape = tuple(getattr(anchors, "shape", ()))
    _check_shapes(loss, shape, positives, labels)
    where = mask_of(loss, backend, where, anchors, "anchor")
    negative_chunks = 1
    if negatives is not None:
        negatives = _negatives(loss, backend, negatives, anchors)
        negative_chunks = _chunks(loss, anchors, negatives.shape[-2], chunk, backend)
    rows = backend.xp.sized(shape, anchors)[:-1]
    if positives is not None:
        positives = backend.of_shape(positives, (*rows, shape[-1]))
    labels = None if labels is None else backend.of_shape(_ids(loss, backend, labels), rows)
    dtype = dtype_of(backend, anchors, positives, negatives)

    def number(name: str) -> Array:
        x = given.get(name)
        return None if x is None else number_of(loss, name, x, dtype, anchors, backend)

    settings = Settings(
        kernel,
        _chunks(loss, anchors, anchors.shape[-2], chunk, backend),
        negative_chunks,
        both,
        tuple(axis_name) if isinstance(axis_name, list) else axis_name,
        dtype,
    )
    params = [name for name in given if name not in (*differentiable, "labels", "where")]
    inputs = Inputs(
        (anchors, positives, number("temperature"), number("bias"), negatives),
        (labels, where, *map(number, params)),
    )
    return Made(backend, NOTHING if 0 in shape else RULE, inputs, settings)


def _check_shapes(loss: str, shape: tuple[int, ...], positives: Array, labels: Array) -> None:
    rows = shape[:-1]
    if None in shape[-1:]:
        raise size_unknown(
            f"{loss}: the size of the last axis of the embeddings, got shape {shape},",
            "an example lies along it",
        )
    if labels is None:
        other = tuple(getattr(positives, "shape", ()))
        if len(shape) < 2 or not agree(other, shape):
            raise mistake(
                "L001",
                f"{loss}: `anchors` {shape} and `positives` {other} do not fit",
                "both must have shape (n, d), with each anchor's positive in the same row",
            )
    elif len(shape) < 2 or not agree(tuple(getattr(labels, "shape", ())), rows):
        raise mistake(
            "L001",
            f"{loss}: `embeddings` {shape} and `labels` {tuple(getattr(labels, 'shape', ()))} do not fit",
            "embeddings of shape (n, d) need labels of shape (n,)",
        )


def _negatives(loss: str, backend: Library, negatives: Array, anchors: Array) -> Array:
    """The negatives, which have the anchors' leading axes or none."""
    own, shape = tuple(getattr(negatives, "shape", ())), tuple(anchors.shape)
    wanted = shape[:-2] if len(own) == len(shape) else ()
    if not (len(own) == len(wanted) + 2 and agree(own, (*wanted, own[-2], shape[-1]))):
        raise mistake(
            "L001",
            f"{loss}: `anchors` {shape} and `negatives` {own} do not fit",
            "negatives must have shape (m, d), or (..., m, d) if each batch has its own",
        )
    sizes = backend.xp.sized(shape, anchors)
    count = backend.xp.sized(own, negatives)[-2]
    return backend.of_shape(negatives, (*sizes[: len(wanted)], count, sizes[-1]))


def _ids(loss: str, backend: Library, labels: Array) -> Array:
    if not backend.is_whole(labels.dtype):
        raise mistake(
            "L005",
            f"{loss}: `labels` are the groups of the embeddings, and must be integers",
            f"got dtype {labels.dtype}",
            fix="labels.astype(int)",
            kind=LossTypeError,
        )
    ids = backend.asarray(labels, labels.dtype, labels)
    if isinstance(labels, np.ndarray) and (labels.astype(ids.dtype) != labels).any():
        raise mistake(
            "L005",
            f"{loss}: `labels` of dtype {labels.dtype} do not fit in {ids.dtype}, the integer dtype of"
            f" {backend.name} here",
            why="two groups would become one",
            fix="np.unique(labels, return_inverse=True)[1]",
            kind=LossTypeError,
        )
    return ids


def _chunks(loss: str, anchors: Array, others: Any, chunk: int | None, backend: Library) -> int:
    """The number of chunks of so many others. More chunks are better than one that is not full."""
    if chunk is not None and (isinstance(chunk, bool) or not isinstance(chunk, int) or chunk < 1):
        raise mistake("L130", f"{loss}: `chunk` must be None or an integer >= 1, got {chunk!r}")
    *batches, size, _ = anchors.shape
    if not all(map(backend.knows, (*batches, size, others))):
        return 1
    if chunk is None:
        at_once = backend.block(anchors) * _BLOCKS or _MOST
        chunk = max(_FEWEST, at_once // max(1, prod(batches) * size))
    count = max(1, -(-others // chunk))
    return next((n for n in range(count, 2 * count) if others % n == 0), count)
