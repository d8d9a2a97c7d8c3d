"""Every loss with a few ordinary examples, away from kinks, and what its derivatives are by differences."""

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np

import lossary
from lossary import _kernel as k
from lossary._kernel import Argument, Kernel
from tests.cases import all_cases

EXAMPLES, CLASSES, WIDTH = 3, 4, 2
"""How many examples there are, how many classes or numbers in a vector, and how many columns in a table."""

Arrays = tuple[np.ndarray, ...]


@dataclass(frozen=True, eq=False)
class Subject:
    """A loss and what it is called with."""

    name: str
    function: Callable[..., Any]
    arrays: Arrays
    """Floating ones of float64."""
    options: dict[str, Any] = field(default_factory=dict)
    wrt: tuple[int, ...] = (0,)
    """The positions of the arrays in which it has a gradient."""
    loss: str = ""
    """The public name of the loss, of which there may be several subjects."""
    batches: bool = True
    """Whether the first axis of each array of the subject is that of the examples."""

    def __str__(self) -> str:
        return self.name

    def __call__(self, *arrays: Any, **more: Any) -> Any:
        return self.function(*arrays, **{**self.options, **more})

    def replaced(self, position: int, array: Any) -> list[Any]:
        arrays = list(self.arrays)
        arrays[position] = array
        return arrays


def _rng(name: str) -> np.random.Generator:
    return np.random.default_rng(list(name.encode()))


