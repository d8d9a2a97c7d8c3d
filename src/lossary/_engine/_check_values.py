"""Values outside their domain are an error, wherever reading them costs no transfer and breaks no trace."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lossary._backend._base import Backend
from lossary._check import PARAMETERS, mistake, parameter
from lossary._engine._arrays import Layout, aligned_shape
from lossary._engine._explain import advice, listing
from lossary._kernel import Argument, Domain, Kernel
from lossary._typing import Array

Values = np.ndarray[Any, Any]


def check_values(
    backend: Backend, kernel: Kernel, layout: Layout, arrays: tuple[Array, ...], weights: Array, where: Array
) -> tuple[str, ...]:
    """Raise if a value that counts is outside its domain. Return the names of what could not be read."""
    classes = arrays[0].shape[layout.axis] if kernel.has_classes else 0
    unread = []
    for array, argument, core in zip(arrays, kernel.takes, kernel.cores, strict=True):
        if argument.domain == Domain():
            continue
        values = backend.host_values(array)
        if values is None:
            unread.append(argument.name)
        else:
            _check_argument(backend, kernel, layout, argument, bool(core), values, classes, where)
    if not _check_weights(backend, kernel, layout, weights, where):
        unread.append("weights")
    return tuple(unread)


def check_parameters(backend: Backend, kernel: Kernel, params: Mapping[str, Any]) -> tuple[str, ...]:
    """Raise if a parameter is outside its range. Return the names of those that could not be read."""
    unread = []
    for name, value in params.items():
        if isinstance(value, float | int):
            parameter(kernel.name, name, value)
            continue
        values = backend.host_values(value)
        if values is None:
            unread.append(name)
            continue
        wrong = np.asarray(PARAMETERS[name].excludes(values))
        if wrong.any():
            raise mistake(
                f"{kernel.name}: `{name}` must be {PARAMETERS[name].text}",
                listing(values, wrong),
                fix=PARAMETERS[name].hint,
            )
    return tuple(unread)


def outside(domain: Domain, x: Array, classes: int, xp: Any) -> Array:
    """Where values are outside; NaN never is. In a row that does not sum to one, all are."""
    if domain.is_class_id:
        return (x < 0) | (x >= classes)
    beyond = x > domain.high + (_slack(x, xp) if domain.low < 0 else 0.0)
    if domain.low > -np.inf:
        beyond = beyond | (x < domain.low)
    if domain.sums_to_one:
        off = xp.sum(x, axis=-1, keepdims=True) - 1.0
        beyond = beyond | (off > _slack(x, xp)) | (off < -_slack(x, xp))
    return beyond


def _slack(x: Array, xp: Any) -> float:
    """How far a row may be from summing to one: 16-bit predictions are rounded to two digits."""
    return 1e-2 if xp.finfo(x.dtype).bits <= 32 else 1e-3


def _check_argument(
    backend: Backend,
    kernel: Kernel,
    layout: Layout,
    argument: Argument,
    is_row: bool,
    values: Values,
    classes: int,
    where: Array,
) -> None:
    domain = argument.domain
    if is_row:
        values = np.moveaxis(values, layout.axis, -1)
    if not domain.is_class_id and values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float32)
    if _all_inside(domain, values, classes):
        return
    wrong = np.asarray(outside(domain, values, classes, np))
    mask = _host_mask(backend, kernel, layout, where)
    if mask is not None:
        wrong = wrong & (mask[..., None] if is_row else mask)
    if wrong.any():
        raise _explain(kernel, argument, values, wrong, classes)


def _all_inside(domain: Domain, values: Values, classes: int) -> bool:
    """The quick answer for what is right. NaN makes it unsure, and the slow answer is taken."""
    if values.size == 0:
        return True
    if domain.is_class_id:
        return bool(values.min() >= 0 and values.max() < classes)
    if domain.sums_to_one:
        return False
    return bool(values.min() >= domain.low and values.max() <= domain.high)


def _host_mask(backend: Backend, kernel: Kernel, layout: Layout, where: Array) -> Values | None:
    mask = None if where is None else backend.host_values(where)
    if mask is None or mask.dtype.kind != "b":
        return None
    return mask.reshape(aligned_shape(kernel.name, "where", mask.shape, layout.shape))


def _check_weights(backend: Backend, kernel: Kernel, layout: Layout, weights: Array, where: Array) -> bool:
    if weights is None:
        return True
    values = backend.host_values(weights)
    if values is None:
        return False
    if not values.size or values.min() >= 0:
        return True
    values = values.reshape(aligned_shape(kernel.name, "weights", values.shape, layout.shape))
    negative = values < 0
    mask = _host_mask(backend, kernel, layout, where)
    if mask is not None:
        negative = negative & mask
        values = np.broadcast_to(values, negative.shape)
    if negative.any():
        raise mistake(
            f"{kernel.name}: `weights` must not be negative",
            listing(values, negative),
            why="an example of negative weight is rewarded for being wrong: the loss has no minimum",
            fix="weights=abs(weights), or where=weights > 0",
        )
    return True


def _explain(kernel: Kernel, argument: Argument, values: Values, wrong: Values, classes: int) -> Exception:
    domain = argument.domain
    sums = None
    what = f"{kernel.name}: `{argument.name}` {domain}"
    if domain.is_class_id:
        what = f"{kernel.name}: `{argument.name}` must be class ids from 0 to {classes - 1}"
    elif domain.sums_to_one:
        beyond = wrong & ((values < 0) | (values > 1))
        if beyond.any():
            wrong = beyond
        else:
            what = f"{kernel.name}: each row of `{argument.name}` must sum to 1 along the class axis"
            sums, wrong = values.sum(axis=-1), np.asarray(wrong.any(axis=-1))
    why, fix = advice(kernel, argument, values)
    if sums is not None:
        values = sums
    return mistake(what, listing(values, wrong), why=why, fix=fix)
