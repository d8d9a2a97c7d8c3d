"""Losses of the margin m = y·x, of a score x and a label y that says on which side of 0 it should be."""

from typing import Any

from lossary._check import choice
from lossary._kernel import LABELS, LOGITS, SIGNS, Kernel
from lossary._typing import Array, Formula, LabelsIn


def both_encodings(name: str, value: Formula, grad: Formula, hess: Formula) -> tuple[Kernel, Kernel]:
    """Of formulas in y = ±1 the kernel that takes labels 0 and 1, and the one that takes -1 and 1."""
    of_bits = Kernel(name, "(),()->()", (LOGITS, LABELS), _decoded(value), _decoded(grad), _decoded(hess))
    return of_bits, Kernel(name, "(),()->()", (LOGITS, SIGNS), value, grad, hess)


def _decoded(formula: Formula) -> Formula:
    def decoded(x: Array, labels: Array, *, xp: Any) -> Array:
        return formula(x, 2.0 * labels - 1.0, xp=xp)

    return decoded


def of_encoding(kernels: tuple[Kernel, Kernel], labels_in: LabelsIn) -> Kernel:
    """That of the two kernels which takes labels as they are encoded."""
    choice(kernels[0].name, "labels_in", labels_in, ("01", "pm1"))
    return kernels[0] if labels_in == "01" else kernels[1]
