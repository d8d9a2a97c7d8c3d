"""Masking in, and NaN for what is outside its domain and could not be read.

A masked example is one that is not there. So its inputs, which may be NaN, infinite or out of range, are
replaced *before* any arithmetic: neither its value nor its gradient can then spoil the others.
"""

from lossary._backend._base import Backend
from lossary._check import PARAMETERS
from lossary._engine._arrays import Inputs
from lossary._engine._check_values import outside
from lossary._kernel import Domain, Kernel
from lossary._typing import Array

INSIDE_EVERY_DOMAIN = 0.5


def guard(
    backend: Backend, kernel: Kernel, inputs: Inputs, where: Array, unread: tuple[str, ...]
) -> tuple[tuple[Array, ...], Array]:
    """Return the arrays as the kernel may see them, and None or which examples must come out as NaN."""
    xp = backend.xp
    arrays = []
    bad = None
    classes = inputs.arrays[0].shape[-1] if kernel.has_classes else 0
    for array, argument, core in zip(inputs.arrays, kernel.takes, kernel.cores, strict=True):
        domain = argument.domain
        if where is not None:
            array = xp.where(where[..., None] if core else where, array, _filler(domain, classes))
        if argument.name in unread:
            wrong = outside(domain, array, classes, xp)
            if domain.is_class_id:
                array = xp.where(wrong, 0, array)
            elif core:
                wrong = xp.any(wrong, axis=-1)
            bad = wrong if bad is None else bad | wrong
        arrays.append(array)
    for name in unread:
        if name in inputs.params:
            wrong = xp.any(PARAMETERS[name].excludes(inputs.params[name]))
            bad = wrong if bad is None else bad | wrong
    return tuple(arrays), bad


def _filler(domain: Domain, classes: int) -> float:
    """A value inside the domain, for the inputs of examples that do not count."""
    if domain.is_class_id:
        return 0
    if domain.sums_to_one:
        return 1.0 / classes
    return INSIDE_EVERY_DOMAIN if domain.high > 0 else -1.0
