"""One of two processes with shards of DTensors, started by `test_torch_sharding`.

``torch_process.py PORT RANK FILE``: what was found, beside what plain tensors give, is written to the file.
"""

import json
import sys
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor, init_device_mesh
from torch.distributed.tensor.debug import CommDebugMode

import lossary

ROWS, CLASSES = 7, 17
"""Neither is even, so that shards differ in size."""

_RNG = np.random.default_rng(0)
_LOGITS = torch.tensor(_RNG.normal(scale=3.0, size=(ROWS, CLASSES)))
_LOGITS[1, 3], _LOGITS[2, 12] = 90.0, -torch.inf
_FINITE = torch.tensor(_RNG.normal(size=(ROWS, CLASSES)))
_IDS = torch.tensor([3, 3, 16, 0, 9, 8, 1])
_PROBS = torch.tensor(_RNG.dirichlet(np.ones(CLASSES), size=ROWS))
_OTHER = torch.tensor(_RNG.dirichlet(np.ones(CLASSES), size=ROWS))
_WEIGHTS = torch.tensor(_RNG.uniform(0.5, 2.0, size=ROWS))
_WHERE = torch.tensor([True, True, True, False, True, True, False])
_CLASS_WEIGHTS = torch.tensor(_RNG.uniform(0.5, 2.0, size=CLASSES))
_SPOILT = torch.where(_WHERE[:, None], _LOGITS, torch.nan)

CASES: dict[str, tuple[Any, tuple[torch.Tensor, ...], dict[str, Any]]] = {
    "softmax_cross_entropy": (lossary.softmax_cross_entropy, (_LOGITS, _IDS), {}),
    "softmax_cross_entropy, all options": (
        lossary.softmax_cross_entropy,
        (_SPOILT, _IDS),
        {
            "label_smoothing": 0.1,
            "z_weight": 0.01,
            "class_weights": _CLASS_WEIGHTS,
            "weights": _WEIGHTS,
            "where": _WHERE,
            "reduction": "weighted_mean",
        },
    ),
    "softmax_cross_entropy, distributions": (lossary.softmax_cross_entropy, (_FINITE, _PROBS), {}),
    "softmax_focal": (lossary.softmax_focal, (_LOGITS, _IDS), {"label_smoothing": 0.1}),
    "softmax_poly1": (lossary.softmax_poly1, (_FINITE, _IDS), {}),
    "softmax_kl_divergence": (lossary.softmax_kl_divergence, (_FINITE, _PROBS), {"where": _WHERE}),
    "softmax_jensen_shannon": (lossary.softmax_jensen_shannon, (_FINITE, _PROBS), {}),
    "multiclass_hinge": (lossary.multiclass_hinge, (_LOGITS, _IDS), {}),
    "categorical_cross_entropy": (lossary.categorical_cross_entropy, (_PROBS, _IDS), {}),
    "kl_divergence": (lossary.kl_divergence, (_PROBS, _OTHER), {}),
    "squared_error": (lossary.squared_error, (_FINITE, _PROBS), {"weights": _WEIGHTS, "where": _WHERE}),
    "huber": (lossary.huber, (_FINITE, _PROBS), {}),
    "pinball": (lossary.pinball, (_FINITE, _PROBS), {"quantile": 0.9}),
    "sigmoid_binary_cross_entropy": (lossary.sigmoid_binary_cross_entropy, (_FINITE, _PROBS), {}),
    "sigmoid_focal": (lossary.sigmoid_focal, (_FINITE, _PROBS), {}),
    "cosine_distance": (lossary.cosine_distance, (_FINITE, _PROBS), {}),
    "sigmoid_dice": (lossary.sigmoid_dice, (_FINITE, _PROBS), {"axis": -1}),
    "nt_xent": (lossary.nt_xent, (_FINITE, _IDS), {}),
}


class Sent(CommDebugMode):
    """What is sent between processes: the operation, and of how many numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, int]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        module, name = str(func).split(".")[:2]
        if module == "_c10d_functional" and name not in ("wait_tensor", "_wrap_tensor_autograd"):
            self.found.append((name, args[0].numel()))
        return super().__torch_dispatch__(func, types, args, kwargs)


def put(x: torch.Tensor, mesh: Any, axis: int) -> DTensor:
    """Sharded as the rows are (axis 0) or as the classes are (axis 1); whole if it has not that axis."""
    along = {0: x.shape[0] == ROWS and 0, 1: x.shape[-1] == CLASSES and x.ndim - 1}[axis]
    placement = Replicate() if along is False else Shard(along)
    return distribute_tensor(x, mesh, [placement], src_data_rank=None)


def compared(case: str, mesh: Any, axis: int) -> dict[str, Any]:
    loss, arrays, options = CASES[case]
    plain = [arrays[0].clone().requires_grad_(), *arrays[1:]]
    wanted = loss(*plain, **options)
    wanted.backward()
    first = put(arrays[0], mesh, axis).requires_grad_()
    rest = [put(a, mesh, axis) for a in arrays[1:]]
    spread = {k: put(v, mesh, axis) if isinstance(v, torch.Tensor) else v for k, v in options.items()}
    with Sent() as sent:
        value = loss(first, *rest, **spread)
        forward = len(sent.found)
        value.backward()
    ours, gradient = lossary.value_and_grad(loss)(first.detach(), *rest, **spread)
    return {
        "value": [value.full_tensor().item(), ours.full_tensor().item(), wanted.item()],
        "off": [(g.full_tensor() - plain[0].grad).abs().max().item() for g in (first.grad, gradient)],
        "placements": [str(g.placements) for g in (first, first.grad, gradient)],
        "sent": [sent.found[:forward], sent.found[forward:]],
    }


def head(mesh: Any) -> dict[str, Any]:
    """A last layer whose classes are sharded, on features that every process has."""
    weight, features = torch.randn(CLASSES, 5, generator=torch.manual_seed(0)), torch.randn(ROWS, 5)
    plain = weight.clone().requires_grad_()
    lossary.softmax_cross_entropy(features @ plain.T, _IDS).backward()
    sharded = distribute_tensor(weight, mesh, [Shard(0)], src_data_rank=None).requires_grad_()
    spread = [distribute_tensor(x, mesh, [Replicate()], src_data_rank=None) for x in (features, _IDS)]
    lossary.softmax_cross_entropy(spread[0] @ sharded.T, spread[1]).backward()
    off = (sharded.grad.full_tensor() - plain.grad).abs().max().item()
    return {"off": off, "placements": str(sharded.grad.placements)}


def main(port: str, rank: int, file: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    mesh = init_device_mesh("cpu", (2,))
    both = (0, 1)
    found: dict[str, Any] = {f"{case}/{axis}": compared(case, mesh, axis) for case in CASES for axis in both}
    found["head"] = head(mesh)
    losses = lossary.softmax_cross_entropy(put(_LOGITS, mesh, 1), put(_IDS, mesh, 1), reduction="none")
    found["none"] = losses.full_tensor().tolist()
    bad = put(torch.where(_IDS == 9, 99, _IDS), mesh, 0)
    total = lossary.total(lossary.softmax_cross_entropy)(put(_LOGITS, mesh, 0), bad)
    found["bad ids"] = [x.full_tensor().item() for x in total]
    try:
        lossary.softmax_cross_entropy(put(_LOGITS, mesh, 0), _IDS)
    except lossary.LossTypeError as error:
        found["mixed"] = [str(error), error.fix]
    if rank == 0:
        with open(file, "w") as out:
            json.dump(found, out)
    dist.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