def _rows(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    e = np.exp(0.5 * rng.normal(size=shape))
    return e / e.sum(axis=-1, keepdims=True)


_DRAWN: dict[Argument, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    k.CLASS_PROBS: _rows,
    k.CLASS_LABELS: _rows,
    k.LOG_PROBS: lambda rng, shape: np.log(_rows(rng, shape)),
    k.LOG_LABELS: lambda rng, shape: np.log(_rows(rng, shape)),
    k.CLASS_IDS: lambda rng, shape: rng.integers(0, CLASSES, shape),
    k.ITEMS: lambda rng, shape: np.arange(int(np.prod(shape))).reshape(shape) % 4 != 3,
    k.SEGMENTS: lambda rng, shape: np.arange(int(np.prod(shape))).reshape(shape) % 2,
    k.COUNTS: lambda rng, shape: rng.integers(1, 5, shape).astype("float64"),
    k.RELEVANCES: lambda rng, shape: rng.integers(0, 4, shape).astype("float64"),
    Argument("labels"): lambda rng, shape: rng.integers(0, 4, shape).astype("float64"),
}


def drawn(argument: Argument, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Values well inside the domain of an argument."""
    if argument in _DRAWN:
        return _DRAWN[argument](rng, shape)
    low, high = argument.domain.low, argument.domain.high
    if np.isfinite(low) and np.isfinite(high):
        return low + (high - low) * rng.uniform(0.1, 0.9, shape)
    return rng.uniform(0.3, 2.0, shape) if np.isfinite(low) else rng.normal(size=shape)


def _asked_for(kernel: Kernel) -> dict[str, Any]:
    """The options that choose this kernel among its loss's, and the axes that it has no default for."""
    if k.SIGNS in kernel.takes:
        return {"labels_in": "pm1"}
    if k.LOG_LABELS in kernel.takes:
        return {"labels_in": "log_probs"}
    axis = inspect.signature(getattr(lossary, kernel.name)).parameters.get("axis")
    if axis is None or axis.default is not axis.empty:
        return {}
    return {"axis": -1, "class_axis": -2} if len(kernel.cores[0]) == 2 else {"axis": -1}


def _of_kernel(kernel: Kernel, several: bool) -> Subject:
    rng = _rng(kernel.name + kernel.signature)
    shape = (EXAMPLES, CLASSES, WIDTH)
    pairs = zip(kernel.takes, kernel.cores, strict=True)
    arrays = tuple([drawn(argument, rng, shape[: 1 + len(core)]) for argument, core in pairs])
    options = _asked_for(kernel)
    others = ["ids" if a.domain.is_class_id else a.name for a in kernel.takes[1:]]
    chosen = [v for k, v in options.items() if k == "labels_in"]
    name = "-".join([kernel.name, *(others if several else []), *chosen])
    return Subject(name, getattr(lossary, kernel.name), arrays, options, loss=kernel.name)


def _of_kernels() -> list[Subject]:
    found = []
    for loss in sorted({case.loss for case in all_cases()}):
        module = vars(sys.modules[getattr(lossary, loss).__module__])
        values = list(module.values()) + [
            v for pair in module.values() if isinstance(pair, tuple) for v in pair
        ]
        kernels = list(dict.fromkeys(v for v in values if isinstance(v, Kernel) and v.name == loss))
        found += [_of_kernel(kernel, len(kernels) > 1) for kernel in kernels]
    return found


def _by_name(loss: Callable[..., Any], names: tuple[str, ...], *arrays: Any, **options: Any) -> Any:
    """A loss whose further arrays are passed by keyword."""
    count = len(arrays) - len(names)
    return loss(*arrays[:count], **dict(zip(names, arrays[count:], strict=True)), **options)


def _of_matrices() -> list[Subject]:
    """The losses whose examples depend on each other, and on parameters with gradients of their own."""
    rng = _rng("matrices")
    n, d = 4, 3
    x, y = rng.normal(size=(2, n, d))
    groups = np.asarray([0, 0, 1, 1])
    number = np.asarray
    hidden, weight, bias = rng.normal(size=(n, d)), rng.normal(size=(CLASSES, d)), rng.normal(size=CLASSES)
    ids = np.asarray([0, 2, 1, 3])
    temperature = ("temperature",)

    def of(
        name: str, arrays: Arrays, names: tuple[str, ...], wrt: tuple[int, ...], **options: Any
    ) -> Subject:
        loss = getattr(lossary, name)
        full = name + "".join(f"-{v}" for v in options.values())
        function = partial(_by_name, loss, names) if names else loss
        return Subject(full, function, arrays, options, wrt, name, batches=not names)

    found = [
        of("info_nce", (x, y, number(0.5)), temperature, (0, 1, 2)),
        of("info_nce", (x, y, number(0.5)), temperature, (0, 1, 2), directions="both", chunk=2),
        of("sigmoid_contrastive", (x, y, number(0.5), number(-1.5)), ("temperature", "bias"), (0, 1, 2, 3)),
        of("nt_xent", (x, groups, number(0.5)), temperature, (0, 2)),
        of("supervised_contrastive", (x, groups, number(0.5)), temperature, (0, 2), chunk=3),
        of("circle", (x, groups), (), (0,), gamma=4.0),
    ]
    for strategy in ("vocab", "token"):
        arrays = (hidden, weight, ids, bias)
        options = {"strategy": strategy, "chunk": 3, "label_smoothing": 0.1, "z_weight": 1e-2}
        found.append(of("linear_cross_entropy", arrays, ("bias",), (0, 1, 3), **options))
    z, labels = rng.normal(size=(2, 5, 3)), np.asarray([[1, 2], [2, 2]])
    lengths = np.asarray([5, 4]), np.asarray([2, 1])
    return [
        *found,
        of("ctc", (z, labels), (), (0,)),
        of("ctc", (z, labels, *lengths), ("logit_lengths", "label_lengths"), (0,), blank=0),
    ]


@cache
def subjects() -> tuple[Subject, ...]:
    """All, each by a name of its own."""
    return tuple({subject.name: subject for subject in (*_of_kernels(), *_of_matrices())}.values())


def total(subject: Subject, arrays: Any) -> float:
    """The sum of the losses, by NumPy in float64; of probabilities that are off their simplex as well."""
    with lossary.config(check="never"):
        return float(subject(*arrays, reduction="sum"))


def slope_at(subject: Subject, arrays: Any, position: int, step: float = 1e-5) -> np.ndarray:
    """The gradient in one of the arrays, by central differences of the value."""
    x = np.asarray(arrays[position], dtype="float64")
    found = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        sides = []
        for move in (step, -step):
            moved = x.copy()
            moved[place] += move
            sides.append(total(subject, [*arrays[:position], moved, *arrays[position + 1 :]]))
        found[place] = (sides[0] - sides[1]) / (2 * step)
    return found


@cache
def slope(subject: Subject, position: int = 0) -> np.ndarray:
    return slope_at(subject, list(subject.arrays), position)


@cache
def direction(subject: Subject, position: int = 0) -> np.ndarray:
    return _rng(subject.name + str(position)).normal(size=subject.arrays[position].shape)


@cache
def bend(subject: Subject, position: int = 0, along: int | None = None) -> np.ndarray:
    """The derivative of the gradient in the array at `position` along `direction` of that at `along`."""
    along = position if along is None else along
    step, v = 1e-3, direction(subject, along)
    sides = []
    for move in (step, -step):
        arrays = list(subject.arrays)
        arrays[along] = arrays[along] + move * v
        sides.append(slope_at(subject, arrays, position, 1e-4))
    return (sides[0] - sides[1]) / (2 * step)


def close(got: Any, want: Any, rtol: float, what: str = "") -> None:
    """To a part of the largest number."""
    got, want = np.asarray(got, dtype="float64"), np.asarray(want, dtype="float64")
    assert got.shape == want.shape, f"{what}: shape {got.shape}, expected {want.shape}"
    scale = np.abs(want).max(initial=1e-3)
    error = np.abs(got - want).max(initial=0.0) / scale
    assert error <= rtol, f"{what}: {error:.2g} off, of {scale:.3g}; got {got}, expected {want}"
