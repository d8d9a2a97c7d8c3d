"""Losses of margins."""

from math import inf, log, log1p

from tests.peers import Differs, Equal

SIGNED = {"s": [0.25, -0.5, 2.0, -3.0, 1.5, -1.5], "y": [1, 1, 1, 1, -1, -1]}
BINARY = {"s": SIGNED["s"], "y": [1, 1, 1, 1, 0, 0]}
_ROWS = [[2.0, 0.5, -1.0, 1.75], [0.25, 0.5, 0.0, -0.75], [-3.0, 1.5, 1.25, 0.75]]
ROWS = {"s": _ROWS, "y": [0, 2, 3]}
WEIGHTED = {**ROWS, "w": [1.0, 0.25, 3.0, 0.5]}
MARKS = {"s": _ROWS, "y": [[1, 0, 0, 1], [0, 0, 1, 0], [0, 1, 1, 0]], "w": WEIGHTED["w"]}
IDS = {"s": _ROWS, "ids": [[3, 0, -1, 1], [2, -1, -1, -1], [1, 2, -1, 0]]}
_MEAN_OF_A_ROW = "Labels come first, and the function averages over the last axis only."

EQUALS = [
    Equal(
        "optax.hinge_loss(s, y)",
        "lossary.hinge(s, y, labels_in='pm1', reduction='none')",
        SIGNED,
        note="Labels are -1 and 1. optax accepts 0 and 1 too, see How others differ.",
    ),
    Equal(
        "optax.losses.perceptron_loss(s, y)",
        "lossary.perceptron(s, y, labels_in='pm1', reduction='none')",
        SIGNED,
        note="Labels are -1 and 1, but those of `sparsemax_loss` are 0 and 1.",
    ),
    Equal("optax.losses.sparsemax_loss(s, y)", "lossary.sparsemax(s, y, reduction='none')", BINARY),
    Equal(
        "optax.losses.multiclass_hinge_loss(s, y)", "lossary.multiclass_hinge(s, y, reduction='none')", ROWS
    ),
    Equal(
        "optax.losses.multiclass_perceptron_loss(s, y)",
        "lossary.multiclass_perceptron(s, y, reduction='none')",
        ROWS,
    ),
    Equal(
        "optax.losses.multiclass_sparsemax_loss(s, y)",
        "lossary.multiclass_sparsemax(s, y, reduction='none')",
        ROWS,
        note="optax takes exactly two axes. lossary takes any number, and labels may be distributions.",
    ),
    Equal(
        "F.soft_margin_loss(s, y, reduction=reduction)",
        "lossary.logistic(s, y, labels_in='pm1', reduction=reduction)",
        SIGNED,
        {"reduction": ["mean", "sum", "none"]},
        note="torch's overflows, see How others differ.",
    ),
    Equal(
        "F.multi_margin_loss(s, y, p=p, margin=margin, reduction=reduction)",
        "lossary.multi_margin(s, y, power=p, margin=margin, reduction=reduction)",
        ROWS,
        {"p": [1, 2], "margin": [0.3, 1.0], "reduction": ["mean", "sum", "none"]},
    ),
    Equal(
        "F.multi_margin_loss(s, y, weight=w)",
        "lossary.multi_margin(s, y, class_weights=w)",
        WEIGHTED,
        note="Both average over the examples. `reduction='weighted_mean'` divides by the weights.",
    ),
    Equal(
        "F.multilabel_soft_margin_loss(s, y, reduction=reduction)",
        "lossary.multilabel_soft_margin(s, y, reduction=reduction)",
        MARKS,
        {"reduction": ["mean", "sum", "none"]},
    ),
    Equal(
        "F.multilabel_soft_margin_loss(s, y, weight=w)",
        "lossary.multilabel_soft_margin(s, y, class_weights=w)",
        MARKS,
    ),
    Equal(
        "F.multilabel_soft_margin_loss(s, y, weight=each)",
        "lossary.sigmoid_binary_cross_entropy(s, y, weights=each)",
        {**MARKS, "each": [[1.0, 0.5, 2.0, 0.0], [3.0, 1.0, 0.25, 1.0], [1.0, 0.0, 1.0, 4.0]]},
        note="One weight per class of each example, because lossary's loss has one number for each.",
    ),
    Equal(
        "F.multilabel_margin_loss(s, ids, reduction=reduction)",
        "lossary.multilabel_margin(s, ((ids[..., None] == np.arange(4))"
        " & (ids >= 0).cumprod(-1)[..., None].astype(bool)).any(-2), reduction=reduction)",
        IDS,
        {"reduction": ["mean", "sum", "none"]},
        note="torch takes ids that end at the first -1, lossary a 1 for each right class.",
    ),
    Equal("keras.losses.hinge(y, s)", "lossary.hinge(s, y, over=-1)", BINARY, note=_MEAN_OF_A_ROW),
    Equal(
        "keras.losses.hinge(y, s)",
        "lossary.hinge(s, y, labels_in='pm1', over=-1)",
        SIGNED,
        note="Keras guesses the encoding from the batch, see How others differ.",
    ),
    Equal(
        "keras.losses.squared_hinge(y, s)",
        "lossary.squared_hinge(s, y, over=-1)",
        BINARY,
        note=_MEAN_OF_A_ROW,
    ),
    Equal(
        "keras.losses.categorical_hinge(y, s)",
        "lossary.multiclass_hinge(np.pad(s, ((0, 0), (0, 1))), y.argmax(-1), reduction='none')",
        {
            "s": [*_ROWS, [-1.0, -3.0, -2.0, -4.0]],
            "y": [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]],
        },
        note="Keras counts an extra class with score 0: leave out the padding, see How others differ.",
    ),
    Equal(
        "sklearn.metrics.hinge_loss(y, s, sample_weight=w)",
        "lossary.hinge(s, y, weights=w, reduction='weighted_mean')",
        {**BINARY, "w": [1.0, 2.0, 0.5, 0.0, 3.0, 1.0]},
        note="Labels come first. The larger of the two labels that occur counts as 1.",
    ),
    Equal(
        "sklearn.metrics.hinge_loss(y, s, labels=[0, 1, 2, 3])",
        "lossary.multiclass_hinge(s, y)",
        ROWS,
        note="Labels come first. With more than two classes it is the Crammer-Singer loss.",
    ),
]

