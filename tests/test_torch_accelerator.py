"""What torch is given to do where a kernel is a pass over memory: how many, over how much, and how exact."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lossary
from tests.contract.subjects import Subject, subjects
from tests.libraries import as_if_on_an_accelerator

pytestmark = pytest.mark.of("torch")
torch: Any = pytest.importorskip("torch")
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from lossary._backend import _torch_modes  # noqa: E402

ELEMENTS, ROWS, CLASSES = 10**6, 1024, 4096


class Traffic(TorchDispatchMode):
    """The kernels that operations launch, and how many bytes these read and write."""

    def __init__(self) -> None:
        super().__init__()
        self.kernels, self.bytes = 0, 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = function(*args, **(kwargs or {}))
        name = function.overloadpacket.__name__
        if function.is_view or name in ("empty", "empty_like", "detach", "scalar_tensor"):
            return found
        read = list(_tensors((args, {k: v for k, v in (kwargs or {}).items() if k != "out"})))
        written = list(_tensors(found))
        if name in ("gather", "scatter", "scatter_"):  # of the large tensor as much as is indexed
            indexed = min(t.numel() for t in [*read, *written] if t.numel() > 1)
            self.bytes += indexed * (read[0].element_size() + written[0].element_size() + 8)
        else:
            if name in ("zeros_like", "ones_like", "full_like"):
                read = []
            self.bytes += sum(map(_size, [*{id(t): t for t in read}.values(), *written]))
        self.kernels += 1
        return found


def _tensors(x: Any) -> Any:
    if isinstance(x, torch.Tensor):
        yield x
    elif isinstance(x, dict):
        yield from _tensors(list(x.values()))
    elif isinstance(x, list | tuple):
        for part in x:
            yield from _tensors(part)


def _size(x: Any) -> int:
    return int(x.untyped_storage().nbytes()) if 0 in x.stride() else int(x.numel() * x.element_size())


def traffic(loss: Callable[..., Any], dtype: str, backward: bool) -> tuple[int, float]:
    """How many kernels, and how many times the bytes of the predictions, a value and its gradient take."""
    wide = loss is lossary.softmax_cross_entropy
    shape = (ROWS, CLASSES) if wide else (ELEMENTS,)
    x = torch.empty(shape, dtype=getattr(torch, dtype), device="meta", requires_grad=backward)
    y = torch.empty(shape[:1], dtype=torch.int64 if wide else x.dtype, device="meta")
    with pytest.MonkeyPatch.context() as patch, Traffic() as seen:
        patch.setattr(_torch_modes, "is_followed", lambda: False)  # as if nobody counted
        value = loss(x, y)
        if backward:
            value.backward()
    return seen.kernels, seen.bytes / (x.numel() * x.element_size())


@pytest.mark.parametrize(
    ("loss", "dtype", "backward", "kernels", "passes"),
    [
        (lossary.sigmoid_binary_cross_entropy, "float32", False, 13, 27.1),
        (lossary.sigmoid_binary_cross_entropy, "float32", True, 19, 38.1),
        (lossary.sigmoid_focal, "float32", True, 33, 73.1),
        (lossary.huber, "float32", True, 5, 7.1),
        (lossary.softmax_cross_entropy, "float32", True, 48, 12.1),
        (lossary.softmax_cross_entropy, "bfloat16", True, 49, 19.1),
    ],
)
def test_kernels_and_bytes(
    loss: Callable[..., Any], dtype: str, backward: bool, kernels: int, passes: float
) -> None:
    got = traffic(loss, dtype, backward)
    assert got[0] <= kernels, got
    assert got[1] <= passes, got


def _weighed(subject: Subject, arrays: list[Any]) -> Any:
    """The sum of its losses, each with a weight of its own."""
    losses = subject(*arrays, **({"reduction": "none"} if "reduction" in subject.keywords else {}))
    return (losses.flatten() * torch.linspace(0.5, 2.0, losses.numel(), dtype=losses.dtype)).sum()


@pytest.mark.parametrize("subject", subjects(), ids=str)
def test_the_gradient_of_backward_is_that_of_the_loss(subject: Subject) -> None:
    """Of unequal cotangents, and twice of one graph."""
    arrays = [torch.tensor(a).requires_grad_(i in subject.wrt) for i, a in enumerate(subject.arrays)]
    wanted = [arrays[i] for i in subject.wrt]
    with as_if_on_an_accelerator():
        total = _weighed(subject, arrays)
        once = torch.autograd.grad(total, wanted, retain_graph=True)
        again = torch.autograd.grad(total, wanted)
    want = torch.autograd.grad(_weighed(subject, arrays), wanted)
    for first, second, expected in zip(once, again, want, strict=True):
        assert torch.equal(first, second)
        np.testing.assert_allclose(first.numpy(), expected.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"label_smoothing": 0.1},
        {"z_weight": 1e-3},
        {"class_weights": [1.0, 0.5, 2.0]},
        {"where": [True, False, True, True, True]},
        {"weights": [1.0, 2.0, 0.5, 1.0, 3.0], "reduction": "weighted_mean"},
        {"label_smoothing": 0.1, "z_weight": 1e-3, "class_weights": [1.0, 0.5, 2.0]},
    ],
    ids=str,
)
def test_rows_of_16_bits_are_those_of_32(options: dict[str, Any]) -> None:
    """No wider copy of them is made, and nothing is rounded on the way."""
    rng = np.random.default_rng(0)
    rows = torch.tensor(rng.normal(size=(5, 3)) * [[1.0], [1.0], [30.0], [200.0], [1.0]]).bfloat16()
    rows[4] = torch.tensor([-torch.inf, 1.0, 0.0])
    ids = torch.tensor([0, 2, 1, 0, 1])
    given = {k: torch.tensor(v) if isinstance(v, list) else v for k, v in options.items()}
    with as_if_on_an_accelerator():
        found, gradient = lossary.value_and_grad(lossary.softmax_cross_entropy)(rows, ids, **given)
        want, exact = lossary.value_and_grad(lossary.softmax_cross_entropy)(rows.float(), ids, **given)
    assert found.dtype == torch.float32
    assert torch.equal(found, want)
    assert torch.equal(gradient, exact.bfloat16())


def test_bad_labels_are_nan_where_nobody_reads_them() -> None:
    logits = torch.tensor([0.5, -1.0, 2.0], requires_grad=True)
    with as_if_on_an_accelerator():
        losses = lossary.sigmoid_binary_cross_entropy(
            logits, torch.tensor([1.0, 1.5, -0.5]), reduction="none"
        )
        losses.sum().backward()
        ids = lossary.softmax_cross_entropy(torch.zeros(2, 3), torch.tensor([1, 3]), reduction="none")
    assert torch.isnan(losses).tolist() == [False, True, True]
    assert torch.isnan(logits.grad).tolist() == [False, True, True]
    assert torch.isnan(ids).tolist() == [False, True]
