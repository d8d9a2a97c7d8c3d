"""What torch may expect: that memory can be saved, and that nothing is kept which nobody needs."""

import functools
import weakref
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint

from tests.contract.demands import demand
from tests.contract.of_torch import (
    alone,
    close_bend,
    close_slope,
    derived_again,
    given,
    summed,
    watched,
)
from tests.contract.subjects import Subject


def _inside(subject: Subject) -> tuple[torch.Tensor, torch.Tensor, Any]:
    """A leaf, an input that is made of it, and the loss of that."""
    leaf, *others = watched(subject, 0)
    x = leaf * 1.0
    return leaf, x, summed(subject)(x, *others)


@demand("torch")
def checkpoints(subject: Subject) -> None:
    """`checkpoint`, reentrant or not, around a model with the loss in it."""
    for reentrant in (False, True):
        leaf, *others = watched(subject, 0)

        def model(q: torch.Tensor, others: Any = others) -> torch.Tensor:
            return summed(subject)(q * 1.0, *others)

        checkpoint(model, leaf, use_reentrant=reentrant).backward()
        close_slope(subject, leaf.grad, 0, f"use_reentrant={reentrant}")


@demand("torch")
def penalties_through_checkpoints(subject: Subject) -> None:
    """The gradient of what was checkpointed is differentiated again."""
    leaf, *others = watched(subject, 0)
    value = checkpoint(lambda q: summed(subject)(q * 1.0, *others), leaf, use_reentrant=False)
    (g,) = torch.autograd.grad(value, leaf, create_graph=True)
    (h,) = derived_again(subject, g, [leaf])
    close_bend(subject, h, 0)


@demand("torch")
def checkpoints_in_several_arrays(subject: Subject) -> None:
    """`checkpoint` around the loss itself, with gradients in all its arrays."""
    arrays = watched(subject, *subject.wrt)
    checkpoint(functools.partial(subject, reduction="sum"), *arrays, use_reentrant=False).backward()
    for i in subject.wrt:
        close_slope(subject, arrays[i].grad, i)


@demand("torch")
def inputs_are_freed(subject: Subject) -> None:
    """Once `backward` is done, a loss that is kept keeps no input: it is freed at once."""
    leaf, x, loss = _inside(subject)
    seen = weakref.ref(x)
    loss.backward()
    del x
    assert seen() is None, "the loss keeps its input"
    close_slope(subject, leaf.grad, 0)


@demand("torch")
def detached_values_keep_nothing(subject: Subject) -> None:
    """A detached value keeps neither the input nor anything of its size."""
    _, x, loss = _inside(subject)
    seen = weakref.ref(x)
    value = loss.detach()
    del x, loss
    assert seen() is None, "the value keeps the input"
    assert value.untyped_storage().nbytes() <= 64


@demand("torch")
def nothing_else_is_kept(subject: Subject) -> None:
    """Every tensor that waits for `backward` is given to the hooks for saved tensors."""
    packed: list[torch.Tensor] = []

    def pack(t: torch.Tensor) -> int:
        packed.append(t.detach().clone())
        return len(packed) - 1

    leaf, *others = watched(subject, 0)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda i: packed[i]):
        x = leaf * 1.0
        seen = weakref.ref(x)
        loss = summed(subject)(x, *others)
    del x
    assert seen() is None, "an input is kept beside the saved tensors"
    loss.backward()
    close_slope(subject, leaf.grad, 0)


@demand("torch")
def saved_elsewhere(subject: Subject) -> None:
    """`save_on_cpu` changes nothing, and `disable_saved_tensors_hooks` is no obstacle."""
    arrays = watched(subject, *subject.wrt)
    with torch.autograd.graph.save_on_cpu():
        loss = summed(subject)(*arrays)
    loss.backward()
    for i in subject.wrt:
        close_slope(subject, arrays[i].grad, i)
    with torch.autograd.graph.disable_saved_tensors_hooks("none here"):
        _, leaf, loss = _inside(subject)
        close_slope(subject, torch.autograd.grad(loss, leaf)[0], 0)


@demand("torch")
def modes_without_gradients(subject: Subject) -> None:
    """`no_grad` and `inference_mode` keep no graph, and what is made in them can be used outside."""
    arrays = watched(subject, *subject.wrt)
    with torch.no_grad():
        assert not summed(subject)(*arrays).requires_grad
    with torch.inference_mode():
        value = summed(subject)(*given(subject))
        ours = summed(subject)(*arrays)
    assert torch.equal(value, ours)
    assert not ours.requires_grad
    with torch.inference_mode():
        inside = given(subject)
    assert torch.equal(summed(subject)(*inside), value)
    with torch.no_grad(), torch.enable_grad():
        (g,) = torch.autograd.grad(alone(subject, 0, summed(subject))(arrays[0]), arrays[0])
    close_slope(subject, g, 0)
