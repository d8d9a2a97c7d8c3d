"""Losses as torch modules, for Lightning, skorch and `state_dict`."""

import difflib
from collections.abc import Mapping
from inspect import signature
from types import MappingProxyType
from typing import Any

from lossary._check import LossTypeError, mistake
from lossary._typing import Loss as LossFunction
from lossary.integrations._adapted import check_options, complete, loss_named, name_of

try:
    import torch
    from torch import nn
except ImportError as missing:  # pragma: no cover - tried in a process of its own
    raise ImportError("lossary.integrations.torch needs torch: pip install torch") from missing

_OF_EXAMPLES = {
    "weights": "criterion(predictions, targets, weights=...), in the call that has the examples",
    "where": "criterion(predictions, targets, where=...), in the call that has the examples",
}


class Loss(nn.Module):
    """A loss and its options as a module.

    Training does not need it: the functions take tensors. Use it where a framework requires a module, or to
    keep tensor options on the model's device.

    Parameters
    ----------
    loss : function or str
        A lossary loss, its name, or a sum of losses made with `lossary.kernel.loss`.
    **options
        Options of the loss, such as ``gamma=2.0`` or ``reduction="sum"``. Tensors, such as `class_weights` or
        `pos_weight`, become buffers: they move with ``.to(device)`` and are part of the ``state_dict``. A
        ``torch.nn.Parameter`` becomes a parameter, and is trained if you pass it to the optimizer.

    Raises
    ------
    LossInputError
        If `weights` or `where` are passed, which belong in the call.
    LossTypeError
        If the loss does not have an option.

    Examples
    --------
    >>> import torch, lossary
    >>> from lossary.integrations.torch import Loss
    >>> criterion = Loss(lossary.softmax_focal, gamma=2.0, class_weights=torch.tensor([1.0, 1.0, 5.0]))
    >>> criterion
    Loss(softmax_focal, gamma=2.0, class_weights=tensor of shape (3,))
    >>> list(criterion.state_dict())
    ['class_weights']
    >>> logits, labels = torch.zeros(2, 3, requires_grad=True), torch.tensor([0, 2])
    >>> print(f"{criterion(logits, labels).item():.4f}")
    1.4648
    """

    def __init__(self, loss: LossFunction | str, **options: Any):
        super().__init__()
        self.loss = loss = loss_named("Loss", loss)
        complete(loss)  # here, because `torch.compile` cannot trace it
        self._allowed = frozenset(signature(loss).parameters)
        self._given: tuple[str, ...] = ()
        check_options("Loss", loss, options, elsewhere=_OF_EXAMPLES)
        for name, option in options.items():
            setattr(self, name, option)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in vars(self).get("_allowed", ()):
            check_options("Loss", self.loss, [name], elsewhere=_OF_EXAMPLES)
            if name not in self._given:
                self._given += (name,)
            if isinstance(value, torch.Tensor) and not isinstance(value, nn.Parameter):
                self.__dict__.pop(name, None)  # an earlier value that was a number
                self.register_buffer(name, value)
                return
            self._buffers.pop(name, None)
        elif not hasattr(self, name) and (meant := difflib.get_close_matches(name, self._known(), 1, 0.8)):
            raise mistake(
                "L130",
                f"Loss: {name_of(self.loss)} has no option `{name}`",
                fix=f"criterion.{meant[0]} = ...",
                kind=LossTypeError,
            )
        super().__setattr__(name, value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        complete(self.loss)

    def _known(self) -> frozenset[str]:
        return frozenset(vars(self).get("_allowed", ()))

    @property
    def options(self) -> Mapping[str, Any]:
        """The options as the loss gets them, read-only, with tensors on the module's device."""
        return MappingProxyType(self._options())

    def _options(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self._given}

    # Named one by one, not `*arrays`, so `torch.export` takes `dynamic_shapes` as it does for a function.
    def forward(
        self,
        first: Any = None,
        second: Any = None,
        third: Any = None,
        fourth: Any = None,
        fifth: Any = None,
        /,
        *,
        weights: Any = None,
        where: Any = None,
        **arrays: Any,
    ) -> Any:
        """The loss, with arrays in the function's order or by name."""
        given = [a for a in (first, second, third, fourth, fifth) if a is not None]
        if weights is None and where is None:
            return self.loss(*given, **{**self._options(), **arrays})
        options = {**self._options(), **arrays}
        return complete(self.loss)(*given, weights=weights, where=where, **options)

    def extra_repr(self) -> str:
        return ", ".join([name_of(self.loss), *(f"{k}={_brief(v)}" for k, v in self._options().items())])


def _brief(option: Any) -> str:
    if isinstance(option, torch.Tensor) and option.ndim:
        return f"tensor of shape {tuple(option.shape)}"
    return repr(option.item() if isinstance(option, torch.Tensor) else option)
