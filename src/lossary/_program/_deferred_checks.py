"""Check values that cannot be read yet when the program runs, if the library can raise then."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from lossary._check import LossInputError, range_of
from lossary._program._check_values import check_values
from lossary._program._domains import outside
from lossary._program._layout import aligned_shape, rows_last
from lossary._program._plan import Operands, Plan
from lossary._typing import Array


def check_when_run(plan: Plan, operands: Operands, unread: tuple[str, ...]) -> None:
    """Have the library raise an error when the program runs, if one of the unread values is invalid."""
    checked = {position for position, _ in plan.checked}
    seen = operands._replace(
        arrays=tuple([a if i in checked else None for i, a in enumerate(operands.arrays)])
    )
    plan.library.raise_when_run(lambda: _is_wrong(plan, operands, unread), _explainer(plan), seen)


@lru_cache(maxsize=512)
def _explainer(plan: Plan) -> Callable[[Any], str]:
    """A function that builds the error text once operands have values. One per plan: it is compared."""

    def explain(operands: Operands) -> str:
        try:
            check_values(plan, operands, thorough=True)
        except LossInputError as error:
            return "\n".join([str(error), *error.__notes__])
        # Sums may be rounded differently here.
        return f"{plan.kernel.name}: a value lies at the very edge of its domain"

    return explain


def _is_wrong(plan: Plan, operands: Operands, unread: tuple[str, ...]) -> Array:
    """Whether any unmasked value is invalid, as an array of one boolean."""
    library, layout = plan.library, plan.layout
    xp = library.xp
    mask = None if operands.where is None else _aligned(plan, "where", operands.where)
    found = []
    for position, is_row in plan.checked:
        argument = plan.kernel.takes[position]
        if argument.name in unread:
            x = operands.arrays[position]
            x = rows_last(x, layout.axis, xp) if is_row else x
            x = x if argument.domain.is_class_id else library.cast(x, plan.dtype)
            wrong = outside(argument.domain, x, plan.classes, xp)
            counts = mask if mask is None or wrong.ndim == mask.ndim else mask[..., None]
            found.append(wrong if counts is None else wrong & counts)
    if "weights" in unread:
        weights = _aligned(plan, "weights", operands.weights)
        counts = xp.ones_like(weights, dtype=xp.bool) if mask is None else mask
        found.append((weights < 0) & counts)
        if plan.reduction == "weighted_mean":
            found.append(~xp.any((weights != 0) & counts) & xp.any(counts))
    for name, value in operands.params.items():
        if name in unread:
            found.append(range_of(name).excludes(value))
    wrong_at_all = [xp.any(wrong) for wrong in found]
    return xp.any(xp.stack(wrong_at_all))


def _aligned(plan: Plan, name: str, x: Array) -> Array:
    shape = aligned_shape(plan.kernel.name, name, getattr(x, "shape", ()), plan.layout.shape)
    return plan.library.xp.reshape(x, shape)
