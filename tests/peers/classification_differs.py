"""Losses of logits: where others give another number."""

from math import exp, inf, log, log1p

import numpy as np

from tests.peers import Differs

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
_WHY_SHAPES = (
    "(3, 1) with (3,) is broadcast to (3, 3), each prediction beside each label. Here it is an error."
)
_WHY_HALVES = (
    "A loss of bfloat16 logits is bfloat16, in steps of 1/16. Here it is computed and returned in float32."
)
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
        "A label of -1, which often marks padding, is read as the last class. Here that is an error.",
    ),
    Differs(
        "optax.softmax_cross_entropy_with_integer_labels(x, y, where=valid)",
        "lossary.softmax_cross_entropy(np.where(valid, x, -np.inf), y, reduction='none')",
        {"x": [[1.0, 2.0, 3.0]], "y": [2], "valid": [[True, True, False]]},
        [inf],
        "If the label's own class is masked out the loss is negative: its logit is subtracted all the same.",
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
        _WHY_HALVES,
    ),
    Differs(
        "F.cross_entropy(x.bfloat16(), y).float()",
        "lossary.softmax_cross_entropy(x.astype('float16'), y)",
        {"x": np.zeros((1, 50257)), "y": [0]},
        log(50257),
        _WHY_HALVES,
    ),
]
