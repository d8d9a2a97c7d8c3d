"""Losses of lists of items."""

from typing import Any

import mpmath as mp

from tests.reference.terms import Terms, times


def softmax_ranking(z: Any, y: Any, items: Any = None, segments: Any = None) -> Terms:
    there = [j for j in range(len(z)) if items is None or items[j]]
    of = segments or [0] * len(z)
    terms = [
        times(y[j], mp.log(mp.fsum(mp.exp(z[k] - z[j]) for k in there if of[k] == of[j]))) for j in there
    ]
    return terms or [mp.mpf(0)]


ROWS = {softmax_ranking}
"""Those of which an example is a row."""
