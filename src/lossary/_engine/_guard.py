"""Masking in, and values outside their domain: an error where they can be read, NaN where they cannot.

A masked example is one that is not there. So its inputs, which may be NaN, infinite or out of range, are
replaced *before* any arithmetic: neither its value nor its gradient can then spoil the others.
"""

from typing import Any

import numpy as np

from lossary._backend._base import Backend
from lossary._check import mistake
from lossary._engine._arrays import Inputs
from lossary._engine._explain import advice, listing
from lossary._kernel import Argument, Domain, Kernel
from lossary._typing import Array

INSIDE_EVERY_DOMAIN = 0.5


def guard(backend: Backend, kernel: Kernel, inputs: Inputs, where: Array) -> tuple[tuple[Array, ...], Array]:
    """Return the arrays as the kernel may see them, and None or which examples must come out as NaN."""
    xp = backend.xp
    arrays = []
    bad = None
    classes = inputs.arrays[0].shape[-1] if kernel.has_classes else 0
    for array, argument, core in zip(inputs.arrays, kernel.takes, kernel.cores, strict=True):
        if where is not None:
            mask = where[..., None] if core else where
            array = xp.where(
                mask, array, 0 if argument.domain.is_class_id else _filler(argument.domain, classes)
            )
        outside = _outside(backend, kernel, argument, array, classes)
        if outside is not None:
            if argument.domain.is_class_id:
                array = xp.where(outside, 0, array)
            elif core:
                outside = xp.any(outside, axis=-1)
            bad = outside if bad is None else bad | outside
        arrays.append(array)
    return tuple(arrays), bad


def _filler(domain: Domain, classes: int) -> float:
    return 1.0 / classes if domain.sums_to_one else INSIDE_EVERY_DOMAIN if domain.high > 0 else -1.0


def _outside(backend: Backend, kernel: Kernel, argument: Argument, x: Array, classes: int) -> Array:
    """Raise if values outside the domain can be read; else say where they are; None if there are none."""
    domain = argument.domain
    if domain == Domain():
        return None
    values = backend.host_values(x)
    if values is None:
        return _find(domain, x, classes, backend.xp)
    if _all_inside(domain, values, classes):
        return None
    raise _explain(kernel, argument, values, _find(domain, values, classes, np), classes)


def _find(domain: Domain, x: Array, classes: int, xp: Any) -> Array:
    if domain.is_class_id:
        return (x < 0) | (x >= classes)
    outside = x > domain.high + (_slack(x, xp) if domain.low < 0 else 0.0)
    if domain.low > -np.inf:
        outside = outside | (x < domain.low)
    if domain.sums_to_one:
        off = xp.sum(x, axis=-1, keepdims=True) - 1.0
        outside = outside | (off > _slack(x, xp)) | (off < -_slack(x, xp))
    return outside


def _slack(x: Array, xp: Any) -> float:
    """How far a row may be from summing to one: 16-bit predictions are rounded to two digits."""
    return 1e-2 if xp.finfo(x.dtype).bits <= 32 else 1e-3


def _all_inside(domain: Domain, values: np.ndarray[Any, Any], classes: int) -> bool:
    """The quick answer for what is right. NaN makes it unsure, and the slow answer is taken."""
    if values.size == 0:
        return True
    if domain.is_class_id:
        return bool(values.min() >= 0 and values.max() < classes)
    if domain.low == 0 and not domain.sums_to_one and values.min() >= 0 and values.max() <= domain.high:
        return True
    return not _find(domain, values, classes, np).any()


def _explain(
    kernel: Kernel,
    argument: Argument,
    values: np.ndarray[Any, Any],
    outside: np.ndarray[Any, Any],
    classes: int,
) -> Exception:
    domain = argument.domain
    what = f"{kernel.name}: `{argument.name}` {domain}"
    if domain.is_class_id:
        what = f"{kernel.name}: `{argument.name}` must be class ids from 0 to {classes - 1}"
    elif domain.sums_to_one:
        beyond = np.asarray((values < 0) | (values > 1))
        if beyond.any():
            outside = beyond
        else:
            what = f"{kernel.name}: each row of `{argument.name}` must sum to 1 along the class axis"
            values, outside = values.sum(axis=-1), np.asarray(outside.any(axis=-1))
    why, fix = advice(kernel, argument, values)
    return mistake(what, listing(values, outside), why=why, fix=fix)
