"""Every loss with a few ordinary examples, away from kinks, and what its derivatives are by differences."""

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_args

import numpy as np

import lossary
from lossary import _arguments as k
from lossary._kernel import Argument, Kernel
from lossary._typing import AnyArray
from tests.cases import all_cases

EXAMPLES, CLASSES, WIDTH = 3, 4, 2
"""How many examples there are, how many classes or numbers in a vector, and how many columns in a table."""
SIZES = (3, 4, 5, 7, 8, 9, 11, 12, 13, 6)
"""How many examples there may be."""

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
    names: tuple[str, ...] = ()
    """The keywords by which the last of its arrays are passed."""
    shared: tuple[int, ...] = ()
    """The positions of the arrays that all examples have in common."""

    def __str__(self) -> str:
        return self.name

    def __call__(self, *arrays: Any, **more: Any) -> Any:
        count = len(arrays) - len(self.names)
        named = dict(zip(self.names, arrays[count:], strict=True))
        return self.function(*arrays[:count], **{**self.options, **named, **more})

    @property
    def called(self) -> tuple[str, ...]:
        """What its arrays are called in the call of its loss."""
        parameters = tuple(inspect.signature(getattr(lossary, self.loss)).parameters)
        return (*parameters[: len(self.arrays) - len(self.names)], *self.names)

    def replaced(self, position: int, array: Any) -> list[Any]:
        arrays = list(self.arrays)
        arrays[position] = array
        return arrays

    def resized(self, count: int) -> Arrays:
        """The arrays with another number of examples: cut, or repeated."""
        return tuple(
            [
                a if i in self.shared else np.take(a, np.arange(count) % a.shape[0], axis=0)
                for i, a in enumerate(self.arrays)
            ]
        )

    @property
    def _by_position(self) -> int:
        """How many of its arrays are passed so."""
        return len(self.arrays) - len(self.names)

    @property
    def keywords(self) -> dict[str, Any]:
        """What may be passed beside the arrays, with the defaults."""
        given = list(inspect.signature(self.function).parameters.values())[self._by_position :]
        return {p.name: p.default for p in given if p.default is not p.empty and p.name not in self.names}

    @property
    def numbers(self) -> dict[str, float]:
        """The parameters that are numbers, each with an ordinary value that is not its default."""
        floats = {k: v for k, v in self.keywords.items() if isinstance(v, float)}
        return {k: _NUMBERS.get((self.loss, k), 0.8 * v + 0.07) for k, v in floats.items()}

    @property
    def ten_values(self) -> dict[str, list[float]]:
        """Ten values of each of the numbers, unless there is but one."""
        return {
            name: [v] if (self.loss, name) in _NUMBERS else [v * (1.0 - k / 40.0) for k in range(10)]
            for name, v in self.numbers.items()
        }


_NUMBERS = {
    ("multi_margin", "power"): 2.0,
    ("general_robust", "shape"): 0.5,
    ("log_tweedie", "variance_power"): 1.75,
}
"""Parameters that have no other value than this, or few."""
CHOOSING = (("multi_margin", "power"), ("general_robust", "shape"))
"""Numbers by which a formula is chosen: they cannot be arrays."""


def _rng(name: str) -> np.random.Generator:
    return np.random.default_rng(list(name.encode()))


