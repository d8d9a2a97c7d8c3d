"""Labels that say whether two examples belong together, as 0 and 1 or as -1 and 1."""

from typing import Any

from lossary._check import choice
from lossary._kernel import LABELS, SIGNS, Argument, Kernel
from lossary._typing import Array, Formula, LabelsIn


def both_encodings(
    name: str, signature: str, takes: tuple[Argument, ...], *formulas: Formula | None
) -> tuple[Kernel, Kernel]:
    """The kernels that take labels of 0 and 1, and of -1 and 1, of formulas whose labels are in [0, 1].

    The formulas are value, gradient and second derivative, and perhaps its product with a vector. All take
    the labels last.
    """
    of_bits = Kernel(name, signature, (*takes, LABELS), *formulas)  # type: ignore[arg-type]
    decoded = [None if formula is None else _decoding(formula) for formula in formulas]
    return of_bits, Kernel(name, signature, (*takes, SIGNS), *decoded)  # type: ignore[arg-type]


def _decoding(formula: Formula) -> Formula:
    def decoded(*arrays: Array, xp: Any, **params: Any) -> Array:
        return formula(*arrays[:-1], 0.5 + 0.5 * arrays[-1], xp=xp, **params)

    return decoded


def of_encoding(kernels: tuple[Kernel, Kernel], labels_in: LabelsIn) -> Kernel:
    """That of the two kernels which takes labels as they are encoded."""
    choice(kernels[0].name, "labels_in", labels_in, ("01", "pm1"))
    return kernels[0] if labels_in == "01" else kernels[1]
