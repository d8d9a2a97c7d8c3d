"""What torch may expect of tensors of every kind, and of every number of examples."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tests.contract.demands import demand, must_explain
from tests.contract.of_torch import NEAR, close_slope, floating, given, summed, watched
from tests.contract.subjects import CHOOSING, Subject, close, slope_at, total


def _negative(x: torch.Tensor) -> torch.Tensor:
    """The same numbers by a view that has them negated in memory."""
    view = torch.complex(torch.zeros_like(x), -x).conj().imag
    assert view.is_neg()
    return view


def _strided(x: torch.Tensor) -> torch.Tensor:
    return torch.stack([x, torch.full_like(x, torch.nan)], dim=-1)[..., 0]


def _transposed(x: torch.Tensor) -> torch.Tensor:
    return x.movedim(0, -1).contiguous().movedim(-1, 0) if x.ndim else x.view(())


def _shifted(x: torch.Tensor) -> torch.Tensor:
    buffer = torch.full((x.numel() + 3,), torch.nan, dtype=x.dtype)
    view = buffer[3:].view(x.shape)
    view.copy_(x)
    return view


VIEWS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "negative": _negative,
    "strided": _strided,
    "transposed": _transposed,
    "shifted": _shifted,
    "conjugate": lambda x: torch.complex(x, x).conj().real,
}


@demand("torch")
def views(subject: Subject) -> None:
    """Views of every kind give the same values and gradients."""
    want = summed(subject)(*given(subject))
    for name, view in VIEWS.items():
        for i in floating(subject):
            arrays = given(subject)
            arrays[i] = view(arrays[i])
            close(summed(subject)(*arrays), want, NEAR, f"{name} in {i}")
            arrays = given(subject)
            leaf = arrays[i].requires_grad_()
            arrays[i] = view(leaf)
            close_slope(subject, torch.autograd.grad(summed(subject)(*arrays), leaf)[0], i, f"{name} in {i}")


@demand("torch")
def repeated_examples(subject: Subject) -> None:
    """Expanded tensors, whose examples lie in the same memory, are as their copies."""
    arrays = [a if i in subject.shared else a[:1] for i, a in enumerate(subject.arrays)]
    leaf, copy = (torch.tensor(arrays[0]).requires_grad_() for _ in range(2))
    expanded = [leaf, *map(torch.tensor, arrays[1:])]
    expanded = [a if i in subject.shared else a.expand(3, *a.shape[1:]) for i, a in enumerate(expanded)]
    copies = [a.detach().clone() for a in expanded]
    copies[0] = copy.repeat(3, *[1] * (copy.ndim - 1))
    a, b = subject(*expanded), subject(*copies)
    close(a.detach(), b.detach(), NEAR)
    (a + b).backward()
    close(leaf.grad, copy.grad, NEAR)


class _Named(torch.Tensor):
    """A class of one's own."""


@demand("torch")
def parameters_and_subclasses(subject: Subject) -> None:
    """Parameters, tensors of a class of one's own, and slices of what wants gradients."""
    for kind in (torch.nn.Parameter, lambda t: t.as_subclass(_Named).requires_grad_()):
        arrays = given(subject)
        for i in subject.wrt:
            arrays[i] = kind(arrays[i])
        summed(subject)(*arrays).backward()
        for i in subject.wrt:
            close_slope(subject, arrays[i].grad.as_subclass(torch.Tensor), i, str(kind))
    arrays = given(subject)
    long = torch.stack([arrays[0], arrays[0]]).requires_grad_()
    summed(subject)(long[1], *arrays[1:]).backward()
    close_slope(subject, long.grad[1], 0)
    assert not long.grad[0].any()


def _mask(x: torch.Tensor) -> Any:
    return torch.masked.masked_tensor(x, torch.ones_like(x, dtype=torch.bool))


def _nested(layout: torch.layout) -> Callable[[torch.Tensor], Any]:
    return lambda x: torch.nested.nested_tensor([x, x[:2]], layout=layout)


KINDS: dict[str, tuple[str, Callable[[torch.Tensor], Any]]] = {
    "sparse": ("sparse", lambda x: x.to_sparse()),
    "compressed": ("sparse", lambda x: x.reshape(x.shape[0], -1).to_sparse_csr()),
    "nested": ("nested", _nested(torch.strided)),
    "jagged": ("nested", _nested(torch.jagged)),
    "masked": ("masked", _mask),
    "quantized": ("quantized", lambda x: torch.quantize_per_tensor(x.float(), 0.1, 0, torch.qint8)),
    "of MKL-DNN": ("mkldnn", lambda x: x.float().to_mkldnn()),
}


