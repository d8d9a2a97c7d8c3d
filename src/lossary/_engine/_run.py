"""From a call to its program, which is built once for similar calls, and to the result."""

import sys
from functools import lru_cache
from math import copysign
from operator import attrgetter
from typing import Any

import numpy as np

from lossary._backend._holders import is_holder, plain
from lossary._backend._resolve import KNOWN, accelerated, resolve
from lossary._check import LossInputError, LossTypeError, mistake
from lossary._engine._caller import must_not_be_swapped
from lossary._engine._total import Total
from lossary._program._layout import axes_named
from lossary._program._library import Library
from lossary._program._plan import TOTAL, Key, Operands, make_plan
from lossary._program._tracing import tracing

_MOST = 2048
"""The number of cached programs; beyond it, the least recently used one is dropped."""


class _Kinds(dict[type, Any]):
    """For each type, how to get the kind of an object without reading its value."""

    def __missing__(self, cls: type) -> Any:
        names = ["__class__"]
        if hasattr(cls, "dtype") and not issubclass(cls, np.generic):
            names += ["dtype", "shape"]
            if hasattr(cls, "device") and cls.__module__.partition(".")[0] not in _OF_ONE_DEVICE:
                names.append("device")
        self[cls] = see = attrgetter(*names)
        return see


_OF_ONE_DEVICE = ("numpy", "jax", "jaxlib", "dask", "tensorflow")
"""Libraries with the same defaults on all devices."""

_KINDS = _Kinds()


def run(call: Any, want: Any) -> Any:
    """Find the program of a call by its names and kinds, and run it."""
    kernels, (order, wrt) = call.kernels, want
    kernel = kernels[0]
    defaults = kernel.defaults
    if wrt and wrt != (kernel.takes[0].name,):
        raise no_such_gradient(call.name, wrt, [kernel.takes[0].name])
    beside = (call.weights, call.where)
    params = {}
    for name, x in call.params.items():
        if x is None or (x.__class__ is float and x == defaults.get(name) and (x or copysign(1.0, x) > 0.0)):
            continue
        x = x.item() if isinstance(x, np.generic) else x
        params[name] = int(x) if x.__class__ is bool else x  # strict libraries do not multiply booleans
    given = (*call.arrays, *beside, *params.values())
    traced = tracing()
    library = None if traced else KNOWN.get(tuple(map(type, given)))
    if library is None:
        if not traced and any(map(is_holder, given)):
            return run(_of_plain_arrays(call), want)
        library = _resolved(kernel, given, params)
    axis, over, axis_name = call.axis, call.over, call.axis_name
    axis = axis if axis.__class__ is int else axes_named(axis, "axis", kernel.name)
    if axis_name is not None:
        axis_name = tuple(axis_name) if isinstance(axis_name, list) else axis_name
        library = library.with_rows_along(axis_name, kernel.name)
        if axis.__class__ is tuple and len(axis) > 1:
            raise mistake(
                "L130",
                f"{kernel.name}: with `axis_name` the classes lie along one axis, not along {axis}",
                why="ids are counted through a row, and devices have parts of it",
                fix="one axis of all classes, of which each device has a part",
            )
    kinds = []
    if traced:
        kinds = [kind_of(x) for x in given]  # sizes and numbers may be symbols
    else:
        try:
            for x in given:
                kinds.append(_KINDS[x.__class__](x))
        except RuntimeError:  # a tensor without a shape
            Operands(call.arrays, params, *beside).must_be_plain(library, kernel)
            raise
    key = (
        library,
        call.accelerate,
        kernels,
        _ORDERS[order],
        axis,
        call.reduction,
        over if over is None or over.__class__ is int else axes_named(over, "over", kernel.name),
        None if library.mode is None else library.mode(),
        tuple(params),
        tuple(kinds),
    )
    failed: Exception | None = None
    try:
        program = _lower(*key) if traced else _program(*key)
    except (TypeError, ValueError) as error:
        failed = error
    if failed is not None:  # outside `except`, so that users see one error instead of a chain
        Operands(call.arrays, params, *beside).must_be_plain(library, kernel)
        if isinstance(failed, LossInputError | LossTypeError):
            try:
                raise failed
            finally:
                del failed  # its traceback holds this frame, and so the arrays
        program = _lower(*key)  # symbolic sizes are not hashable
    result = program(Operands(call.arrays, params, *beside), call.thorough)
    if call.reduction == TOTAL:
        result = _with_total(result, order)
    return result if order == 0 else (result[0], (result[1],), *result[2:])


_ORDERS = ((0,), (0, 1), (0, 1, 2))


def kind_of(x: Any) -> Any:
    """The kind of a tensor or a number, in code that `torch.compile` can trace."""
    if x is None or isinstance(x, bool | float | int) or not hasattr(x, "device"):
        return type(x)
    return type(x), x.dtype, x.shape, x.device


def _of_plain_arrays(call: Any) -> Any:
    """The same call with plain arrays instead of their holders."""
    params = {name: plain(x) for name, x in call.params.items()}
    arrays = tuple(map(plain, call.arrays))
    return call.changed(arrays=arrays, params=params, weights=plain(call.weights), where=plain(call.where))


def _resolved(kernel: Any, given: tuple[Any, ...], params: Any) -> Library:
    names = (*[argument.name for argument in kernel.takes], "weights", "where", *params)
    return resolve(*given, loss=kernel.name, names=names)


def _lower(library: Library, accelerate: bool, *key: Any) -> Any:
    """The program for similar calls."""
    plan = make_plan(library, Key(*key))
    if accelerate and plan.library.name != "JAX":  # JAX needs no acceleration
        return accelerated(plan)
    return plan.library.lower(plan)


@lru_cache(_MOST)
def _program(*key: Any) -> Any:
    must_not_be_swapped(sys._getframe(1))
    return _lower(*key)


def _with_total(result: Any, order: int) -> Any:
    return Total(*result) if order == 0 else (Total(*result[0]), *result[1:])


def no_such_gradient(loss: str, wrt: Any, given: list[str]) -> Exception:
    return mistake(
        "L006",
        f"{loss}: there is a gradient in {', '.join(f'`{name}`' for name in given)}, not in {wrt!r}",
        why="`wrt` names arrays of this call, of which the derivative is known without autodiff",
        fix="one of these names, or a tuple of them; jax.grad and torch differentiate in the rest",
    )
