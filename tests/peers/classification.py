"""Losses of logits."""

from math import exp, inf, log, log1p

import numpy as np

from tests.peers import Differs, Equal

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
]

_SURE = {"x": [[20.0, 0.0]], "y": [0]}
_ONE_HOT_SURE = {"x": [[20.0, 0.0]], "y": [[1.0, 0.0]]}
_TAIL = log1p(exp(-20))
_IMPOSSIBLE = {"x": [[2.0, 0.0, -inf]], "y": [[1.0, 0.0, 0.0]]}
_POSSIBLE = log1p(exp(-2))
_WHY_SURE = (
    "The label's logit is taken from the logarithm of the sum, in which the other classes are rounded"
    " away: a confident row costs nothing, and learns nothing."
)
_WHY_IMPOSSIBLE = "A label of 0 times the infinite cost of a class that cannot be is NaN."
_WHY_INFINITE = "A logit of infinity, which is certainty, is NaN although the label agrees."
_WHY_BYTES = "A label of 255, as 8-bit masks have it, is taken as it is: the loss is unbounded below."
_WHY_SHAPES = "(3, 1) with (3,) is broadcast to (3, 3): each prediction is compared with each label. Here it is an error."
_COLUMN = {"x": [[2.0], [-1.0], [0.5]], "y": [1.0, 0.0, 1.0]}
_COLUMN_LOSS = [log1p(exp(-2)), log1p(exp(-1)), log1p(exp(-0.5))]