def _rows(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    e = np.exp(0.5 * rng.normal(size=shape))
    return e / e.sum(axis=-1, keepdims=True)


def _center(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Of one shape: so the α of `complete_iou`, which derivatives take for a constant, is 0 and stays so."""
    sizes = rng.uniform(1.0, 4.0, (shape[0], 1)) * np.asarray([1.0, 1.5])
    return np.concatenate([rng.normal(size=(shape[0], 2)), sizes], axis=1)


def _corners(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    center, size = np.split(_center(rng, shape), 2, axis=1)
    return np.concatenate([center - size / 2, center + size / 2], axis=1)


_DRAWN: dict[Argument, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    k.CLASS_PROBS: _rows,
    k.CLASS_LABELS: _rows,
    k.LOG_PROBS: lambda rng, shape: np.log(_rows(rng, shape)),
    k.LOG_LABELS: lambda rng, shape: np.log(_rows(rng, shape)),
    k.CLASS_IDS: lambda rng, shape: rng.integers(0, CLASSES, shape),
    k.RANKS: lambda rng, shape: rng.integers(0, CLASSES + 1, shape),
    k.ITEMS: lambda rng, shape: np.arange(int(np.prod(shape))).reshape(shape) % 4 != 3,
    k.EVENTS: lambda rng, shape: np.arange(int(np.prod(shape))).reshape(shape) % 3 != 2,
    Argument("events"): lambda rng, shape: np.arange(int(np.prod(shape))).reshape(shape) % 3 != 2,
    k.SEGMENTS: lambda rng, shape: np.arange(int(np.prod(shape))).reshape(shape) % 2,
    k.COUNTS: lambda rng, shape: rng.integers(1, 5, shape).astype("float64"),
    k.RELEVANCES: lambda rng, shape: rng.uniform(1.0, 5.0, shape),
    Argument("labels"): lambda rng, shape: rng.uniform(1.0, 5.0, shape),
    **dict.fromkeys(k.BOXES["corners"], _corners),
    **dict.fromkeys(k.BOXES["center"], _center),
}


def drawn(argument: Argument, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Values well inside the domain of an argument."""
    if argument in _DRAWN:
        return _DRAWN[argument](rng, shape)
    low, high = argument.domain.low, argument.domain.high
    if np.isfinite(low) and np.isfinite(high):
        return low + (high - low) * rng.uniform(0.1, 0.9, shape)
    if np.isfinite(low) or np.isfinite(high):
        return rng.uniform(0.3, 2.0, shape) * (1 if np.isfinite(low) else -1)
    return rng.normal(size=shape)


def shape_of(core: tuple[str, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Of an array whose examples have these axes: from `shape`, unless the signature gives the length."""
    sizes = [int(name) if name.isdigit() else n for name, n in zip(core, shape[1:], strict=False)]
    return (shape[0], *sizes)


def asked_for(kernel: Kernel) -> dict[str, Any]:
    """The options that choose this kernel among its loss's, and the axes that it has no default for."""
    if kernel.name == "interval_score":
        return {"coverage": 0.5}  # so that differences of differences have digits
    if kernel.name in ("arcface", "cosface"):
        return {"scale": 8.0}
    if k.SIGNS in kernel.takes:
        return {"labels_in": "pm1"}
    of_each = kernel.cores[0] == () and any(other.cores[0] for other in kernels_of(kernel.name))
    no_axis: dict[str, Any] = {"axis": ()} if of_each else {}
    if k.LOG_LABELS in kernel.takes:
        return {"labels_in": "log_probs", **no_axis}
    if kernel.takes[0].domain.box:
        return {"format": kernel.takes[0].domain.box}
    if kernel.name == "softmax_kl_divergence" and k.LABEL_LOGITS in kernel.takes:
        return {"labels_in": "logits"}
    known = inspect.signature(getattr(lossary, kernel.name)).parameters
    if "axis" not in known or known["axis"].default is not inspect.Parameter.empty:
        return no_axis
    options: dict[str, Any] = {"axis": -1, **({"class_axis": -2} if len(kernel.cores[0]) == 2 else {})}
    for name in {"overlap", "absent"} & set(known):
        of_name = vars(sys.modules[getattr(lossary, kernel.name).__module__])["KERNELS"]
        options[name] = next(way for way, one in of_name.items() if one is kernel)
    return options


def _of_kernel(kernel: Kernel, several: bool) -> Subject:
    rng = _rng(kernel.name + kernel.signature)
    shape = (EXAMPLES, CLASSES, WIDTH)
    pairs = zip(kernel.takes, kernel.cores, strict=True)
    arrays = tuple([drawn(argument, rng, shape_of(core, shape)) for argument, core in pairs])
    options = asked_for(kernel)
    others = ["ids" if a.domain.is_class_id else a.name for a in kernel.takes[1:]]
    chosen = [v or "each" for k, v in options.items() if k in ("labels_in", "overlap", "format") or v == ()]
    name = "-".join([kernel.name, *(others if several else []), *chosen])
    return Subject(name, getattr(lossary, kernel.name), arrays, options, loss=kernel.name)


def kernels_of(loss: str) -> list[Kernel]:
    """The kernels of a loss: by themselves, in pairs, or by the option that chooses one of them."""
    found: list[Any] = []
    for value in vars(sys.modules[getattr(lossary, loss).__module__]).values():
        found += value if isinstance(value, tuple) else value.values() if isinstance(value, dict) else [value]
    return list(dict.fromkeys(v for v in found if isinstance(v, Kernel) and v.name == loss))


def _of_kernels() -> list[Subject]:
    found = []
    for loss in sorted({case.loss for case in all_cases()}):
        kernels = kernels_of(loss)
        found += [_of_kernel(kernel, len(kernels) > 1) for kernel in kernels]
    return found


def _of_matrices() -> list[Subject]:
    """The losses whose examples depend on each other, and on parameters with gradients of their own."""
    rng = _rng("matrices")
    n, d = 4, 3
    x, y = rng.normal(size=(2, n, d))
    groups = np.asarray([0, 0, 1, 1])
    number = np.asarray
    hidden, weight, bias = rng.normal(size=(n, d)), rng.normal(size=(CLASSES, d)), rng.normal(size=CLASSES)
    centers = 3.0 * weight
    ids = np.asarray([0, 2, 1, 3])
    queue = rng.normal(size=(5, d))
    temperature = ("temperature",)

    def of(
        name: str, arrays: Arrays, names: tuple[str, ...], wrt: tuple[int, ...], **options: Any
    ) -> Subject:
        loss = getattr(lossary, name)
        full = name + "".join(f"-{v}" for v in options.values())
        shared = tuple(
            [
                i
                for i, a in enumerate(arrays)
                if a.ndim == 0 or any(a is b for b in (weight, centers, bias, queue))
            ]
        )
        return Subject(full, loss, arrays, options, wrt, name, not names and not shared, names, shared)

    found = [
        of("info_nce", (x, y, number(0.5)), temperature, (0, 1, 2)),
        of("info_nce", (x, y, number(0.5)), temperature, (0, 1, 2), directions="both", chunk=2),
        of("info_nce", (x, y, queue, number(0.5)), ("negatives", "temperature"), (0, 1, 2, 3), chunk=3),
        of("sigmoid_contrastive", (x, y, number(0.5), number(-1.5)), ("temperature", "bias"), (0, 1, 2, 3)),
        of("nt_xent", (x, groups, number(0.5)), temperature, (0, 2)),
        of("supervised_contrastive", (x, groups, number(0.5)), temperature, (0, 2), chunk=3),
        of("circle", (x, groups), (), (0,), gamma=4.0),
        of("multi_similarity", (x, groups), (), (0,), negative_scale=4.0),
    ]
    views = rng.normal(size=(2, EXAMPLES, n, d))
    found += [of("barlow_twins", tuple(views), (), (0, 1), redundancy_weight=0.5)]
    found += [of("vicreg", tuple(0.5 * views), (), (0, 1), covariance_weight=3.0)]
    # By itself it goes by tokens for results that are one number, by the vocabulary for others.
    for strategy in ({}, {"strategy": "vocab"}):
        arrays = (hidden, weight, ids, bias)
        options = {**strategy, "chunk": 3, "label_smoothing": 0.1, "z_weight": 1e-2}
        found.append(of("linear_cross_entropy", arrays, ("bias",), (0, 1, 3), **options))
    found.append(of("linear_arcface", (3.0 * hidden, centers, ids), (), (0, 1), scale=8.0))
    z, labels = rng.normal(size=(2, 5, 3)), np.asarray([[1, 2], [2, 2]])
    lengths = np.asarray([5, 4]), np.asarray([2, 1])
    lattices = rng.normal(size=(2, 5, 3, 3))
    return [
        *found,
        of("ctc", (z, labels), (), (0,)),
        of("ctc", (z, labels, *lengths), ("logit_lengths", "label_lengths"), (0,), blank=0),
        of("rnnt", (lattices, labels), (), (0,)),
        of("rnnt", (lattices, labels, *lengths), ("logit_lengths", "label_lengths"), (0,), blank=0),
    ]


@cache
def subjects() -> tuple[Subject, ...]:
    """All, each by a name of its own."""
    return tuple({subject.name: subject for subject in (*_of_kernels(), *_of_matrices())}.values())


def numbers(subject: Subject) -> dict[str, float]:
    """The options of a loss of ours that may be any number of a range, and what they are for the subject."""
    if not subject.loss:
        return {}
    found = {}
    parameters = inspect.signature(getattr(lossary, subject.loss)).parameters
    for name, parameter in list(parameters.items())[len(subject.arrays) - len(subject.names) :]:
        value = subject.options.get(name, parameter.default)
        is_number = AnyArray in get_args(parameter.annotation) and isinstance(value, float)
        if is_number and name not in subject.names:
            found[name] = value
    return found


def total(subject: Subject, arrays: Any, **options: Any) -> float:
    """The sum of the losses, by NumPy in float64; of probabilities that are off their simplex as well."""
    with lossary.config(check="never"):
        return float(subject(*arrays, reduction="sum", **options))


def slope_at(subject: Subject, arrays: Any, position: int, step: float = 1e-5, **options: Any) -> np.ndarray:
    """The gradient in one of the arrays, by central differences of the value."""
    x = np.asarray(arrays[position], dtype="float64")
    found = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        sides = []
        for move in (step, -step):
            moved = x.copy()
            moved[place] += move
            moved_arrays = [*arrays[:position], moved, *arrays[position + 1 :]]
            sides.append(total(subject, moved_arrays, **options))
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
    step, v = 2e-4, direction(subject, along)
    sides = []
    for move in (step, -step):
        arrays = list(subject.arrays)
        arrays[along] = arrays[along] + move * v
        sides.append(slope_at(subject, arrays, position, 1e-4))
    return (sides[0] - sides[1]) / (2 * step)


def within_sums(subject: Subject, position: int, slope: Any) -> np.ndarray:
    """Of a derivative in distributions, what keeps their sums: only that is the same for all formulas."""
    x, found = subject.arrays[position], np.asarray(slope)
    of_rows = x.ndim > 1 and np.allclose(x.sum(axis=-1), 1.0)
    return found - found.mean(axis=-1, keepdims=True) if of_rows else found


def close(got: Any, want: Any, rtol: float, what: str = "") -> None:
    """To a part of the largest number."""
    got, want = np.asarray(got, dtype="float64"), np.asarray(want, dtype="float64")
    assert got.shape == want.shape, f"{what}: shape {got.shape}, expected {want.shape}"
    scale = np.abs(want).max(initial=1e-3)
    error = np.abs(got - want).max(initial=0.0) / scale
    assert error <= rtol, f"{what}: {error:.2g} off, of {scale:.3g}; got {got}, expected {want}"
