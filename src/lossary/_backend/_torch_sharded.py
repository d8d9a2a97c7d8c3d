"""torch's DTensors: each process has a shard, possibly of the classes too, and only small sums travel.

A DTensor supports every torch operation, but some gather all shards first: indexing a row and finding the
position of its maximum. These run shard by shard here. Reduced tensors are completed immediately, because
they are small, and every operation on a pending sum would complete it again.
"""

from typing import Any

import array_api_compat.torch
import torch
from torch.distributed.tensor import DTensor, Partial, Replicate, Shard, distribute_tensor

from lossary._backend._torch import Torch
from lossary._backend._torch_functions import TorchFormulas
from lossary._program._formulas import Formulas
from lossary._typing import Array


class _Formulas(TorchFormulas):
    pick = Formulas.select

    def arange_beside(self, size: int, like: Array) -> Array:
        index = torch.arange(size, device=like.device)
        return _placed(index, like.device_mesh, [Replicate()] * like.device_mesh.ndim)

    def positions(self, x: Array, ids: Array) -> Array:
        rows = [
            of_ids if of_row.is_replicate() and not _splits_rows(of_x, x) else of_row
            for of_x, of_row, of_ids in zip(x.placements, _of_rows(x), ids.placements, strict=True)
        ]
        last = Shard(ids.ndim)
        placements = [last if _splits_rows(p, x) else r for p, r in zip(x.placements, rows, strict=True)]
        here = _index(x) == ids.redistribute(x.device_mesh, rows).to_local()[..., None]
        return _from_local(here, x.device_mesh, placements, (*ids.shape, x.shape[-1]))


class Sharded(Torch):
    def __init__(self) -> None:
        formulas = _Formulas(array_api_compat.torch, **_REDUCTIONS)
        differentiated = _Formulas(array_api_compat.torch, **_REDUCTIONS, is_differentiated=True)
        super().__init__("torch DTensor", formulas, differentiated)

    def sum(self, x: Array, axis: tuple[int, ...]) -> Array:
        return _whole(super().sum(x, axis))


def _sum(x: Array, **options: Any) -> Array:
    return _whole(array_api_compat.torch.sum(x, **options))


def _max(x: Array, **options: Any) -> Array:
    return _whole(array_api_compat.torch.max(x, **options))


def _any(x: Array, **options: Any) -> Array:
    return _whole(array_api_compat.torch.any(x, **options))


def _count_nonzero(x: Array, *, axis: Any) -> Array:
    return _sum(x != 0, axis=axis)


def _argmax(x: Array, *, axis: int) -> Array:
    x, mesh = _whole(x.detach()), x.device_mesh
    largest = _max(x, axis=axis).redistribute(mesh, _of_rows(x)).to_local()[..., None]
    here, index, none = x.to_local(), _index(x), x.shape[-1]
    first = torch.where((here == largest) | (here != here), index, none)
    part = first.amin(-1) if index.numel() else torch.full_like(largest[..., 0], none, dtype=torch.int64)
    placements = [Partial("min") if _splits_rows(p, x) else p for p in x.placements]
    return _whole(_from_local(part, mesh, placements, x.shape[:-1]))


_REDUCTIONS = {
    "sum": _sum,
    "max": _max,
    "any": _any,
    "argmax": _argmax,
    "count_nonzero": _count_nonzero,
}


def _whole(x: Array) -> Array:
    """The same tensor with pending sums between processes completed."""
    placements = [Replicate() if p.is_partial() else p for p in x.placements]
    return x.redistribute(x.device_mesh, placements)


def _index(x: Array) -> Array:
    """The positions in a row of this process's elements."""
    placements = [Shard(0) if _splits_rows(p, x) else Replicate() for p in x.placements]
    return _placed(torch.arange(x.shape[-1], device=x.device), x.device_mesh, placements).to_local()


def _of_rows(x: Array) -> list[Any]:
    """The placements of a tensor with one number per row."""
    return [p if p.is_shard() and not _splits_rows(p, x) else Replicate() for p in x.placements]


def _splits_rows(placement: Any, x: Array) -> bool:
    return bool(placement.is_shard(x.ndim - 1))


def _placed(x: Array, mesh: Any, placements: list[Any]) -> Array:
    """A DTensor of a tensor that every process holds in full, without communication."""
    return distribute_tensor(x, mesh, placements, src_data_rank=None)


def _from_local(local: Array, mesh: Any, placements: list[Any], shape: Any) -> Array:
    """A DTensor of this shape; its shards may differ in size."""
    stride = torch.empty(shape, device="meta").stride()
    return DTensor.from_local(local, mesh, placements, run_check=False, shape=shape, stride=stride)
