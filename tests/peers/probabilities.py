"""Losses of probabilities."""

from math import expm1, inf, log

from tests.peers import Differs, Equal

BINARY = {"p": [[0.9, 0.2, 0.5], [0.125, 0.6, 0.01]], "y": [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]}
SOFT = {"p": [0.9, 0.2, 0.5, 0.3], "y": [1.0, 0.25, 0.5, 0.0]}
ROWS = [[0.5, 0.25, 0.25], [0.125, 0.75, 0.125], [0.1, 0.2, 0.7], [0.3, 0.3, 0.4]]
IDS = {"p": ROWS, "y": [0, 2, 1, 2]}
PADDED = {"p": ROWS, "y": [0, -100, 1, -100]}
DISTRIBUTIONS = {
    "p": ROWS,
    "y": [[1.0, 0.0, 0.0], [0.25, 0.25, 0.5], [0.0, 1.0, 0.0], [0.125, 0.0, 0.875]],
}
W = [1.0, 0.25, 3.0]
REDUCTION = {"reduction": ["mean", "sum", "none"]}
SMOOTHING = {"smoothing": [0.0, 0.1, 0.5]}
_FIRST = "Labels come first. Keras clips probabilities at 1e-7 (`min_prob=1e-7`)."
_LAST = "Labels come first, and the function averages over the last axis only. Keras clips at 1e-7."
_DIVIDES = " Keras divides rows by their sums. In lossary, a row that does not sum to 1 raises an error."

EQUALS: list[Equal] = [
    Equal(
        "F.binary_cross_entropy(p, y, reduction=reduction)",
        "lossary.binary_cross_entropy(p, y, reduction=reduction)",
        SOFT,
        REDUCTION,
        note="torch's logarithms are at least -100.",
    ),
    Equal(
        "F.binary_cross_entropy(p, y, weight=w)",
        "lossary.binary_cross_entropy(p, y, class_weights=w)",
        {**BINARY, "w": W},
        note="torch's `weight` broadcasts from the right. Use `class_weights` along `axis`, or"
        " `weights` for one weight per example.",
    ),
    Equal(
        "F.nll_loss(p.log(), y, reduction=reduction)",
        "lossary.negative_log_likelihood(np.log(p), y, axis=1, reduction=reduction)",
        IDS,
        REDUCTION,
        note="torch's class axis is 1; lossary's is `axis`, by default the last.",
    ),
    Equal(
        "F.nll_loss(p.log(), y, weight=w)",
        "lossary.negative_log_likelihood(np.log(p), y, class_weights=w, reduction='weighted_mean')",
        {**IDS, "w": W},
        note="torch's weighted mean divides by the weights of the class ids.",
    ),
    Equal(
        "F.nll_loss(p.log(), y, ignore_index=-100)",
        "lossary.negative_log_likelihood(np.log(p), y, where=y != -100)",
        PADDED,
        note="lossary ignores only what `where` masks out. A label of -100 raises an error.",
    ),
    Equal(
        "keras.losses.binary_crossentropy(y, p, label_smoothing=smoothing)",
        "lossary.binary_cross_entropy(p, y, label_smoothing=smoothing, over=-1)",
        BINARY,
        SMOOTHING,
        note=_LAST,
    ),
    Equal(
        "keras.losses.categorical_crossentropy(y, p, label_smoothing=smoothing)",
        "lossary.categorical_cross_entropy(p, y, label_smoothing=smoothing, reduction='none')",
        DISTRIBUTIONS,
        SMOOTHING,
        note=_FIRST + _DIVIDES,
    ),
    Equal(
        "keras.losses.sparse_categorical_crossentropy(y, p)",
        "lossary.categorical_cross_entropy(p, y, reduction='none')",
        IDS,
        note=_FIRST + _DIVIDES,
    ),
    Equal(
        "keras.losses.sparse_categorical_crossentropy(y, p, ignore_class=0)",
        "lossary.categorical_cross_entropy(p, y, where=y != 0, reduction='none')",
        IDS,
        note=_FIRST,
    ),
    Equal(
        "keras.losses.binary_focal_crossentropy(y, p, gamma=gamma)",
        "lossary.binary_focal(p, y, gamma=gamma, over=-1)",
        BINARY,
        {"gamma": [0.0, 0.5, 2.0]},
        note=_LAST + " For smoothed labels, lossary mixes the losses of both classes, Keras mixes inside the"
        " power.",
    ),
    Equal(
        "keras.losses.binary_focal_crossentropy(y, p, apply_class_balancing=True, alpha=alpha)",
        "lossary.binary_focal(p, y, alpha=alpha, over=-1)",
        BINARY,
        {"alpha": [0.25, 0.75]},
        note="Keras' `alpha` has no effect without `apply_class_balancing`.",
    ),
    Equal(
        "keras.losses.categorical_focal_crossentropy(y, p, alpha=alpha, gamma=gamma,"
        " label_smoothing=smoothing)",
        "lossary.categorical_focal(p, y, class_weights=alpha, gamma=gamma, label_smoothing=smoothing,"
        " reduction='none')",
        DISTRIBUTIONS,
        {"alpha": [W], "gamma": [0.5, 2.0], **SMOOTHING},
        note=_FIRST + _DIVIDES + " Keras' scalar `alpha`, by default 0.25, only scales the loss.",
    ),
    Equal(
        "keras.losses.categorical_generalized_cross_entropy(y, p, q)",
        "lossary.generalized_cross_entropy(p, y, power=q, reduction='none')",
        IDS,
        {"q": [0.5, 0.7, 1.0]},
        note="Labels come first, as ids. The class's default for `q` is 0.5; the function has none.",
    ),
    Equal(
        "sklearn.metrics.log_loss(y, p, normalize=normalize == 'mean')",
        "lossary.binary_cross_entropy(p, y, reduction=normalize)",
        {"p": [0.9, 0.2, 0.5, 0.3], "y": [1, 0, 1, 0]},
        {"normalize": ["mean", "sum"]},
        note="Labels come first. scikit-learn clips probabilities at the resolution of their dtype.",
    ),
    Equal(
        "sklearn.metrics.log_loss(y, p, sample_weight=w)",
        "lossary.categorical_cross_entropy(p, y, weights=w, reduction='weighted_mean')",
        {**IDS, "w": [1.0, 2.0, 0.5, 3.0]},
        note="Labels come first. The mean divides by the sum of the weights.",
    ),
    Equal(
        "sklearn.metrics.brier_score_loss(y, p, sample_weight=w)",
        "lossary.squared_error(p, y, weights=w, reduction='weighted_mean')",
        {"p": [0.9, 0.2, 0.5, 0.3], "y": [1, 0, 1, 0], "w": [1.0, 2.0, 0.5, 3.0]},
        note="Labels come first. The mean divides by the sum of the weights.",
    ),
    Equal(
        "sklearn.metrics.brier_score_loss(y, p)",
        "lossary.brier(p, y)",
        IDS,
        note="With more than two classes it is the sum over the classes.",
    ),
]

