"""Numbers as findings write them."""

from typing import Any

import numpy as np

from lossary.diagnosis._host import Values

_SHOWN = 4
_FEW = 5


def number(x: Any) -> str:
    return f"{float(x):.4g}"


def loss(x: Any) -> str:
    """Four decimals, as training logs have them."""
    return f"{float(x):.4f}"


def percent(x: Any) -> str:
    """A share: as many digits as tell it from 0 and from 1."""
    share = 100.0 * float(x)
    distance = min(share, 100.0 - share)
    digits = 0 if distance >= 10 or distance == 0 else 1 if distance >= 1 else 2
    return f"{share:.{digits}f} %"


def count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def few(items: list[str], shown: int = 5) -> str:
    """The first of many."""
    more = ", ..." if len(items) > shown else ""
    return ", ".join(items[:shown]) + more


def places(values: Values, wrong: Values, what: str) -> str:
    """How many values are `what`, where the first of them are, and which values there are if few."""
    total = int(wrong.sum())
    shown = ", ".join(
        f"[{', '.join(map(str, place))}]={number(values[tuple(place)])}"
        for place in np.argwhere(wrong)[:_SHOWN]
    )
    text = f"{total:,} of {values.size:,} {what}: {shown}{', ...' if total > _SHOWN else ''}"
    known = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    distinct = np.unique(known)
    if distinct.size > _FEW:
        return f"{text}   range [{number(distinct[0])}, {number(distinct[-1])}]"
    return f"{text}   distinct: {{{', '.join(map(number, distinct))}}}"
