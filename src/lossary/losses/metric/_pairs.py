"""From embeddings to the similarities of all pairs, and back to derivatives in the embeddings."""

from lossary._backend._resolve import resolve
from lossary._check import LossTypeError, mistake, parameter
from lossary._engine import Link
from lossary._math import norm, norm_grad, total
from lossary._typing import Array, Number


def pairs(loss: str, embeddings: Array, labels: Array, where: Array, temperature: Number = 1.0) -> Link:
    """The cosines of all pairs over the temperature; which are positives; which are negatives.

    What is masked out is in no pair.
    """
    backend = resolve(embeddings, labels, where, loss=loss, names=("embeddings", "labels", "where"))
    xp = backend.xp
    backend.must_be_real(embeddings, f"{loss}: `embeddings`")
    _check_shapes(loss, embeddings, labels, where)
    if isinstance(temperature, float | int):
        parameter(loss, "temperature", temperature)
    if backend.floating(labels.dtype) is not None:
        raise mistake(
            "L005",
            f"{loss}: `labels` say which group an embedding is of, and must be integers",
            f"got dtype {labels.dtype}",
            fix="labels.astype(int)",
            kind=LossTypeError,
        )
    dtype = backend.floating(embeddings.dtype) or backend.default_dtype("real floating", embeddings)
    x = backend.cast(embeddings, dtype)
    present = None if where is None else xp.broadcast_to(where, labels.shape)
    if present is not None:
        x = xp.where(present[..., None], x, 0.0)
    u, length = norm_grad(x, 2.0, xp), norm(x, 2.0, xp)[..., None]
    ids = backend.arange(labels.shape[-1], labels)
    alike = labels[..., :, None] == labels[..., None, :]
    positives, negatives = alike & (ids[:, None] != ids), ~alike
    if present is not None:
        positives, negatives = positives & present[..., None, :], negatives & present[..., None, :]
    similarities = u @ xp.matrix_transpose(u) / temperature

    def pull(slope: Array) -> Array:
        along = ((slope + xp.matrix_transpose(slope)) / temperature) @ u
        across = (along - u * total(u * along, xp)) / xp.where(length > 0, length, 1.0)
        out = embeddings.dtype if backend.floating(embeddings.dtype) else dtype
        return backend.cast(xp.where(length > 0, across, 0.0), out)

    return (similarities, backend.cast(positives, dtype), backend.cast(negatives, dtype)), pull


def _check_shapes(loss: str, embeddings: Array, labels: Array, where: Array) -> None:
    shape, given = tuple(getattr(embeddings, "shape", ())), tuple(getattr(labels, "shape", ()))
    if len(shape) < 2 or given != shape[:-1]:
        raise mistake(
            "L001",
            f"{loss}: `embeddings` {shape} and `labels` {given} do not fit",
            "embeddings of shape (n, d) have labels of shape (n,)",
        )
    if where is not None and getattr(where, "shape", given) != given:
        raise mistake(
            "L001",
            f"{loss}: `where` of shape {tuple(where.shape)} must have the shape of labels, {given}",
        )