DIFFERS: list[Differs] = [
    Differs(
        "optax.softmax_cross_entropy_with_integer_labels(x, y)",
        "lossary.softmax_cross_entropy(x, y, reduction='none')",
        _SURE,
        [_TAIL],
        _WHY_SURE,
    ),
    Differs("F.cross_entropy(x, y)", "lossary.softmax_cross_entropy(x, y)", _SURE, _TAIL, _WHY_SURE),
    Differs(
        "F.cross_entropy(x, y)",
        "lossary.softmax_cross_entropy(x, y)",
        _SURE,
        [[-1 / (1 + exp(20)), 1 / (1 + exp(20))]],
        "The gradient of the right class is the probability less 1, which is rounded to 0.",
        gradient=True,
    ),
    Differs(
        "keras.losses.categorical_crossentropy(y, x, from_logits=True)",
        "lossary.softmax_cross_entropy(x, y, reduction='none')",
        _ONE_HOT_SURE,
        [_TAIL],
        _WHY_SURE,
    ),
    Differs(
        "optax.softmax_cross_entropy(x, y)",
        "lossary.softmax_cross_entropy(x, y, reduction='none')",
        _IMPOSSIBLE,
        [_POSSIBLE],
        _WHY_IMPOSSIBLE,
    ),
    Differs(
        "F.cross_entropy(x, y)",
        "lossary.softmax_cross_entropy(x, y)",
        _IMPOSSIBLE,
        _POSSIBLE,
        _WHY_IMPOSSIBLE,
    ),
    Differs(
        "keras.losses.categorical_crossentropy(y, x, from_logits=True)",
        "lossary.softmax_cross_entropy(x, y, reduction='none')",
        _IMPOSSIBLE,
        [_POSSIBLE],
        _WHY_IMPOSSIBLE,
    ),
    Differs(
        "F.cross_entropy(x, y, label_smoothing=0.1)",
        "lossary.softmax_cross_entropy(x, y, label_smoothing=0.1)",
        {"x": [[2.0, 0.0, -inf]], "y": [0]},
        _POSSIBLE + 0.05 * 2,
        "Smoothing gives a part of the label to a class that cannot be, which costs infinity. Here it is"
        " spread over the classes that can be.",
    ),
    Differs(
        "optax.sigmoid_binary_cross_entropy(x, y)",
        "lossary.sigmoid_binary_cross_entropy(x, y, reduction='none')",
        {"x": [inf], "y": [1.0]},
        [0.0],
        _WHY_INFINITE,
    ),
    Differs(
        "F.binary_cross_entropy_with_logits(x, y)",
        "lossary.sigmoid_binary_cross_entropy(x, y)",
        {"x": [inf], "y": [1.0]},
        0.0,
        _WHY_INFINITE,
    ),
    Differs(
        "keras.losses.binary_crossentropy(y, x, from_logits=True)",
        "lossary.sigmoid_binary_cross_entropy(x, y)",
        {"x": [inf], "y": [1.0]},
        0.0,
        _WHY_INFINITE,
    ),
    Differs(
        "optax.sigmoid_focal_loss(x, y)",
        "lossary.sigmoid_focal(x, y, reduction='none')",
        {"x": [inf, -inf], "y": [1.0, 0.0]},
        [0.0, 0.0],
        _WHY_INFINITE,
    ),
    Differs(
        "keras.losses.binary_focal_crossentropy(y, x, from_logits=True)",
        "lossary.sigmoid_focal(x, y, over=-1)",
        {"x": [-40.0], "y": [1.0]},
        40.0,
        "Logits become probabilities, which are clipped at 1e-7: what is more wrong than that costs no more.",
    ),
    Differs(
        "keras.losses.binary_focal_crossentropy(y, x, from_logits=True)",
        "lossary.sigmoid_focal(x, y, over=-1)",
        {"x": [-40.0], "y": [1.0]},
        [-1.0],
        "Where the probability is clipped there is no gradient: the worst mistakes are not learnt from.",
        gradient=True,
    ),
    Differs(
        "keras.losses.binary_focal_crossentropy(y, x, from_logits=True, alpha=0.9)",
        "lossary.sigmoid_focal(x, y, alpha=0.9, over=-1)",
        {"x": [0.0], "y": [1.0]},
        0.9 * 0.25 * log(2),
        "`alpha` does nothing unless `apply_class_balancing=True`.",
    ),
    Differs(
        "keras.losses.categorical_focal_crossentropy(y, x, from_logits=True)",
        "lossary.softmax_focal(x, y, over=())",
        {"x": [[0.0, 0.0]], "y": [[1.0, 0.0]]},
        [0.25 * log(2)],
        "A hidden `alpha` of 0.25 scales the loss of all classes alike.",
    ),
    Differs(
        "F.cross_entropy(x, y, weight=w)",
        "lossary.softmax_cross_entropy(x, y, class_weights=w, reduction='weighted_mean')",
        {"x": [[0.0, 0.0], [0.0, 1.0]], "y": [[1.0, 0.0], [0.0, 1.0]], "w": [1.0, 3.0]},
        (log(2) + 3 * log1p(exp(-1))) / 4,
        "With class weights the mean of one-hot labels is divided by the number of rows, that of the same"
        " class ids by the sum of the weights. Here `reduction` says which, whatever labels are.",
    ),
    Differs(
        "F.cross_entropy(x, y, ignore_index=-100)",
        "lossary.softmax_cross_entropy(x, y, where=y != -100)",
        {"x": [[0.0, 0.0], [np.nan, 0.0]], "y": [0, -100]},
        [[-0.5, 0.5], [0.0, 0.0]],
        "The value ignores the row, the gradient does not: a NaN in it stays. Here what is behind the mask is"
        " as if it were not there.",
        gradient=True,
    ),
    Differs(
        "F.cross_entropy(x, y, ignore_index=-100)",
        "lossary.softmax_cross_entropy(x, y, where=y != -100)",
        {"x": [[1.0, 2.0]], "y": [-100]},
        0.0,
        "The mean of a batch in which everything is ignored is NaN, which spreads over all that is trained.",
    ),
    Differs(
        "optax.softmax_cross_entropy_with_integer_labels(x, y)",
        "lossary.softmax_cross_entropy(x, y, where=y != -1, reduction='none')",
        {"x": [[0.0, 2.0]], "y": [-1]},
        [0.0],
        "A label of -1, which often marks padding, is read as the last class. Here it is an error unless masked.",
    ),
    Differs(
        "optax.softmax_cross_entropy_with_integer_labels(x, y, where=valid)",
        "lossary.softmax_cross_entropy(np.where(valid, x, -np.inf), y, reduction='none')",
        {"x": [[1.0, 2.0, 3.0]], "y": [2], "valid": [[True, True, False]]},
        [inf],
        "If the label's own class is masked out the loss is negative: the sum lacks what is subtracted from it.",
    ),
    Differs(
        "optax.sigmoid_binary_cross_entropy(x, y)",
        "lossary.sigmoid_binary_cross_entropy(x, y / 255, reduction='none')",
        {"x": [5.0], "y": [255.0]},
        [log1p(exp(-5))],
        _WHY_BYTES,
    ),
    Differs(
        "F.binary_cross_entropy_with_logits(x, y)",
        "lossary.sigmoid_binary_cross_entropy(x, y / 255)",
        {"x": [5.0], "y": [255.0]},
        log1p(exp(-5)),
        _WHY_BYTES,
    ),
    Differs(
        "keras.losses.binary_crossentropy(y, x, from_logits=True)",
        "lossary.sigmoid_binary_cross_entropy(x, y / 255)",
        {"x": [5.0], "y": [255.0]},
        log1p(exp(-5)),
        _WHY_BYTES,
    ),
    Differs(
        "optax.sigmoid_binary_cross_entropy(x, y)",
        "lossary.sigmoid_binary_cross_entropy(x[..., 0], y, reduction='none')",
        _COLUMN,
        _COLUMN_LOSS,
        _WHY_SHAPES,
    ),
    Differs(
        "optax.softmax_cross_entropy_with_integer_labels(x.astype(jnp.bfloat16), y).astype(float)",
        "lossary.softmax_cross_entropy(x.astype('float16'), y, reduction='none')",
        {"x": np.zeros((1, 50257)), "y": [0]},
        [log(50257)],
        "A loss of 16-bit logits is 16-bit: its steps are 0.06 wide. Here it is computed and returned in float32.",
    ),
    Differs(
        "F.cross_entropy(x.bfloat16(), y).float()",
        "lossary.softmax_cross_entropy(x.astype('float16'), y)",
        {"x": np.zeros((1, 50257)), "y": [0]},
        log(50257),
        "A loss of 16-bit logits is 16-bit: its steps are 0.06 wide. Here it is computed and returned in float32.",
    ),
]
