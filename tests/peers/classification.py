"""Losses of logits: equal calls."""

from math import inf

import numpy as np

from tests.peers import Equal

BINARY = {"x": [-3.0, -0.5, 0.0, 0.25, 1.0, 4.0], "y": [0.0, 1.0, 1.0, 0.0, 0.25, 1.0]}
HARD = {"x": [[-3.0, 0.5, 0.0], [0.25, -1.0, 4.0]], "y": [[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]}
ROWS = [[2.0, -1.0, 0.5], [0.0, 0.0, 0.0], [-3.0, 1.5, 4.0], [1.0, 0.25, -0.5]]
IDS = {"x": ROWS, "y": [0, 2, 1, 0]}
PADDED = {"x": ROWS, "y": [0, -100, 1, -100]}
DISTRIBUTIONS = {
    "x": ROWS,
    "y": [[1.0, 0.0, 0.0], [0.25, 0.25, 0.5], [0.0, 1.0, 0.0], [0.125, 0.0, 0.875]],
}
PICTURES = {"x": np.linspace(-2, 3, 24).reshape(2, 3, 4), "y": [[0, 1, 2, 0], [2, 2, 1, 0]]}
W = [1.0, 0.25, 3.0]
REDUCTION = {"reduction": ["mean", "sum", "none"]}
SMOOTHING = {"smoothing": [0.0, 0.1, 0.5]}
_FIRST = "Labels come first."
_LAST = "Labels come first, and the function averages over the last axis only."
_ONE_HOT = "Labels come first, one-hot or distributions."

EQUALS: list[Equal] = [
    Equal(
        "optax.sigmoid_binary_cross_entropy(x, y)",
        "lossary.sigmoid_binary_cross_entropy(x, y, reduction='none')",
        BINARY,
    ),
    Equal(
        "optax.sigmoid_focal_loss(x, y, alpha=alpha, gamma=gamma)",
        "lossary.sigmoid_focal(x, y, alpha=alpha, gamma=gamma, reduction='none')",
        HARD,
        {"alpha": [None, 0.25], "gamma": [0.0, 0.5, 2.0]},
        note="The same for labels 0 and 1. Labels between are mixed here as two classes are, there inside the"
        " power.",
    ),
    Equal(
        "optax.softmax_cross_entropy(x, y)",
        "lossary.softmax_cross_entropy(x, y, reduction='none')",
        DISTRIBUTIONS,
    ),
    Equal(
        "optax.softmax_cross_entropy(x, y, axis=1, where=valid)",
        "lossary.softmax_cross_entropy(np.where(valid, x, -np.inf), y, axis=1, reduction='none')",
        {
            **DISTRIBUTIONS,
            "valid": [[True, True, False], [True] * 3, [False, True, True], [True, False, True]],
        },
        note="Their `where` says which classes there are, ours which examples: a class that cannot be has the"
        " logit -inf.",
    ),
    Equal(
        "optax.safe_softmax_cross_entropy(x, y)",
        "lossary.softmax_cross_entropy(x, y, reduction='none')",
        {**DISTRIBUTIONS, "x": [[2.0, -1.0, -inf], [0.0, 0.0, 0.0], [-inf, 1.5, 4.0], [1.0, -inf, -0.5]]},
        note="Always safe here.",
    ),
    Equal(
        "optax.softmax_cross_entropy_with_integer_labels(x, y)",
        "lossary.softmax_cross_entropy(x, y, reduction='none')",
        IDS,
        note="Ids and distributions are told apart by their shape.",
    ),
    Equal(
        "optax.softmax_cross_entropy_with_integer_labels(x, y, axis=axis)",
        "lossary.softmax_cross_entropy(x, y, axis=axis, reduction='none')",
        PICTURES,
        {"axis": [1]},
    ),
    Equal(
        "optax.softmax_cross_entropy_with_integer_labels(x, y, axis=(1, 2))",
        "lossary.softmax_cross_entropy(x, y, axis=(1, 2), reduction='none')",
        {"x": PICTURES["x"], "y": [7, 2]},
        note="Several axes make one row, through which ids count.",
    ),
    Equal(
        "optax.softmax_cross_entropy(x, y)",
        "lossary.softmax_cross_entropy(x, y, where=y.any(-1), reduction='none')",
        {"x": ROWS, "y": [*DISTRIBUTIONS["y"][:3], [0.0, 0.0, 0.0]]},
        note="A row of zeros, which has no label, costs 0 in both. There it counts in the mean, here not.",
    ),
    Equal(
        "F.binary_cross_entropy_with_logits(x, y, reduction=reduction)",
        "lossary.sigmoid_binary_cross_entropy(x, y, reduction=reduction)",
        BINARY,
        REDUCTION,
    ),
    Equal(
        "F.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=pos_weight)",
        "lossary.sigmoid_binary_cross_entropy(x, y, class_weights=w, pos_weight=pos_weight)",
        {**HARD, "w": W},
        {"pos_weight": [[3.0, 1.0, 0.5]]},
        note="Their `weight` broadcasts from the right: here `class_weights` along `axis`, or `weights`, one"
        " for each example. `axis` says where the classes are, theirs must be last.",
    ),
    Equal(
        "F.cross_entropy(x, y, label_smoothing=smoothing, reduction=reduction)",
        "lossary.softmax_cross_entropy(x, y, label_smoothing=smoothing, axis=1, reduction=reduction)",
        IDS,
        SMOOTHING | REDUCTION,
        note="Their class axis is 1, ours `axis`, by default the last.",
    ),
    Equal(
        "F.cross_entropy(x, y, label_smoothing=smoothing)",
        "lossary.softmax_cross_entropy(x, y, label_smoothing=smoothing)",
        DISTRIBUTIONS,
        SMOOTHING,
    ),
    Equal(
        "F.cross_entropy(x, y, weight=w, label_smoothing=smoothing)",
        "lossary.softmax_cross_entropy(x, y, class_weights=w, label_smoothing=smoothing,"
        " reduction='weighted_mean')",
        {**IDS, "w": W},
        SMOOTHING,
        note="Their mean with weights is divided by the weights of the ids.",
    ),
    Equal(
        "F.cross_entropy(x, y, weight=w, label_smoothing=smoothing)",
        "lossary.softmax_cross_entropy(x, y, class_weights=w, label_smoothing=smoothing)",
        {**DISTRIBUTIONS, "w": W},
        SMOOTHING,
        note="Their mean with weights is divided by the number of rows if labels are distributions.",
    ),
    Equal(
        "F.cross_entropy(x, y, ignore_index=-100)",
        "lossary.softmax_cross_entropy(x, y, where=y != -100)",
        PADDED,
        note="Nothing is ignored unless `where` says so; a label of -100 is an error.",
    ),
    Equal(
        "F.cross_entropy(x, y, reduction=reduction)",
        "lossary.softmax_cross_entropy(x, y, axis=1, reduction=reduction)",
        PICTURES,
        REDUCTION,
    ),
    Equal(
        "keras.losses.binary_crossentropy(y, x, from_logits=True, label_smoothing=smoothing)",
        "lossary.sigmoid_binary_cross_entropy(x, y, label_smoothing=smoothing, over=-1)",
        HARD,
        SMOOTHING,
        note=_LAST,
    ),
    Equal(
        "keras.losses.categorical_crossentropy(y, x, from_logits=True, label_smoothing=smoothing)",
        "lossary.softmax_cross_entropy(x, y, label_smoothing=smoothing, reduction='none')",
        DISTRIBUTIONS,
        SMOOTHING,
        note=_ONE_HOT,
    ),
    Equal(
        "keras.losses.sparse_categorical_crossentropy(y, x, from_logits=True)",
        "lossary.softmax_cross_entropy(x, y, reduction='none')",
        IDS,
        note=_FIRST,
    ),
    Equal(
        "keras.losses.sparse_categorical_crossentropy(y, x, from_logits=True, ignore_class=-100)",
        "lossary.softmax_cross_entropy(x, y, where=y != -100, reduction='none')",
        PADDED,
        note=_FIRST,
    ),
    Equal(
        "keras.losses.binary_focal_crossentropy(y, x, from_logits=True, gamma=gamma)",
        "lossary.sigmoid_focal(x, y, gamma=gamma, over=-1)",
        HARD,
        {"gamma": [0.0, 0.5, 2.0]},
        note=_LAST + " Smoothed labels are mixed here as two classes are, there inside the power.",
    ),
    Equal(
        "keras.losses.binary_focal_crossentropy(y, x, from_logits=True, apply_class_balancing=True,"
        " alpha=alpha)",
        "lossary.sigmoid_focal(x, y, alpha=alpha, over=-1)",
        HARD,
        {"alpha": [0.25, 0.75]},
        note="Without `apply_class_balancing` their `alpha` does nothing.",
    ),
    Equal(
        "keras.losses.categorical_focal_crossentropy(y, x, from_logits=True, alpha=alpha, gamma=gamma,"
        " label_smoothing=smoothing)",
        "lossary.softmax_focal(x, y, class_weights=alpha, gamma=gamma, label_smoothing=smoothing,"
        " reduction='none')",
        DISTRIBUTIONS,
        {"alpha": [W], "gamma": [0.5, 2.0], **SMOOTHING},
        note=_ONE_HOT + " Their `alpha` of one number, by default 0.25, only scales the loss.",
    ),
    Equal(
        "optax.losses.poly_loss_cross_entropy(x, y, epsilon=epsilon)",
        "lossary.softmax_poly1(x, y, epsilon=epsilon, reduction='none')",
        DISTRIBUTIONS,
        {"epsilon": [2.0, 1.0, -1.0]},
        note="Their default is 2, ours the paper's 1.",
    ),
    Equal(
        "optax.losses.smooth_labels(y, alpha)",
        "lossary.smooth_labels(y, label_smoothing=alpha)",
        {"y": DISTRIBUTIONS["y"]},
        {"alpha": [0.0, 0.1, 0.5]},
        note="Every loss of classes smooths labels itself: `label_smoothing`.",
    ),
]
