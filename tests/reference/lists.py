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


def cox(
    z: Any,
    times: Any,
    events: Any,
    items: Any = None,
    segments: Any = None,
    ties: str = "breslow",
    per_list: str = "sum",
) -> Terms:
    there = [j for j in range(len(z)) if items is None or items[j]]
    of = segments or [0] * len(z)
    happened = [i for i in there if events[i]]
    terms = []
    for place, i in enumerate(happened):
        at_risk = [j for j in there if of[j] == of[i] and times[j] >= times[i]]
        tied = [k for k in happened if of[k] == of[i] and times[k] == times[i]]
        gone = mp.mpf(sum(k in tied for k in happened[:place])) / len(tied) if ties == "efron" else 0
        terms.append(mp.log(mp.fsum((1 - gone * (j in tied)) * mp.exp(z[j] - z[i]) for j in at_risk)))
    if per_list == "mean":
        terms = [term / len(terms) for term in terms]
    return terms or [mp.mpf(0)]


def list_mle(z: Any, y: Any, items: Any = None, segments: Any = None, per_list: str = "sum") -> Terms:
    return cox(z, [-v for v in y], [1] * len(y), items, segments, per_list=per_list)


def pairwise_logistic(
    z: Any,
    y: Any,
    items: Any = None,
    segments: Any = None,
    lambda_weights: str | None = None,
    per_list: str = "sum",
) -> Terms:
    there = [j for j in range(len(z)) if items is None or items[j]]
    of = segments or [0] * len(z)
    terms = []
    for i, j in ((i, j) for i in there for j in there if of[i] == of[j] and y[i] > y[j]):
        weight = mp.mpf(1)
        if lambda_weights == "ndcg":
            others = [k for k in there if of[k] == of[i]]
            by_score = sorted(others, key=lambda k: (-z[k], k))
            discounts = [1 / mp.log(1 + by_score.index(k) + 1, 2) for k in (i, j)]
            best = sorted((2 ** mp.mpf(y[k]) - 1 for k in others), reverse=True)
            ideal = mp.fsum(gain / mp.log(place + 2, 2) for place, gain in enumerate(best))
            gained = 2 ** mp.mpf(y[i]) - 2 ** mp.mpf(y[j])
            weight = abs(gained * (discounts[0] - discounts[1])) / ideal
        terms.append(weight * mp.log(1 + mp.exp(z[j] - z[i])))
    if per_list == "mean":
        terms = [term / len(terms) for term in terms]
    return terms or [mp.mpf(0)]


ROWS = {softmax_ranking, cox, list_mle, pairwise_logistic}
"""Those of which an example is a row."""