DIFFERS = [
    Differs(
        "optax.hinge_loss(s, y)",
        "lossary.hinge(s, y, reduction='none')",
        {"s": [3.0, -3.0], "y": [0, 0]},
        [4.0, 0.0],
        "It expects labels -1 and 1 but accepts 0 and 1: a label 0 costs 1 whatever the score.",
    ),
    Differs(
        "optax.losses.perceptron_loss(s, y)",
        "lossary.perceptron(s, y, labels_in='pm1', reduction='none')",
        {"s": [0.0, 0.0], "y": [1, -1]},
        [-1.0, 1.0],
        "At score 0, where a linear model starts, the derivative is half that of a mistake, which"
        " matches neither side of the kink.",
        gradient=True,
    ),
    Differs(
        "optax.losses.sparsemax_loss(s, y)",
        "lossary.sparsemax(s, y, reduction='none')",
        {"s": [0.5], "y": [0.25]},
        [0.25 * (1 + 0.25) ** 2],
        "Every label except 0 counts as 1: soft labels are silently rounded up.",
    ),
    Differs(
        "optax.losses.multiclass_hinge_loss(s, y)",
        "lossary.multiclass_hinge(s, y, reduction='none')",
        {"s": [[2.0, -inf, 1.5]], "y": [0]},
        [0.5],
        "A class masked by -inf is multiplied by the 0 of a one-hot label and gives NaN.",
    ),
    Differs(
        "optax.losses.multiclass_perceptron_loss(s, y)",
        "lossary.multiclass_perceptron(s, y, reduction='none')",
        {"s": [[2.0, -inf, 2.5]], "y": [0]},
        [0.5],
        "A class masked by -inf gives NaN.",
    ),
    Differs(
        "optax.losses.multiclass_sparsemax_loss(s, y)",
        "lossary.multiclass_sparsemax(s, y, reduction='none')",
        {"s": [[1.0, 2**-12]], "y": [0]},
        [2**-26],
        "A small loss is a difference of numbers near 1 and has no correct digits: here it is"
        " twice as large.",
    ),
    Differs(
        "F.soft_margin_loss(s, y, reduction='none')",
        "lossary.logistic(s, y, labels_in='pm1', reduction='none')",
        {"s": [-100.0, 20.0], "y": [1, 1]},
        [100.0, log1p(2.061153622438558e-09)],
        "It overflows: beyond 88 in float32 the loss is infinite and the derivative NaN. If the"
        " score is right by 17 or more, the loss is 0 too early.",
    ),
    Differs(
        "F.soft_margin_loss(s, y, reduction='none')",
        "lossary.logistic(s, y, reduction='none')",
        {"s": [0.0, 3.0], "y": [0, 0]},
        [log(2), 3.048587351573742],
        "It expects labels -1 and 1 but accepts 0 and 1: a label 0 costs log 2 whatever the score.",
    ),
    Differs(
        "F.multilabel_soft_margin_loss(s, y, reduction='none')",
        "lossary.multilabel_soft_margin(s, y, reduction='none')",
        {"s": [[0.0, -inf]], "y": [[1, 0]]},
        [log(2) / 2],
        "A class masked by -inf gives NaN.",
    ),
    Differs(
        "F.multilabel_margin_loss(s, ids)",
        "lossary.multilabel_margin(s, (ids[..., None] == np.arange(4)).any(-2))",
        {"s": [[0.0, 0.5, -1.0, 0.0]], "ids": [[0, 0, -1, -1]]},
        (1.5 + 0.0 + 1.0) / 4,
        "An id given twice counts twice.",
    ),
    Differs(
        "keras.losses.hinge(y, s)",
        "lossary.hinge(s, y, over=-1)",
        {"s": [[0.5, 0.5], [0.5, 0.5]], "y": [[0.0, 1.0], [0.5, 1.0]]},
        [1.0, 0.75],
        "Labels 0 and 1 become -1 and 1 only if the batch contains no others. One soft label, or"
        " one -1, changes the loss of all other examples.",
    ),
    Differs(
        "keras.losses.categorical_hinge(y, s)",
        "lossary.multiclass_hinge(s, y.argmax(-1), reduction='none')",
        {"s": [[-1.0, -3.0]], "y": [[1, 0]]},
        [0.0],
        "The label itself counts as a competitor with score 0. If all scores are negative, a"
        " label that leads by more than the margin still has a loss.",
    ),
    Differs(
        "sklearn.metrics.hinge_loss(y, s)",
        "lossary.hinge(s, y)",
        {"s": [2.0, 3.0], "y": [1, 1]},
        0.0,
        "The positive label is inferred from the labels that occur: if all are 1, they count as negative.",
    ),
]
