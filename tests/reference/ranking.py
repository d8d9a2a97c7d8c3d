"""Losses of lists of items."""

from typing import Any

import mpmath as mp

from tests.reference.terms import Terms, times


def softmax_ranking(z: Any, y: Any, items: Any = None) -> Terms:
    there = [items is None or bool(items[j]) for j in range(len(z))]
    whole = mp.fsum(mp.exp(v) for v, ok in zip(z, there, strict=True) if ok)
    terms = [times(y[j], mp.log(whole) - z[j]) for j in range(len(z)) if there[j]]
    return terms or [mp.mpf(0)]


ROWS = {softmax_ranking}
"""Those of which an example is a row."""
