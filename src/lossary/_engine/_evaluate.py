"""From a kernel and the user's arrays to the reduced loss, or to its derivatives.

planned, once for calls that are alike → values checked where they can be read → (from here on in one piece
that JAX compiles, or in blocks) one floating dtype → masked in → kernel → weighed → reduced.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from lossary._backend._base import Backend
from lossary._backend._resolve import accelerated
from lossary._check import mistake
from lossary._engine._blocks import in_blocks
from lossary._engine._check_values import check_values
from lossary._engine._parts import parts_of
from lossary._engine._plan import Operands, Plan, plan_for
from lossary._engine._staged import check_when_run
from lossary._engine._weigh import finish
from lossary._kernel import Kernel
from lossary._typing import Array, Axes, AxisName, RowAxes

Function = TypeVar("Function", bound=Callable[..., Any])

_NONE: Mapping[str, Any] = {}


class Request(NamedTuple):
    """Passed by a transformation in place of the first array: what is wanted beside the loss."""

    array: Array
    order: int = 0
    """Up to which order derivatives are."""
    accelerate: bool = False
    thorough: bool = False
    """Whether values are checked at any cost."""
    wrt: str | tuple[str, ...] | None = None
    """The arrays to differentiate in, by name; None: the first."""


def as_written(function: Function) -> Function:
    """Mark a function so that `tf.function`, which rewrites the source of what it calls, leaves it alone."""
    vars(function)["autograph_info__"] = None
    return function


SIGNATURE: Any = object()
"""Passed in place of the first array: what is wanted is what the loss takes."""


def kernels_of(loss: Callable[..., Any], **options: Any) -> tuple[Kernel, ...]:
    """The kernels of a loss of this library: one for each kind of labels that it takes."""
    found: tuple[Kernel, ...] = loss(SIGNATURE, None, **options)
    return found


@as_written
def evaluate(
    kernels: Kernel | tuple[Kernel, ...],
    *arrays: Array,
    axis: RowAxes = -1,
    params: Mapping[str, Any] = _NONE,
    per_class: Mapping[str, Any] = _NONE,
    weights: Array = None,
    where: Array = None,
    over: Axes = None,
    reduction: str = "mean",
    axis_name: AxisName = None,
) -> Any:
    """Evaluate a loss: check the arrays, run the kernel, weigh, reduce.

    Parameters
    ----------
    kernels : Kernel, or a tuple of two
        Two where labels may be class ids or distributions: the one is taken whose signature fits.
    *arrays : array
        What the kernel takes, in its order.
    axis : int or tuple of int
        Where the numbers of one example lie, if they are several.
    params : mapping
        Parameters of the formulas, by name: numbers, or arrays of one number. Of a name that lossary's own
        losses have, such as ``delta`` or ``gamma``, the range is checked. None leaves the formula's default.
    per_class : mapping
        Parameters that may have one value per class along `axis`, such as ``class_weights``.
    weights, where, over, reduction
        Which examples count, how much, and how they are summed: see :doc:`aggregation`.
    axis_name : str or tuple of str, optional
        Inside `jax.shard_map`: the mapped axis along which rows are spread. What formulas say of a whole row
        must then be a sum, a maximum or where it is, over the last axis: see :doc:`sharding`.

    Returns
    -------
    array or Total
        What `reduction` says. Transformations such as `value_and_grad` get the derivatives beside it.
    """
    if arrays[0] is SIGNATURE:
        return (kernels,) if isinstance(kernels, Kernel) else kernels
    orders: tuple[int, ...] = (0,)
    by_jax = thorough = False
    wrt: Any = None
    if isinstance(arrays[0], Request):
        first, order, by_jax, thorough, wrt = arrays[0]
        orders, arrays = tuple(range(order + 1)), (first, *arrays[1:])
        kernel = kernels if isinstance(kernels, Kernel) else kernels[0]
        if wrt not in (None, kernel.takes[0].name, (kernel.takes[0].name,)):
            raise no_such_gradient(kernel.name, wrt, [kernel.takes[0].name])
    operands = Operands(arrays, params, per_class, weights, where)
    plan = plan_for(
        (kernels,) if isinstance(kernels, Kernel) else kernels,
        orders,
        tuple(axis) if isinstance(axis, list) else axis,
        reduction,
        over if over is None or isinstance(over, int) else tuple(over),
        tuple(axis_name) if isinstance(axis_name, list) else axis_name,
        operands,
    )
    plan, operands = plan.backend.enter(plan, plan.without_numbers(operands))
    if by_jax:
        plan = accelerate(plan)
    unread = check_values(plan, operands, thorough)
    if thorough and unread:
        check_when_run(plan, operands, unread)
    result = plan.backend.run(compute, plan, unread, operands)
    return (result[0], (result[1],)) if isinstance(wrt, tuple) else result


def no_such_gradient(loss: str, wrt: Any, given: list[str]) -> Exception:
    return mistake(
        "L006",
        f"{loss}: there is a gradient in {', '.join(f'`{name}`' for name in given)}, not in {wrt!r}",
        why="`wrt` names arrays of this call, of which the derivative is known without autodiff",
        fix="one of these names, or a tuple of them; jax.grad and torch differentiate in the rest",
    )


def compute(
    backend: Backend, plan: Plan, unread: tuple[str, ...], operands: Operands, cotangent: Array = None
) -> Any:
    """What the plan asks for, whole or in blocks."""
    if plan.in_blocks:
        parts = in_blocks(backend, plan, unread, operands, cotangent)
    else:
        parts = backend.attempt(parts_of, plan, unread, operands, None, cotangent)
    if plan.orders[0] == 0 and plan.reduction != "none":
        parts[0] = finish(backend, plan, parts[0])
    return parts[0] if len(parts) == 1 else tuple(parts)


@lru_cache(maxsize=512)
def accelerate(plan: Plan) -> Plan:
    """The plan with JAX in the place of NumPy; JAX itself needs no acceleration."""
    if plan.backend.name == "JAX":
        return plan
    return replace(plan, backend=accelerated(plan.backend, plan.kernel.name), in_blocks=plan.can_be_cut)
