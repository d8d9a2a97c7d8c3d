"""Losses on empty input: no examples, or empty rows and vectors. The loss and its gradient are 0.

Formulas do not run on them, because an empty row has no maximum, for example.
"""

from functools import lru_cache
from typing import Any

from lossary._check import mistake
from lossary._kernel import Kernel
from lossary._program._rule import Inputs, Rule
from lossary._typing import Array

Shape = tuple[int, ...]


def is_nothing(kernel: Kernel, examples: Shape, first: Shape) -> bool:
    """Whether there are no examples, or rows are empty; sequences without frames do have a loss."""
    return 0 in examples or (len(kernel.cores[0]) == 1 and 0 in first)


def must_have_classes(kernel: Kernel, examples: Shape, first: Shape) -> None:
    """Raise if examples have labels but rows have no classes, or no bins."""
    ids = [a.name for a in kernel.takes if a.domain.is_class_id or a.domain.beyond < 0]
    if ids and 0 not in examples and is_nothing(kernel, examples, first):
        raise mistake(
            "L001",
            f"{kernel.name}: `{kernel.takes[0].name}` of shape {first} has no classes for `{ids[0]}` to name",
            fix="put the classes on an axis of their own, and name it by axis=",
        )


@lru_cache(maxsize=512)
def of_nothing(kernel: Kernel) -> Kernel:
    """The replacement for this kernel on empty arrays."""

    def value(x: Array, *_: Array, xp: Any, **params: Any) -> Array:
        return xp.sum(0.0 * x, axis=-1) if kernel.has_classes else 0.0 * x

    def derivative(x: Array, *_: Array, xp: Any, **params: Any) -> Array:
        return xp.zeros_like(x)

    def product(v: Array, x: Array, *_: Array, xp: Any, **params: Any) -> Array:
        return xp.zeros_like(x)

    formulas = value, derivative, derivative, product
    return Kernel(kernel.name, kernel.signature, kernel.takes, *formulas, classes=kernel.classes)


def _nothing(axes: tuple[int, ...]) -> Rule:
    """A rule for examples that lie along these axes."""

    def value(library: Any, inputs: Inputs, options: Any) -> tuple[Array, tuple[Array, ...]]:
        x: Array = inputs.arrays[0]
        return library.cast(library.xp.sum(0.0 * x, axis=axes), options.dtype), ()

    return Rule("nothing", value, _pull)


def _pull(
    library: Any, inputs: Inputs, options: Any, saved: Any, cotangent: Array, wanted: tuple[bool, ...]
) -> tuple[Array | None, ...]:
    arrays = zip(inputs.arrays, wanted, strict=True)
    return tuple([library.xp.zeros_like(a) if is_wanted else None for a, is_wanted in arrays])


NOTHING = _nothing((-1,))
"""A rule for no vectors, or for vectors without elements."""
NO_BATCH = _nothing((-2, -1))
"""The same for batches of vectors."""
