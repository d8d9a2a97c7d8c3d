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
        note="Equal for labels 0 and 1. For soft labels, lossary mixes the losses of both classes,"
        " optax mixes inside the power.",
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
        note="optax's `where` selects classes, lossary's selects examples. Give a class that is masked"
        " out a logit of -inf.",
    ),
    Equal(
        "optax.safe_softmax_cross_entropy(x, y)",
        "lossary.softmax_cross_entropy(x, y, reduction='none')",
        {**DISTRIBUTIONS, "x": [[2.0, -1.0, -inf], [0.0, 0.0, 0.0], [-inf, 1.5, 4.0], [1.0, -inf, -0.5]]},
        note="lossary's is always safe.",
    ),
    Equal(
        "optax.softmax_cross_entropy_with_integer_labels(x, y)",
        "lossary.softmax_cross_entropy(x, y, reduction='none')",
        IDS,
        note="lossary tells ids and distributions apart by their shape.",
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
        note="Several axes form one row, and ids count through it.",
    ),
    Equal(
        "optax.softmax_cross_entropy(x, y)",
        "lossary.softmax_cross_entropy(x, y, where=y.any(-1), reduction='none')",
        {"x": ROWS, "y": [*DISTRIBUTIONS["y"][:3], [0.0, 0.0, 0.0]]},
        note="A row of zeros, which has no label, costs 0 in both. It counts in optax's mean, but not"
        " in lossary's with this `where`.",
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
        note="torch's `weight` broadcasts from the right. Use `class_weights` along `axis`, or"
        " `weights` for one weight per example. torch's classes must be on the last axis,"
        " lossary's on `axis`.",
    ),
    Equal(
        "F.cross_entropy(x, y, label_smoothing=smoothing, reduction=reduction)",
        "lossary.softmax_cross_entropy(x, y, label_smoothing=smoothing, axis=1, reduction=reduction)",
        IDS,
        SMOOTHING | REDUCTION,
        note="torch's class axis is 1; lossary's is `axis`, by default the last.",
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
        note="torch's weighted mean divides by the weights of the class ids.",
    ),
    Equal(
        "F.cross_entropy(x, y, weight=w, label_smoothing=smoothing)",
        "lossary.softmax_cross_entropy(x, y, class_weights=w, label_smoothing=smoothing)",
        {**DISTRIBUTIONS, "w": W},
        SMOOTHING,
        note="If labels are distributions, torch's weighted mean divides by the number of rows.",
    ),
    Equal(
        "F.cross_entropy(x, y, ignore_index=-100)",
        "lossary.softmax_cross_entropy(x, y, where=y != -100)",
        PADDED,
        note="lossary ignores only what `where` masks out. A label of -100 raises an error.",
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
        note=_LAST + " For smoothed labels, lossary mixes the losses of both classes, Keras mixes inside the"
        " power.",
    ),
    Equal(
        "keras.losses.binary_focal_crossentropy(y, x, from_logits=True, apply_class_balancing=True,"
        " alpha=alpha)",
        "lossary.sigmoid_focal(x, y, alpha=alpha, over=-1)",
        HARD,
        {"alpha": [0.25, 0.75]},
        note="Keras' `alpha` has no effect without `apply_class_balancing`.",
    ),
    Equal(
        "keras.losses.categorical_focal_crossentropy(y, x, from_logits=True, alpha=alpha, gamma=gamma,"
        " label_smoothing=smoothing)",
        "lossary.softmax_focal(x, y, class_weights=alpha, gamma=gamma, label_smoothing=smoothing,"
        " reduction='none')",
        DISTRIBUTIONS,
        {"alpha": [W], "gamma": [0.5, 2.0], **SMOOTHING},
        note=_ONE_HOT + " Keras' scalar `alpha`, by default 0.25, only scales the loss.",
    ),
    Equal(
        "optax.losses.poly_loss_cross_entropy(x, y, epsilon=epsilon)",
        "lossary.softmax_poly1(x, y, epsilon=epsilon, reduction='none')",
        DISTRIBUTIONS,
        {"epsilon": [2.0, 1.0, -1.0]},
        note="optax's default is 2; lossary's is 1, as in the paper.",
    ),
    Equal(
        "optax.losses.smooth_labels(y, alpha)",
        "lossary.smooth_labels(y, label_smoothing=alpha)",
        {"y": DISTRIBUTIONS["y"]},
        {"alpha": [0.0, 0.1, 0.5]},
        note="Losses over classes can smooth labels themselves: `label_smoothing`.",
    ),
]
