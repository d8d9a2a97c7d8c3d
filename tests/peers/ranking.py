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
        note="A weight per item goes into its label. lossary's `weights` are per list.",
    ),
    Equal("optax.losses.ranking_softmax_loss(s, y)", "lossary.softmax_ranking(s, y)", LISTS),
    Equal(
        "optax.losses.ranking_softmax_loss(s, y, where=items)",
        "lossary.softmax_ranking(s, y, items, where=items.any(-1))",
        LISTS,
        note="optax's `where` marks items. lossary's marks lists: here it leaves lists without items"
        " out of the mean.",
    ),
]

_NONE = float("-inf")

DIFFERS = [
    Differs(
        "optax.losses.ranking_softmax_loss(s, y)",
        "lossary.softmax_ranking(s, y)",
        {"s": [20.0, 0.0], "y": [1.0, 0.0]},
        log1p(exp(-20)),
        "A confident score loses its last digits: the loss is 0.",
    ),
    Differs(
        "optax.losses.ranking_softmax_loss(s, y)",
        "lossary.softmax_ranking(s, y)",
        {"s": [20.0, 0.0], "y": [1.0, 0.0]},
        [-1 / (1 + exp(20)), 1 / (1 + exp(20))],
        "The gradient does too: it is 0 for the relevant item.",
        gradient=True,
    ),
    Differs(
        "optax.losses.ranking_softmax_loss(s, y)",
        "lossary.softmax_ranking(s, y)",
        {"s": [_NONE, 0.0, 1.0], "y": [0.0, 1.0, 0.0]},
        log1p(exp(1)),
        "An irrelevant item with score -inf gives 0 times infinity: NaN.",
    ),
]