_WRONG = {"p": [1e-10], "y": [1.0]}
_WHY_CLIPPED = "Probabilities are clipped at 1e-7, so worse mistakes cost no more."
_WHY_NO_GRADIENT = "Clipped probabilities have no gradient, so the worst mistakes teach the model nothing."

DIFFERS: list[Differs] = [
    Differs(
        "keras.losses.binary_crossentropy(y, p)",
        "lossary.binary_cross_entropy(p, y, over=-1)",
        {"p": [1.0], "y": [0.0]},
        inf,
        "In float32, 1 - 1e-7 is 1 - 2^-23: a certain mistake costs only 15.94.",
    ),
    Differs(
        "F.binary_cross_entropy(p, y)",
        "lossary.binary_cross_entropy(p, y)",
        {"p": [0.0], "y": [1.0]},
        inf,
        "Logarithms are at least -100: an event predicted as impossible costs 100.",
    ),
    Differs(
        "F.binary_cross_entropy(p, y)",
        "lossary.binary_cross_entropy(p, y)",
        {"p": [2.0**-60], "y": [1.0]},
        [-(2.0**60)],
        "The gradient is divided by p (1 - p), or by 1e-12 if that is larger: value and gradient disagree.",
        gradient=True,
    ),
    Differs(
        "keras.losses.binary_crossentropy(y, p)",
        "lossary.binary_cross_entropy(p, y)",
        _WRONG,
        10 * log(10),
        _WHY_CLIPPED,
    ),
    Differs(
        "keras.losses.binary_crossentropy(y, p)",
        "lossary.binary_cross_entropy(p, y)",
        {"p": [2.0**-30], "y": [1.0]},
        [-(2.0**30)],
        _WHY_NO_GRADIENT,
        gradient=True,
    ),
    Differs(
        "keras.losses.categorical_crossentropy(y, p)",
        "lossary.categorical_cross_entropy(p, y, reduction='none')",
        {"p": [[2.0**-30, 1 - 2.0**-30]], "y": [[1.0, 0.0]]},
        [30 * log(2)],
        _WHY_CLIPPED,
    ),
    Differs(
        "keras.losses.binary_crossentropy(y, p)",
        "lossary.binary_cross_entropy(p, (y + 1) / 2)",
        {"p": [0.75, 0.25], "y": [1.0, -1.0]},
        2 * log(4 / 3) / 2,
        "Labels of -1 are accepted, and the loss has no minimum. lossary raises an error.",
    ),
    Differs(
        "keras.losses.categorical_focal_crossentropy(y, p)",
        "lossary.categorical_focal(p, y, reduction='none')",
        {"p": [[0.5, 0.5]], "y": [[1.0, 0.0]]},
        [0.25 * log(2)],
        "A hidden `alpha` of 0.25 scales the loss of all classes equally.",
    ),
    Differs(
        "keras.losses.categorical_generalized_cross_entropy(y, p, 1e-6)",
        "lossary.generalized_cross_entropy(p, y, power=1e-6, reduction='none')",
        {"p": [[0.75, 0.25]], "y": [0]},
        [-1e6 * expm1(1e-6 * log(0.75))],
        "1 minus a power close to 1 loses all digits, so the cross-entropy is lost as `q` approaches 0.",
    ),
    Differs(
        "sklearn.metrics.log_loss(y, p)",
        "lossary.binary_cross_entropy(p, y)",
        {"p": [2.0**-30, 0.5], "y": [1, 0]},
        31 * log(2) / 2,
        "Probabilities are clipped at the resolution of their dtype, so the same data has a"
        " smaller loss in float32, and an even smaller one in float16.",
    ),
]
