"""What `torch.compile` and `torch.export` may expect: changing sizes and numbers, few graphs, no fallback."""

from typing import Any

import torch

from tests.contract.demands import demand
from tests.contract.of_torch import (
    NEAR,
    close_bend,
    close_slope,
    derived_again,
    given,
    gradient,
    summed,
    watched,
)
from tests.contract.subjects import Subject, close

SIZES = (4, 5, 7, 8, 9, 11, 12, 13, 17, 6)
MOST_GRAPHS = 3


class _Counter:
    """A compiler that runs what was captured as it is, and counts how often it was asked."""

    def __init__(self) -> None:
        self.graphs = 0

    def __call__(self, graph: torch.fx.GraphModule, _: Any) -> Any:
        self.graphs += 1
        return graph.forward


def resized(subject: Subject, count: int) -> list[torch.Tensor]:
    return [torch.tensor(a) for a in subject.resized(count)]


@demand("torch")
def compiled_for_any_size(subject: Subject) -> None:
    """`torch.compile(dynamic=True, fullgraph=True)` over ten batch sizes in at most three graphs."""
    count = _Counter()
    compiled = torch.compile(summed(subject), dynamic=True, fullgraph=True, backend=count)
    for size in SIZES:
        first, *others = resized(subject, size)
        leaf, plain = first.clone().requires_grad_(), first.clone().requires_grad_()
        value, want = compiled(leaf, *others), summed(subject)(plain, *others)
        close(value.detach(), want.detach(), NEAR, f"of {size}")
        g, wanted = (torch.autograd.grad(v, x)[0] for v, x in ((value, leaf), (want, plain)))
        close(g, wanted, NEAR, f"gradient of {size}")
    assert count.graphs <= MOST_GRAPHS, f"{count.graphs} graphs"


@demand("torch", lambda subject: bool(subject.numbers))
def compiled_for_any_number(subject: Subject) -> None:
    """Ten values of each number, with the options as they are by default: at most three graphs."""
    for name, number in subject.numbers.items():
        if name == "power" and subject.loss == "multi_margin":
            continue  # 1 or 2
        torch.compiler.reset()
        count = _Counter()
        compiled = torch.compile(summed(subject), dynamic=True, fullgraph=True, backend=count)
        for k in range(10):
            option = {name: number * (1.0 - k / 40.0)}
            arrays = given(subject)
            close(compiled(*arrays, **option), summed(subject)(*arrays, **option), NEAR, f"{option}")
        assert count.graphs <= MOST_GRAPHS, f"{name}: {count.graphs} graphs"


@demand("torch")
def eager_after_compile(subject: Subject) -> None:
    """Eager, compiled, eager and compiled again: the same gradients; a derivative of one is no zero."""
    compiled = torch.compile(summed(subject), fullgraph=True, backend="eager")
    for loss in (summed(subject), compiled, summed(subject), compiled):
        arrays = watched(subject, *subject.wrt)
        found = torch.autograd.grad(loss(*arrays), [arrays[i] for i in subject.wrt])
        for i, g in zip(subject.wrt, found, strict=True):
            close_slope(subject, g, i)
    first = subject.wrt[0]
    arrays = watched(subject, first)
    (g,) = torch.autograd.grad(compiled(*arrays), arrays[first], create_graph=True)
    close_slope(subject, g, first)
    try:
        (h,) = derived_again(subject, g, [arrays[first]], first)
    except RuntimeError:
        return  # as torch says of all that is compiled
    close_bend(subject, h, first)


@demand("torch")
def gradients_in_compiled_code(subject: Subject) -> None:
    """`func.grad`, and `vmap` of it, within what is compiled; and AOT autograd in all arrays."""
    first = subject.wrt[0]

    def inside(*arrays: torch.Tensor) -> Any:
        slopes = torch.func.grad(summed(subject), argnums=first)
        return slopes(*arrays), torch.func.vmap(slopes)(*[a[None] for a in arrays])

    one, several = torch.compile(inside, fullgraph=True, backend="eager")(*given(subject))
    close_slope(subject, one, first, "grad")
    close_slope(subject, several[0], first, "vmap of grad")
    arrays = watched(subject, *subject.wrt)
    torch.compile(summed(subject), fullgraph=True, backend="aot_eager")(*arrays).backward()
    for i in subject.wrt:
        close_slope(subject, arrays[i].grad, i, "aot_eager")
    close_slope(subject, gradient(subject, first), first, "eager")


class _Model(torch.nn.Module):
    """A loss as something to export."""

    def __init__(self, subject: Subject) -> None:
        super().__init__()
        self.subject = subject

    def forward(self, arrays: tuple[torch.Tensor, ...]) -> torch.Tensor:
        return self.subject(*arrays)


@demand("torch")
def exported(subject: Subject) -> None:
    """`torch.export` with a batch of any size, strict or not."""
    batch = torch.export.Dim("batch", min=2, max=1000)
    shapes = [None if i in subject.shared else {0: batch} for i in range(len(subject.arrays))]
    for strict in (False, True):
        program = torch.export.export(
            _Model(subject), (tuple(resized(subject, 6)),), dynamic_shapes=(tuple(shapes),), strict=strict
        )
        for size in (6, 11):
            arrays = resized(subject, size)
            close(program.module()(tuple(arrays)), subject(*arrays), NEAR, f"strict={strict}, of {size}")
