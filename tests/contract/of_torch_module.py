"""What may be expected of a loss as a module of torch."""

import copy
import pickle
from typing import Any

import torch

import lossary
from lossary.integrations.torch import Loss
from tests.contract.demands import demand
from tests.contract.of_torch import NEAR, close_slope, given, watched
from tests.contract.of_torch_compile import resized
from tests.contract.subjects import Subject, close


def ours(subject: Subject) -> bool:
    return subject.function is getattr(lossary, subject.loss, None)


def module(subject: Subject, **options: Any) -> Loss:
    return Loss(subject.function, **{**subject.options, **options})


def by_name(subject: Subject, arrays: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """What there is for each array, and apart from that for those that are passed by keyword."""
    count = len(arrays) - len(subject.names)
    return arrays[:count], dict(zip(subject.names, arrays[count:], strict=True))


@demand("torch", ours, ours="`lossary.integrations.torch`")
def as_a_module(subject: Subject) -> None:
    """A module takes all arrays of its loss; copies and pickles of it are equal."""
    criterion = module(subject, reduction="sum")
    for same in (criterion, copy.deepcopy(criterion), pickle.loads(pickle.dumps(criterion))):
        arrays = watched(subject, *subject.wrt)
        first, named = by_name(subject, arrays)
        same(*first, **named).backward()
        for i in subject.wrt:
            close_slope(subject, arrays[i].grad, i)
    assert repr(copy.deepcopy(criterion)) == repr(criterion)


@demand("torch", lambda subject: ours(subject) and bool(subject.numbers), ours="`lossary.integrations.torch`")
def options_that_are_changed(subject: Subject) -> None:
    """An option of a module that is set later takes effect, whether it was given before or not."""
    for name, number in subject.numbers.items():
        for criterion in (module(subject, **{name: number}), module(subject)):
            setattr(criterion, name, _other(name, number))
            first, named = by_name(subject, given(subject))
            want = subject(*given(subject), **{name: _other(name, number)})
            close(criterion(*first, **named), want, NEAR, name)
            assert name in repr(criterion)


def _other(name: str, number: float) -> float:
    return number if name == "power" else 0.7 * number


# Of a module that takes keywords of any name torch.export cannot be told the sizes, whatever it computes.
@demand("torch", lambda subject: ours(subject) and not subject.names, ours="`lossary.integrations.torch`")
def exported_modules(subject: Subject) -> None:
    """`torch.export` of a module with a batch of any size."""
    batch = torch.export.Dim("batch", min=2, max=1000)
    shapes = [None if i in subject.shared else {0: batch} for i in range(len(subject.arrays))]
    criterion = module(subject)
    program = torch.export.export(criterion, tuple(resized(subject, 6)), dynamic_shapes=tuple(shapes))
    arrays = resized(subject, 11)
    close(program.module()(*arrays), criterion(*arrays), NEAR)
