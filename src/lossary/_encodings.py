"""Labels of two kinds, as 0 and 1 or as -1 and 1: a kernel for each, of formulas in one of them."""

from typing import Any

from lossary._arguments import LABELS, SIGNS
from lossary._check import choice
from lossary._kernel import Argument, Kernel
from lossary._typing import Array, Formula, LabelsIn


def both_encodings(
    name: str, signature: str, takes: tuple[Argument, ...], *formulas: Formula | None, own: LabelsIn
) -> tuple[Kernel, Kernel]:
    """The kernels that take labels of 0 and 1, and of -1 and 1, of formulas in the encoding `own`.

    The formulas are those of a kernel, in its order. All take the labels last.
    """
    decoded = [None if formula is None else _decoding(formula, own) for formula in formulas]
    of_bits, of_signs = (formulas, decoded) if own == "01" else (decoded, formulas)
    return (
        Kernel(name, signature, (*takes, LABELS), *of_bits),
        Kernel(name, signature, (*takes, SIGNS), *of_signs),
    )


def _decoding(formula: Formula, own: LabelsIn) -> Formula:
    def decoded(*arrays: Array, xp: Any, **params: Any) -> Array:
        *others, labels = arrays
        labels = 0.5 + 0.5 * labels if own == "01" else 2.0 * labels - 1.0
        return formula(*others, labels, xp=xp, **params)

    return decoded


def of_encoding(kernels: tuple[Kernel, Kernel], labels_in: LabelsIn) -> Kernel:
    """That of the two kernels which takes labels as they are encoded."""
    choice(kernels[0].name, "labels_in", labels_in, ("01", "pm1"))
    return kernels[0] if labels_in == "01" else kernels[1]
