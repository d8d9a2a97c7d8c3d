"""Values outside their domain are an error, wherever reading them costs no transfer and breaks no trace."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lossary._check import PARAMETERS, mistake
from lossary._engine._arrays import aligned_shape, rows_last
from lossary._engine._explain import advice, listing
from lossary._engine._plan import Operands, Plan
from lossary._kernel import Argument, Domain, Kernel
from lossary._typing import Array

Values = np.ndarray[Any, Any]

_BITS = {
    np.dtype("float32"): (np.uint32, 0x3F800000),
    np.dtype("float64"): (np.uint64, 0x3FF0000000000000),
}
"""The unsigned integer as wide as a floating dtype, and the bits of 1.0."""


def check_values(plan: Plan, operands: Operands) -> tuple[str, ...]:
    """Raise if a value that counts is outside its domain. Return the names of what could not be read."""
    backend, kernel = plan.backend, plan.kernel
    unread = []
    for position, is_row in plan.checked:
        array, argument = operands.arrays[position], kernel.takes[position]
        values = backend.host_values(plan.numbers[position] if array is None else array)
        if values is None:
            unread.append(argument.name)
        else:
            _check_argument(plan, argument, is_row, values, operands)
    if operands.weights is not None and not _check_weights(plan, operands):
        unread.append("weights")
    if plan.traced:
        unread += _check_parameters(plan, {**operands.params, **operands.per_class})
    return tuple(unread)


def _check_parameters(plan: Plan, params: Mapping[str, Any]) -> list[str]:
    unread = []
    for name, value in params.items():
        values = plan.backend.host_values(value)
        if values is None:
            unread.append(name)
            continue
        wrong = np.asarray(PARAMETERS[name].excludes(values))
        if wrong.any():
            raise mistake(
                f"{plan.kernel.name}: `{name}` must be {PARAMETERS[name].text}",
                listing(values, wrong),
                fix=PARAMETERS[name].hint,
            )
    return unread


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


def _check_argument(plan: Plan, argument: Argument, is_row: bool, values: Values, operands: Operands) -> None:
    domain = argument.domain
    classes = plan.classes
    if _all_inside(domain, values, classes):
        return
    if is_row:
        values = rows_last(values, plan.layout.axis, np)
    if not domain.is_class_id and values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float32)
    wrong = np.asarray(outside(domain, values, classes, np))
    mask = _host_mask(plan, operands.where)
    if mask is not None:
        wrong = wrong & (mask[..., None] if is_row else mask)
    if wrong.any():
        raise _explain(plan.kernel, argument, values, wrong, classes)


def _all_inside(domain: Domain, values: Values, classes: int) -> bool:
    """The quick answer for what is right. NaN makes it unsure, and the slow answer is taken."""
    if values.size == 0 or (values.dtype.kind == "b" and not domain.is_class_id):
        return True
    if domain.sums_to_one:
        return False
    if domain.is_unit and values.dtype in _BITS:
        # The bits of numbers from 0 to 1 are in their order, those of all others, as integers, above.
        bits, one = _BITS[values.dtype]
        return bool(np.maximum.reduce(values.view(bits), axis=None) <= one)
    low, high = np.minimum.reduce(values, axis=None), np.maximum.reduce(values, axis=None)
    if domain.is_class_id:
        return bool(low >= 0 and high < classes)
    return bool(low >= domain.low and high <= domain.high)


def _host_mask(plan: Plan, where: Array) -> Values | None:
    mask = None if where is None else plan.backend.host_values(where)
    if mask is None or mask.dtype.kind != "b":
        return None
    return mask.reshape(aligned_shape(plan.kernel.name, "where", mask.shape, plan.layout.shape))


def _check_weights(plan: Plan, operands: Operands) -> bool:
    values = plan.backend.host_values(operands.weights)
    if values is None:
        return False
    if not values.size or values.min() >= 0:
        return True
    loss = plan.kernel.name
    values = values.reshape(aligned_shape(loss, "weights", values.shape, plan.layout.shape))
    negative = values < 0
    mask = _host_mask(plan, operands.where)
    if mask is not None:
        negative = negative & mask
        values = np.broadcast_to(values, negative.shape)
    if negative.any():
        raise mistake(
            f"{loss}: `weights` must not be negative",
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
