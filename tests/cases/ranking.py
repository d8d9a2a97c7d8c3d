"""Rows for the losses of lists: ties, confident scores, scores far apart, relevances of any sum."""

from math import inf

from tests.cases import Case

_SCORES = [
    [0.0, 0.0, 0.0, 0.0],
    [1.0, -2.0, 0.5, 1.0],
    [56.0, -36.5, 7.75, -9.25],
    [-80.0, 1e3, 0.0, 1e3 - 20],
    [1e4, 1e4 - 1, 1e4 - 3, -1e4],
    [1e-8, 0.0, -1e-8, 0.0],
    [0.1, 0.1, 30.0, 0.1],
    [2.0, 1.0, 3.0, -1.0],
]
_APART = [
    [0.0, 1.0, -1.0, 2.0],
    [1.0, -2.0, 0.5, 1.5],
    *_SCORES[2:5],
    [1e-8, 0.0, -1e-8, 2e-8],
    [0.1, 0.2, 30.0, 0.3],
    *_SCORES[7:],
]
"""Ranks jump where two scores are equal."""
_RELEVANCES = [
    [1.0, 0.0, 3.0, 1.0],
    [0.0, 2.0, 0.0, 0.25],
    [4.0, 0.0, 0.0, 0.0],
    [0.0, 1.0, 0.0, 1e-3],
    [3.0, 2.0, 1.0, 0.0],
    [100.0, 100.0, 0.0, 1e-10],
    [0.0, 0.0, 2.0, 0.0],
    [0.0, 0.0, 0.0, 0.0],
]
_ITEMS = [
    [1, 1, 1, 1],
    [1, 1, 0, 1],
    [0, 1, 1, 1],
    [1, 0, 1, 0],
    [1, 1, 1, 0],
    [0, 1, 1, 0],
    [1, 1, 0, 1],
    [0, 0, 0, 0],
]
_SEGMENTS = [
    [0, 0, 0, 0],
    [1, 1, 1, 2],
    [0, 2, 1, 0],
    [3, 0, 3, 3],
    [7, 7, 2**24, 2**24],
    [0, 5, 5, 5],
    [0, 1, 2, 3],
    [0, 1, 0, 1],
]
_TIMES = [
    [1.0, 2.0, 3.0, 4.0],
    [2.0, 3.0, 3.0, 5.0],
    [3.0, 3.0, 3.0, 3.0],
    [1.0, 1.0, 2.0, 2.0],
    [0.0, 1e30, -1e30, 0.0],
    [4.0, 1.0, 1.0, 0.5],
    [1.0, 1.0, 1.0, 2.0],
    [5.0, 4.0, 3.0, 2.0],
]
_EVENTS = [
    [1, 1, 1, 1],
    [1, 1, 1, 0],
    [1, 1, 0, 1],
    [0, 1, 1, 1],
    [1, 0, 1, 1],
    [0, 0, 1, 1],
    [1, 1, 0, 0],
    [0, 0, 0, 0],
]
_NONE = [0.0, 0.0, 0.0]

CASES = [
    Case("lists", "softmax_ranking", (_SCORES, _RELEVANCES)),
    Case("items", "softmax_ranking", (_SCORES, _RELEVANCES, _ITEMS)),
    Case("segments", "softmax_ranking", (_SCORES, _RELEVANCES, _ITEMS, _SEGMENTS)),
    Case("lists", "cox", (_SCORES, _TIMES, _EVENTS)),
    Case("items", "cox", (_SCORES, _TIMES, _EVENTS, _ITEMS)),
    Case("segments", "cox", (_SCORES, _TIMES, _EVENTS, _ITEMS, _SEGMENTS)),
    Case("efron", "cox", (_SCORES, _TIMES, _EVENTS), {"ties": "efron"}),
    Case(
        "efron-segments", "cox", (_SCORES, _TIMES, _EVENTS, _ITEMS, _SEGMENTS),
        {"ties": "efron", "per_list": "mean"},
    ),
    Case("lists", "list_mle", (_SCORES, _RELEVANCES)),
    Case("segments", "list_mle", (_SCORES, _RELEVANCES, _ITEMS, _SEGMENTS), {"per_list": "mean"}),
    Case("lists", "pairwise_logistic", (_SCORES, _RELEVANCES)),
    Case("items", "pairwise_logistic", (_SCORES, _RELEVANCES, _ITEMS), {"per_list": "mean"}),
    Case(
        "ndcg", "pairwise_logistic", (_APART[:4], _RELEVANCES[:4]),
        {"lambda_weights": "ndcg"},
    ),
    Case(
        "ndcg-segments", "pairwise_logistic", (_APART[4:], _RELEVANCES[4:], _ITEMS[4:], _SEGMENTS[4:]),
        {"lambda_weights": "ndcg", "per_list": "mean"},
    ),
    Case(
        "absent", "softmax_ranking",
        (
            [[inf, 0.0, 0.0], [0.0, -inf, 1.0], [-inf, inf, 0.0], [-inf, 0.0, 0.0], [3.0, 1.0, 2.0]],
            [[-1.0, 2.0, 0.0], [1.0, -1.0, 0.0], [5.0, -5.0, 5.0], [1.0, 0.0, 0.0], [1.0, 2.0, 3.0]],
            [[0, 1, 1], [1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]],
        ),
        value=[1.3862943611198906, 1.3132616875182228, 0, inf, 0],
        grad=[[0, -1, 1], [-0.7310585786300049, 0, 0.7310585786300049], _NONE, [-1, 0.5, 0.5], _NONE],
        hess=[[0, 0.5, 0.5], [0.19661193324148185, 0, 0.19661193324148185], _NONE, [0, 0.25, 0.25], _NONE],
        smooth=False,
    ),
]  # fmt: skip
