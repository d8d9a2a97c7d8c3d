"""Walk over the cosines of all pairs, holding one chunk of the others at a time.

A chunk takes every k-th of the others. If `jax.jit` has sharded them, each chunk is then sharded the same
way; a chunk of neighbors would have to be fetched from one device. Under `shard_map` the others travel from
device to device in a ring, along with their data. After a full round they are back home.
"""

from collections.abc import Callable
from copy import copy
from math import inf
from typing import Any, NamedTuple

from lossary._math import direction_and_length
from lossary._program._library import Library
from lossary._program._rule import Inputs
from lossary._typing import Array, Number
from lossary.losses.metric._row_kernel import Block, RowKernel

Arrays = tuple[Array, ...]


class Settings(NamedTuple):
    """What is known about a call before its arrays are."""

    kernel: RowKernel
    chunks: int
    """The number of chunks of the others."""
    negative_chunks: int
    """The number of chunks of the negatives that are nobody's positive."""
    both: bool
    """Whether the others are anchors too; if so, both losses are averaged."""
    axis_name: Any
    """The mapped axis of the devices that share one batch."""
    dtype: Any


class Visit(NamedTuple):
    """A chunk of the others, seen by all anchors."""

    block: Block
    vectors: Array
    """The vectors times the scale."""
    reads: Arrays
    writes: Arrays
    """The data that belong to the chunk."""


class Directed:
    """Vectors as direction and length."""

    def __init__(self, x: Array, xp: Any):
        self.unit, self.length = direction_and_length(x, xp)

    def pull(self, slope: Array, xp: Any, up: Number = 1.0) -> Array:
        """The gradient in the vectors, given the gradient in their directions.

        `up` is the factor by which each vector was multiplied before its direction was taken.
        """
        empty = self.length == 0
        per = xp.where(empty, 0.0, up / xp.where(empty, 1.0, self.length))
        return (slope - self.unit * xp.row_dot(self.unit, slope)) * per


