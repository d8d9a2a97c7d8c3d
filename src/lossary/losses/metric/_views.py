"""Losses on the features of a batch in two views: the call, and the features around their means."""

from collections.abc import Mapping
from math import inf
from typing import Any, NamedTuple

from lossary._backend._holders import plain
from lossary._backend._resolve import resolve
from lossary._check import mistake
from lossary._engine import ByRule, Made
from lossary._kernel import Kernel
from lossary._math import total
from lossary._program._layout import agree, must_be_real
from lossary._program._library import Library
from lossary._program._nothing import NO_BATCH
from lossary._program._rule import Inputs, Rule
from lossary._program._shape_errors import size_unknown
from lossary._typing import Array
from lossary.losses.metric._batch import dtype_of, mask_of, number_of

VIEWS = ("embeddings", "other_embeddings")


class Settings(NamedTuple):
    """What is known about a call before its arrays are."""

    dtype: Any
    features: int


def of_views(
    rule: Rule, losses: Kernel, given: Mapping[str, Any], *, fewest: int = 1, **options: Any
) -> ByRule[Any]:
    """The call. `given` holds both views, the mask `where`, and numbers, which have no derivatives.

    The loss is of at least the `fewest` examples, or of none.
    """

    def make() -> Made:
        loss = rule.name
        plainly = {name: plain(x) for name, x in given.items()}
        backend = resolve(*plainly.values(), loss=loss, names=tuple(plainly))
        for name, x in plainly.items():
            if not isinstance(x, float | int):
                must_be_real(backend, x, f"{loss}: `{name}`")
        z, y, where, *numbers = plainly.values()
        shape = tuple(getattr(z, "shape", ()))
        _must_fit(loss, shape, tuple(getattr(y, "shape", ())))
        if backend.knows(shape[-2]) and 0 < shape[-2] < fewest:
            raise mistake(
                "L001",
                f"{loss}: `embeddings` {shape} must have at least {fewest} examples",
                why="a single example has no variance",
                fix="a loader that drops the last batch if it has one example, such as drop_last=True",
            )
        y = backend.of_shape(y, backend.xp.sized(shape, z))
        where = mask_of(loss, backend, where, z, "example")
        dtype = dtype_of(backend, z, y)
        names = list(plainly)[3:]
        pairs = zip(names, numbers, strict=True)
        params = [number_of(loss, name, x, dtype, z, backend) for name, x in pairs]
        return Made(
            backend,
            NO_BATCH if 0 in shape else rule,
            Inputs((z, y), (where, *params)),
            Settings(dtype, shape[-1]),
        )

    return ByRule(make, losses, given, VIEWS, where=_of_batches(given[VIEWS[0]], given["where"]), **options)


def _of_batches(embeddings: Array, where: Array) -> Array:
    """The mask if it is one of whole batches, which then do not count in a mean."""
    if where is None:
        return None
    axes, own = [getattr(x, "ndim", None) or 0 for x in (embeddings, where)]
    return where if own < axes - 1 else None


def _must_fit(loss: str, shape: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    if None in shape[-1:]:
        raise size_unknown(
            f"{loss}: the number of features, got shape {shape},", "the loss is a mean of them"
        )
    if len(shape) < 2 or not agree(other, shape):
        raise mistake(
            "L001",
            f"{loss}: `embeddings` {shape} and `other_embeddings` {other} do not fit",
            "both must have shape (n, d), with the two views of an example in the same row",
        )


def features_of(x: Array, where: Array, dtype: Any, backend: Library) -> Array:
    """A row for each feature, with an entry for each example: 0 if it is masked out."""
    x = backend.xp.matrix_transpose(backend.cast(x, dtype))
    return _masked(x, where, backend.xp)


def count_of(x: Array, where: Array, xp: Any) -> Array:
    """The number of examples, of shape (..., 1, 1)."""
    return total(_masked(xp.ones_like(x[..., :1, :]), where, xp), xp)


def centered(x: Array, where: Array, count: Array, xp: Any) -> Array:
    """Features minus their means: exactly 0 if all examples are equal, however large they are.

    A rounded mean would leave a rest. Subtracting the minimum first makes the mean one of zeros.
    """
    least = xp.min(x if where is None else xp.where(where[..., None, :], x, inf), axis=-1, keepdims=True)
    x = _masked(x - xp.constant(xp.where(least == inf, 0.0, least)), where, xp)
    return _masked(x - total(x, xp) / xp.where(count > 0, count, 1.0), where, xp)


def _masked(x: Array, where: Array, xp: Any) -> Array:
    return x if where is None else xp.where(where[..., None, :], x, 0.0)


def off_diagonal(x: Array, xp: Any) -> Array:
    """Square matrices with zeros on the diagonal."""
    index = xp.arange_like(x)
    return xp.where(index[:, None] == index, 0.0, x)


def sum_of(matrices: Array, xp: Any) -> Array:
    """The sum of each matrix."""
    return xp.sum(xp.sum(matrices, axis=-1), axis=-1)


def combined(matrix: Array, rows: Array, dtype: Any, backend: Library) -> Array:
    """Combinations of features, ``matrix @ rows``, computed in the layout of the embeddings.

    Elementwise operations on arrays of two layouts would take several times as long.
    """
    turn = backend.xp.matrix_transpose
    product: Array = turn(backend.matmul(turn(rows), turn(matrix), dtype))
    return product
