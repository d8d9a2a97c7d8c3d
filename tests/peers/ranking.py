"""Losses of lists of items."""

from math import exp, log1p

from tests.peers import Differs, Equal

LISTS = {
    "s": [[0.5, -1.0, 2.0, 0.25], [3.0, 1.5, -0.75, 0.0], [1.0, 1.0, 2.0, -2.0]],
    "y": [[1.0, 0.0, 3.0, 2.0], [0.0, 2.0, 1.0, 1.0], [0.0, 1.0, 0.0, 4.0]],
    "w": [[1.0, 0.5, 2.0, 1.0], [1.0, 1.0, 0.25, 3.0], [0.5, 0.5, 1.0, 1.0]],
    "items": [[True, True, True, False], [True, False, True, True], [False, False, False, False]],
}

EQUALS = [
    Equal(
        "optax.losses.ranking_softmax_loss(s, y, weights=w, reduce_fn=reduce_fn)",
        "lossary.softmax_ranking(s, y * w, reduction='none')",
        LISTS,
        {"reduce_fn": [None]},
        note="A weight for each item belongs into its label; `weights` here are those of lists.",
    ),
    Equal("optax.losses.ranking_softmax_loss(s, y)", "lossary.softmax_ranking(s, y)", LISTS),
    Equal(
        "optax.losses.ranking_softmax_loss(s, y, where=items)",
        "lossary.softmax_ranking(s, y, items, where=items.any(-1))",
        LISTS,
        note="`where` there marks items, here lists: it says that the mean leaves out lists without items.",
    ),
]

_NONE = float("-inf")

DIFFERS = [
    Differs(
        "optax.losses.ranking_softmax_loss(s, y)",
        "lossary.softmax_ranking(s, y)",
        {"s": [20.0, 0.0], "y": [1.0, 0.0]},
        log1p(exp(-20)),
        "A score that is sure loses its last digits: the loss is 0.",
    ),
    Differs(
        "optax.losses.ranking_softmax_loss(s, y)",
        "lossary.softmax_ranking(s, y)",
        {"s": [20.0, 0.0], "y": [1.0, 0.0]},
        [-1 / (1 + exp(20)), 1 / (1 + exp(20))],
        "So does its gradient, which is 0 for the relevant item.",
        gradient=True,
    ),
    Differs(
        "optax.losses.ranking_softmax_loss(s, y)",
        "lossary.softmax_ranking(s, y)",
        {"s": [_NONE, 0.0, 1.0], "y": [0.0, 1.0, 0.0]},
        log1p(exp(1)),
        "An item with the score -inf that is not relevant makes 0 times infinity: NaN.",
    ),
]