class Walk:
    """All pairs of a call."""

    paired = True
    """Whether the others include each anchor or its positive, at the anchor's index."""

    def __init__(self, backend: Library, inputs: Inputs, settings: Settings):
        self.backend, self.xp, self.settings = backend, backend.xp, settings
        anchors: Array
        anchors, others, self.temperature, self.bias, negatives = inputs.arrays
        labels, where, *params = inputs.beside
        self.labels: Array = labels
        self.where: Array = where
        self.negatives: Array = negatives
        self.params = tuple(params)
        self.anchors = Directed(self._ready(anchors), self.xp)
        self.scale = 1.0 if self.temperature is None else 1.0 / self.temperature
        self._meet(
            self.anchors if others is None else Directed(self._ready(others), self.xp), settings.chunks
        )

    def _meet(self, others: Directed, chunks: int) -> None:
        self.others, self.chunks = others, chunks
        self.size = others.unit.shape[-2]
        # With one chunk, the size may be unknown.
        self.per_chunk = self.size if chunks == 1 else -(-self.size // chunks)
        self.padding = 0 if chunks == 1 else self.per_chunk * chunks - self.size

    def beyond(self) -> "Walk":
        """The walk of the same anchors over the negatives that are nobody's positive."""
        walk = copy(self)
        walk.paired, walk.labels = False, None
        negatives = self.backend.cast(self.negatives, self.settings.dtype)
        walk._meet(Directed(negatives, self.xp), self.settings.negative_chunks)
        return walk

    def times(self, rows: Array, matrix: Array) -> Array:
        """`rows`, one per anchor, times a matrix with the leading axes of the others."""
        product = self.backend.matmul(self._of_all(rows), matrix, self.settings.dtype)
        if product.ndim == rows.ndim:
            return product
        return self.xp.reshape(product, (*self._sized(rows)[:-1], self._sized(product)[-1]))

    def across(self, rows: Array, vectors: Array) -> Array:
        """The transpose of `rows` times vectors, both one per anchor: a vector for each of the others."""
        rows = self.xp.matrix_transpose(self._of_all(rows))
        return self.backend.matmul(rows, self._of_all(vectors), self.settings.dtype)

    def _of_all(self, rows: Array) -> Array:
        """Rows of all batches as one matrix, if they share the others."""
        if self.others.unit.ndim == rows.ndim:
            return rows
        return self.xp.reshape(rows, (-1, self._sized(rows)[-1]))

    def _sized(self, x: Array) -> tuple[Any, ...]:
        sizes: tuple[Any, ...] = self.xp.sized(x.shape, x)
        return sizes

    def own(self) -> Array:
        """The logits of all anchors with the others at the same index."""
        own = self.scale * self.xp.sum(self.anchors.unit * self.others.unit, axis=-1)
        return own if self.bias is None else own + self.bias

    def _ready(self, x: Array) -> Array:
        x = self.backend.cast(x, self.settings.dtype)
        return x if self.where is None else self.xp.where(self.where[..., None], x, 0.0)

    def __call__(
        self, visit: Callable[[Visit, Any], tuple[Any, Arrays]], carry: Any, reads: Arrays, writes: Arrays
    ) -> tuple[Any, Arrays]:
        """``carry, writes = visit(chunk, carry)`` for all chunks.

        `reads` and `writes` hold numbers or vectors that belong to the others. Returns the last carry and
        everything that was written.
        """
        backend, chunks = self.backend, self.chunks
        if self.size == 0:
            return carry, writes

        def at(hop: Any, carry: Any, travellers: Any) -> Any:
            pairs, reads, writes = travellers

            def step(i: Any, state: Any) -> Any:
                carry, writes = state
                block, vectors = self._block(pairs, i, hop)
                mine = [tuple([self._chunk(x, i) for x in arrays]) for arrays in (reads, writes)]
                carry, written = visit(Visit(block, vectors, *mine), carry)
                return carry, tuple([self._put(x, i, y) for x, y in zip(writes, written, strict=True)])

            carry, writes = backend.fold(step, (carry, writes), chunks)
            return carry, (pairs, reads, writes)

        laid_out = [tuple([self._laid_out(x) for x in arrays]) for arrays in (reads, writes)]
        carry, (_, _, writes) = backend.ring(at, carry, (self._pairs(), *laid_out), self.settings.axis_name)
        return carry, tuple([self._back(x) for x in writes])

    def _pairs(self) -> Arrays:
        """Vectors, labels, and which entries exist."""
        present = self.where if self.paired else None
        if present is None and self.padding:
            present = self.xp.ones_like(self.others.length[..., 0], dtype=self.xp.bool)
        return (
            self._laid_out(self.others.unit),
            None if self.labels is None else self._laid_out(self.labels),
            None if present is None else self._laid_out(present),
        )

    def _block(self, pairs: Arrays, i: Any, hop: Any) -> tuple[Block, Array]:
        """The pairs of all anchors and a chunk of the others that are on this device after some hops."""
        xp = self.xp
        here: list[Array] = [None if x is None else self._chunk(x, i) for x in pairs]
        vectors, labels, present = here
        vectors = self.scale * vectors
        logits = self.times(self.anchors.unit, xp.matrix_transpose(vectors))
        if self.bias is not None:
            logits = logits + self.bias
        if not self.paired:
            far = logits if present is None else xp.where(present[..., None, :], logits, -inf)
            return Block(far, logits, None), vectors
        rows, columns = xp.arange_like(self.anchors.length[..., 0]), xp.arange_like(logits)
        same = rows[:, None] == columns * self.chunks + i
        if self.settings.axis_name is not None:
            same = same & (hop == 0)
        negative, positive = ~same, None
        if labels is not None:
            alike = self.labels[..., :, None] == labels[..., None, :]
            negative, positive = ~alike, alike & ~same
        if present is not None:
            there = present[..., None, :]
            there = there if self.where is None else there & self.where[..., :, None]
            negative, positive = negative & there, None if positive is None else positive & there
        return Block(xp.where(negative, logits, -inf), logits, positive), vectors

    # Data of the others have their axis last (numbers) or second to last (vectors). In chunks it comes first:
    # the axis of chunks, then the axis within a chunk.

    def _laid_out(self, x: Array) -> Array:
        xp = self.xp
        x = xp.moveaxis(x, self._axis(x.ndim), 0)
        if self.chunks == 1:
            return x[None, ...]
        if self.padding:
            x = xp.concat([x, xp.zeros_like(x[: self.padding, ...])])
        return xp.moveaxis(xp.reshape(x, (self.per_chunk, self.chunks, *x.shape[1:])), 1, 0)

    def _back(self, x: Array) -> Array:
        xp = self.xp
        if self.chunks == 1:
            x = x[0, ...]
        else:
            x = xp.moveaxis(x, 0, 1)
            x = xp.reshape(x, (self.per_chunk * self.chunks, *x.shape[2:]))
        if self.padding:
            x = x[: self.size, ...]
        return xp.moveaxis(x, 0, self._axis(x.ndim))

    def _chunk(self, x: Array, i: Any) -> Array:
        return self.xp.moveaxis(self.backend.part(x, i, 1)[0, ...], 0, self._axis(x.ndim - 1))

    def _put(self, x: Array, i: Any, chunk: Array) -> Array:
        return self.backend.put(x, i, self.xp.moveaxis(chunk, self._axis(chunk.ndim), 0)[None, ...])

    def _axis(self, ndim: int) -> int:
        return -2 if ndim == self.others.unit.ndim else -1
