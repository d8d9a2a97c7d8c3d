"""Eager torch: lossary, torch.nn.functional, hand-written formulas and, on request, torch.compile."""

from collections.abc import Callable
from functools import partial

import torch
from torch.nn import functional as F  # noqa: N812 (so the framework's own documentation calls it)

import lossary
from bench._speed_group import Call, Group, Settings
from bench._speed_work import Work

_Loss = Callable[..., torch.Tensor]
_BCE, _FOCAL, _SOFTMAX = "sigmoid_binary_cross_entropy", "sigmoid_focal", "softmax_cross_entropy"


def group(settings: Settings) -> Group:
    device = torch.device(settings.torch_device)
    on_cpu = device.type == "cpu"
    if settings.one_thread:
        torch.set_num_threads(1)
    return Group(
        "cpu" if on_cpu else torch.cuda.get_device_name(device),
        "torch.nn.functional",
        lambda array: torch.from_numpy(array).to(device),
        partial(_calls, settings.compile),
        lambda x, y: {"torch.sum": lambda: (x.sum(), y.sum())},
        None if on_cpu else lambda _: torch.cuda.synchronize(device),
    )


def torchvision_focal(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """As in torchvision; torch itself has none."""
    p = torch.sigmoid(x)
    nll = F.binary_cross_entropy_with_logits(x, y, reduction="none")
    p_t = p * y + (1 - p) * (1 - y)
    return (nll * (1 - p_t) ** 2).mean()


_NATIVE: dict[str, _Loss] = {
    _BCE: F.binary_cross_entropy_with_logits,
    _FOCAL: torchvision_focal,
    "huber": F.huber_loss,
    _SOFTMAX: F.cross_entropy,
}


def _formula_focal(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    p = torch.sigmoid(x)
    nll = x.clamp(min=0) - x * y + torch.log1p(torch.exp(-x.abs()))
    return (nll * (p * (1 - y) + (1 - p) * y) ** 2).mean()


def _formula_huber(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    a = (x - y).abs()
    return torch.where(a <= 1, 0.5 * a * a, a - 0.5).mean()


_FORMULAS: dict[str, _Loss] = {
    _BCE: lambda x, y: (x.clamp(min=0) - x * y + torch.log1p(torch.exp(-x.abs()))).mean(),
    _FOCAL: _formula_focal,
    "huber": _formula_huber,
    _SOFTMAX: lambda x, ids: (torch.logsumexp(x, 1) - x.gather(1, ids[:, None])[:, 0]).mean(),
}


def _calls(compiled: bool, work: Work, quantity: str, x: torch.Tensor, y: torch.Tensor) -> dict[str, Call]:
    ours = partial(getattr(lossary, work.loss), **work.options)
    losses: dict[str, _Loss] = {
        "lossary": ours,
        "torch.nn.functional": _NATIVE[work.loss],
        "formula": _FORMULAS[work.loss],
    }
    if compiled:
        losses["torch.compile"] = torch.compile(_NATIVE[work.loss], dynamic=False)
    if quantity == "value":
        return {name: partial(loss, x, y) for name, loss in losses.items()}
    leaf = x.detach().requires_grad_()
    found = {name: partial(_backward, loss, leaf, y) for name, loss in losses.items()}
    derive = lossary.value_and_grad(getattr(lossary, work.loss))
    return {"lossary.value_and_grad": partial(derive, x, y, **work.options), **found}


def _backward(loss: _Loss, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
    x.grad = None
    value = loss(x, y)
    value.backward()
    grad, x.grad = x.grad, None
    return value.detach(), grad