@demand("torch", ours="the words of an error")
def other_kinds(subject: Subject) -> None:
    """Sparse, nested, masked and quantized tensors: an error names the kind, and what to pass."""
    for name, (word, make) in KINDS.items():
        for i in (0, 1):
            if subject.arrays[i].dtype.kind != "f" or not subject.arrays[i].ndim:
                continue
            arrays = given(subject)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that they are prototypes
                arrays[i] = make(arrays[i])
                try:
                    value = subject(*arrays)
                except TypeError as error:
                    must_explain(error, "L005", word, f"`{subject.called[i]}`")
                    continue
            raise AssertionError(f"{name} in {i}: {value}")


@demand("torch")
def of_any_size(subject: Subject) -> None:
    """Sizes in turn, one example among them: values and gradients are NumPy's differences."""
    for count in (3, 1, 2, 5, 1, 3):
        arrays = list(subject.resized(count))
        leaf, *others = [torch.tensor(a) for a in arrays]
        value = summed(subject)(leaf.requires_grad_(), *others)
        close(value.detach(), total(subject, arrays), NEAR, f"of {count}")
        close(torch.autograd.grad(value, leaf)[0], slope_at(subject, arrays, 0), NEAR, f"of {count}")


@demand("torch")
def of_nothing(subject: Subject) -> None:
    """No examples: the loss is 0, and so are all gradients."""
    arrays = [
        torch.tensor(a[:0]) if i not in subject.shared else torch.tensor(a)
        for i, a in enumerate(subject.arrays)
    ]
    wanted = [arrays[i].requires_grad_() for i in subject.wrt]
    for reduction in ("mean", "sum"):
        value = subject(*arrays, reduction=reduction)
        assert value.item() == 0.0
        for i, g in zip(subject.wrt, torch.autograd.grad(value, wanted), strict=True):
            assert g.shape == arrays[i].shape
            assert not g.any(), f"{reduction}: {g}"
    assert subject(*arrays, reduction="none").numel() == 0


@demand("torch", lambda subject: "where" in subject.keywords, ours="`where`")
def of_nothing_that_counts(subject: Subject) -> None:
    """All examples masked out: the loss is 0, and so are all gradients, whatever is behind the mask."""
    arrays = watched(subject, *floating(subject))
    shape = subject(*arrays, reduction="none").shape
    with torch.no_grad():
        arrays[0].fill_(torch.nan)
    for where in (torch.zeros(shape, dtype=torch.bool), False):
        value = subject(*arrays, where=where)
        assert value.item() == 0.0
        wanted = [arrays[i] for i in floating(subject)]
        for g in torch.autograd.grad(value, wanted, allow_unused=True, materialize_grads=True):
            assert not g.any(), str(g)


@demand("torch", lambda subject: bool(subject.numbers), ours="tensors as options")
def ten_values_of_numbers(subject: Subject) -> None:
    """Ten values of each number, given as numbers and as tensors."""
    for name, number in subject.numbers.items():
        if (subject.loss, name) in CHOOSING:
            continue
        for k in range(10):
            arrays, value = watched(subject, 0), number * (1.0 - k / 40.0)
            loss = summed(subject)(*arrays, **{name: value})
            (g,) = torch.autograd.grad(loss, arrays[0])
            want = subject(*subject.arrays, reduction="sum", **{name: value})
            close(loss.detach(), want, NEAR, f"{name}={value}")
            tensor = torch.tensor(value, dtype=torch.float64)
            by_tensor = summed(subject)(*arrays, **{name: tensor})
            close(by_tensor.detach(), want, NEAR, f"{name}: a tensor of {value}")
            close(torch.autograd.grad(by_tensor, arrays[0])[0], g, NEAR, f"{name}: a tensor of {value}")


@demand("torch", lambda subject: bool(subject.numbers), ours="tensors as options")
def gradients_in_numbers(subject: Subject) -> None:
    """A number that is a tensor has a gradient, or an error says that it has none."""
    for name, number in subject.numbers.items():
        if (subject.loss, name) in CHOOSING:
            continue
        tensor = torch.tensor(number, dtype=torch.float64, requires_grad=True)
        try:
            value = summed(subject)(*given(subject), **{name: tensor})
            (g,) = torch.autograd.grad(value, tensor)
        except ValueError as error:
            must_explain(error, "L006")
            continue
        step = 1e-6
        with np.errstate(all="ignore"):
            sides = [subject(*subject.arrays, reduction="sum", **{name: number + s}) for s in (step, -step)]
        close(g, (sides[0] - sides[1]) / (2 * step), 1e-5, name)
