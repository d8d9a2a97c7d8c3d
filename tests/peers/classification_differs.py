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
    "The label's logit is subtracted from the log of the sum, which has rounded the other"
    " classes away. A confident row has loss 0 and learns nothing."
)
_WHY_IMPOSSIBLE = "A label of 0 times the infinite loss of a class masked by -inf gives NaN."
_WHY_INFINITE = "An infinite logit gives NaN even if it agrees with the label."
_WHY_BYTES = "A label of 255, as in 8-bit masks, is accepted, and the loss is unbounded below."
_WHY_SHAPES = (
    "(3, 1) and (3,) broadcast to (3, 3), which pairs every prediction with every label."
    " lossary raises an error."
)
_WHY_HALVES = (
    "The loss of bfloat16 logits is bfloat16, in steps of 1/16. lossary computes and returns float32."
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
        "The gradient for the right class is the probability minus 1, which rounds to 0.",
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
        "Label smoothing gives part of the label to a class masked by -inf, which costs infinity."
        " lossary spreads it over the other classes.",
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
        "Logits become probabilities clipped at 1e-7, so worse mistakes cost no more.",
    ),
    Differs(
        "keras.losses.binary_focal_crossentropy(y, x, from_logits=True)",
        "lossary.sigmoid_focal(x, y, over=-1)",
        {"x": [-40.0], "y": [1.0]},
        [-1.0],
        "Clipped probabilities have no gradient, so the worst mistakes teach the model nothing.",
        gradient=True,
    ),
    Differs(
        "keras.losses.binary_focal_crossentropy(y, x, from_logits=True, alpha=0.9)",
        "lossary.sigmoid_focal(x, y, alpha=0.9, over=-1)",
        {"x": [0.0], "y": [1.0]},
        0.9 * 0.25 * log(2),
        "`alpha` has no effect without `apply_class_balancing=True`.",
    ),
    Differs(
        "keras.losses.categorical_focal_crossentropy(y, x, from_logits=True)",
        "lossary.softmax_focal(x, y, over=())",
        {"x": [[0.0, 0.0]], "y": [[1.0, 0.0]]},
        [0.25 * log(2)],
        "A hidden `alpha` of 0.25 scales the loss of all classes equally.",
    ),
    Differs(
        "F.cross_entropy(x, y, weight=w)",
        "lossary.softmax_cross_entropy(x, y, class_weights=w, reduction='weighted_mean')",
        {"x": [[0.0, 0.0], [0.0, 1.0]], "y": [[1.0, 0.0], [0.0, 1.0]], "w": [1.0, 3.0]},
        (log(2) + 3 * log1p(exp(-1))) / 4,
        "With class weights, the mean divides by the number of rows for one-hot labels, but by"
        " the sum of the weights for the same labels as class ids. In lossary `reduction`"
        " decides, whatever the encoding.",
    ),
    Differs(
        "F.cross_entropy(x, y, ignore_index=-100)",
        "lossary.softmax_cross_entropy(x, y, where=y != -100)",
        {"x": [[0.0, 0.0], [np.nan, 0.0]], "y": [0, -100]},
        [[-0.5, 0.5], [0.0, 0.0]],
        "The value ignores the row, but the gradient keeps its NaN. lossary treats masked-out"
        " entries as if they did not exist.",
        gradient=True,
    ),
    Differs(
        "F.cross_entropy(x, y, ignore_index=-100)",
        "lossary.softmax_cross_entropy(x, y, where=y != -100)",
        {"x": [[1.0, 2.0]], "y": [-100]},
        0.0,
        "If all labels are ignored, the mean is NaN, which spreads to every parameter.",
    ),
    Differs(
        "optax.softmax_cross_entropy_with_integer_labels(x, y)",
        "lossary.softmax_cross_entropy(x, y, where=y != -1, reduction='none')",
        {"x": [[0.0, 2.0]], "y": [-1]},
        [0.0],
        "A label of -1, which often marks padding, selects the last class. lossary raises an error.",
    ),
    Differs(
        "optax.softmax_cross_entropy_with_integer_labels(x, y, where=valid)",
        "lossary.softmax_cross_entropy(np.where(valid, x, -np.inf), y, reduction='none')",
        {"x": [[1.0, 2.0, 3.0]], "y": [2], "valid": [[True, True, False]]},
        [inf],
        "If the label's own class is masked out, its logit is subtracted anyway, and the loss is negative.",
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
