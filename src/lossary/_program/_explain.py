"""Error messages for values outside their domain: which they are, and the most likely mistake."""

from typing import Any

import numpy as np

from lossary._advice import Advice, Advisor, Situation, distinct, number
from lossary._check import mistake
from lossary._kernel import Argument
from lossary._program._domains import slack
from lossary._program._plan import Plan
from lossary._program._shape_errors import REGION
from lossary._typing import RowAxes

Values = np.ndarray[Any, Any]

_SHOWN = 4
_MANY = 8
"""This many sums equal to 1 are no accident."""


def explain(plan: Plan, argument: Argument, values: Values, wrong: Values, counted: Values) -> Exception:
    """The error for an argument (rows last) with values outside its domain.

    `counted` are the values that are not masked out.
    """
    kernel, domain, classes = plan.kernel, argument.domain, plan.classes
    name = f"{kernel.name}: `{argument.name}`"
    if domain.sums_to_one:
        if not ((counted < 0) | (counted > 1)).any():
            return _rows(plan, argument, values, np.asarray(wrong.any(axis=-1)), counted)
        wrong = wrong & ((values < 0) | (values > 1))
    code, why, fix = _advice(argument.advice, plan, argument, counted)
    last = classes + domain.beyond - 1
    what = f"must be class ids from 0 to {last}" if domain.is_class_id else str(domain)
    return mistake(code, f"{name} {what}", listing(values, wrong, counted), why=why, fix=fix)


def _rows(plan: Plan, argument: Argument, values: Values, wrong: Values, counted: Values) -> Exception:
    """The error for rows of probabilities that do not sum to 1."""
    name = f"{plan.kernel.name}: each row of `{argument.name}` must sum to 1"
    axis = _axis_that_sums(values, plan.layout.axis)
    if axis is not None:
        what = f"{name}; it does so along axis {axis}, not {plan.layout.axis}"
        return mistake("L003", what, fix=f"axis={axis}")
    sums = listing(values.sum(axis=-1), wrong, counted.sum(axis=-1))
    code, why, fix = _advice(argument.row_advice, plan, argument, counted)
    return mistake(code, f"{name} along the class axis", sums, why=why, fix=fix)


def _axis_that_sums(values: Values, axis: RowAxes) -> int | None:
    """The axis along which the values sum to 1 instead; their row axis has been moved to the end."""
    if isinstance(axis, tuple):
        return None
    for i in range(values.ndim - 1):
        off = np.abs(values.sum(axis=i) - 1.0)
        if off.size >= _MANY and (off <= slack(values, np)).all():
            return i if i < axis else i + 1
    return None


def listing(values: Values, wrong: Values, counted: Values, what: str = "outside") -> str:
    """The number of wrong values, the first of them with positions, and the distinct values if few.

    `counted` are the values that are not masked out.
    """
    places = np.argwhere(wrong)
    total = len(places)
    shown = ", ".join(
        f"[{', '.join(map(str, place))}]={number(values[tuple(place)])}" for place in places[:_SHOWN]
    )
    more = ", ..." if total > _SHOWN else ""
    text = f"{total:,} of {counted.size:,} {what}: {shown}{more}"
    found = distinct(counted)
    if found.size <= 5:
        return f"{text}   distinct: {{{', '.join(map(number, found))}}}"
    return f"{text}   range [{number(found[0])}, {number(found[-1])}]"


def _advice(advisor: Advisor, plan: Plan, argument: Argument, counted: Values) -> Advice:
    if isinstance(advisor, Advice):
        return advisor
    kernel = plan.kernel
    return advisor(
        Situation(
            argument.name,
            counted,
            plan.classes,
            kernel.of_logits,
            kernel.takes[0].name,
            plan.layout.axis if kernel.has_classes else None,
            REGION in kernel.cores[0],
        )
    )
