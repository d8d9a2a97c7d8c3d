"""Losses of vectors and of distances."""

from math import sqrt

from tests.peers import Differs, Equal

PAIRS = {
    "a": [[3.0, 4.0, -1.0], [0.5, 0.25, 2.0], [-1.0, 0.5, 0.1]],
    "b": [[1.0, -2.0, 0.5], [0.5, 0.5, 1.5], [2.0, -1.0, 0.25]],
}
SIGNED_PAIRS = {**PAIRS, "y": [1, 1, -1]}
DISTANCES = {"d": [0.0, 0.25, 2.0, 0.25, 3.0], "y": [1, 1, 1, -1, -1]}
SCORES = {"s": [0.5, 2.0, -1.0, 3.0], "t": [1.0, 1.5, 0.25, 3.5], "y": [1, 1, -1, -1]}
TRIPLETS = {
    "a": [[0.0, 1.0, 2.0], [1.5, -0.5, 0.25], [3.0, 4.0, 0.0]],
    "p": [[1.0, -1.0, 0.5], [1.25, -0.75, 0.5], [0.5, 4.5, 1.0]],
    "n": [[0.25, 1.5, 2.75], [1.0, -0.75, 1.0], [8.0, -6.0, 4.0]],
}
MARGINS = [0.0, 0.5, 2.0]
_L1 = "abs({0} - {1}).sum(-1)"
_NEAR, _FAR, _OTHER = (_L1.format(*pair) for pair in ("ap", "an", "pn"))
_BY_L1 = (
    "F.triplet_margin_with_distance_loss("
    "a, p, n, margin=margin, swap={}, distance_function=lambda x, y: abs(x - y).sum(-1))"
)
_OF_DISTANCES = "lossary takes distances as arrays, measured in any way before the call."

EQUALS = [
    Equal(
        "optax.cosine_similarity(a, b, axis=axis)",
        "lossary.cosine_similarity(a, b, axis=axis, reduction='none')",
        PAIRS,
        {"axis": [-1, 0]},
        note="lossary has no epsilon: a zero vector has similarity 0.",
    ),
    Equal(
        "optax.cosine_distance(a, b, axis=axis)",
        "lossary.cosine_distance(a, b, axis=axis, reduction='none')",
        PAIRS,
        {"axis": [-1, 0]},
        note="lossary has no epsilon: a zero vector has distance 1.",
    ),
    Equal(
        "optax.losses.triplet_margin_loss(a, p, n, margin=margin, eps=0.0)",
        "lossary.triplet_margin(a, p, n, margin=margin, reduction='none')",
        TRIPLETS,
        {"margin": MARGINS},
        note="By default optax adds 1e-6 under the root. Its orders other than 2 lack the absolute value.",
    ),
    Equal(
        "F.cosine_embedding_loss(a, b, y, margin=margin)",
        "lossary.cosine_embedding(a, b, y, margin=margin, labels_in='pm1')",
        SIGNED_PAIRS,
        {"margin": [0.0, -0.9, 0.3]},
    ),
    Equal(
        "F.hinge_embedding_loss(d, y, margin=margin)",
        "lossary.hinge_embedding(d, y, margin=margin, labels_in='pm1')",
        DISTANCES,
        {"margin": MARGINS},
        note="Distances must not be negative.",
    ),
    Equal(
        "F.margin_ranking_loss(s, t, y, margin=margin)",
        "lossary.margin_ranking(s, t, y, margin=margin, labels_in='pm1')",
        SCORES,
        {"margin": MARGINS},
    ),
    Equal(
        "F.triplet_margin_loss(a, p, n, margin=margin, p=order, swap=swap, eps=0.0)",
        "lossary.triplet_margin(a, p, n, margin=margin, order=order, swap=swap)",
        TRIPLETS,
        {"margin": [0.5, 2.0], "order": [1.0, 1.5, 2.0, 3.0, float("inf")], "swap": [False, True]},
        note="By default torch adds 1e-6 to each coordinate difference.",
    ),
    Equal(
        _BY_L1.format(False),
        f"lossary.triplet({_NEAR}, {_FAR}, margin=margin)",
        TRIPLETS,
        {"margin": [0.5, 2.0]},
        note=_OF_DISTANCES,
    ),
    Equal(
        _BY_L1.format(True),
        f"lossary.triplet({_NEAR}, np.minimum({_FAR}, {_OTHER}), margin=margin)",
        TRIPLETS,
        {"margin": [0.5, 2.0]},
        note=_OF_DISTANCES,
    ),
    Equal(
        "pytorch_metric_learning.losses.VICRegLoss(variance_mu=mu)(a, ref_emb=b)",
        "lossary.vicreg(a, b, variance_weight=mu / 2)",
        PAIRS,
        {"mu": [25.0, 4.0]},
        note="PML halves the variance term of the paper, so its default is `variance_weight=12.5`.",
    ),
    Equal(
        "keras.losses.cosine_similarity(b, a, axis=axis)",
        "-lossary.cosine_similarity(a, b, axis=axis, reduction='none')",
        PAIRS,
        {"axis": [-1, 0]},
        note="Targets come first. Keras' is negative, to be minimized: `cosine_distance` minus 1.",
    ),
]

_NEARLY = {"a": [[1.0, 0.75]], "b": [[1.0, 0.75005]]}
_ZERO = {"a": [[0.0, 0.0]], "b": [[3.0, 4.0]]}
_APART = {"a": [[0.0, 0.0]], "p": [[3.0, -3.0]], "n": [[1.0, 1.0]]}
_FAR_APART = {"a": [[0.0, 0.0]], "p": [[3e19, 4e19]], "n": [[0.0, 1e19]]}
_CLOSE = {"a": [[3e-9, 4e-9]], "p": [[0.0, 0.0]], "n": [[3e-9, 4e-9]]}

DIFFERS = [
    Differs(
        "monai.losses.BarlowTwinsLoss()(z, y)",
        "lossary.barlow_twins(z, y)",
        {"z": [[0.0], [2.0], [1.0]], "y": [[0.0], [2.0], [1.0]]},
        0.0,
        "Deviations are over n - 1, products over n. A feature's correlation with itself is (n - 1)/n, so"
        " equal views cost at least 1/n² per feature.",
    ),
    Differs(
        "optax.cosine_similarity(a, b)",
        "lossary.cosine_similarity(a, b, reduction='none')",
        _ZERO,
        [0.0],
        "A zero vector gives NaN in value and gradient unless you pass an epsilon, which is"
        " compared with the squared length.",
    ),
    Differs(
        "optax.cosine_distance(a, b)",
        "lossary.cosine_distance(a, b, reduction='none')",
        {"a": [[1e-20, 0.0]], "b": [[1.0, 1.0]]},
        [1 - sqrt(0.5)],
        "Lengths below 1e-19 underflow when squared in float32: NaN.",
    ),
    Differs(
        "optax.cosine_distance(a, b)",
        "lossary.cosine_distance(a, b, reduction='none')",
        _NEARLY,
        [5.121453482288116e-10],
        "1 minus a rounded cosine: between nearly parallel vectors it is 0, or a multiple of 6e-8"
        " with either sign.",
    ),
    Differs(
        "F.cosine_embedding_loss(a, b, y)",
        "lossary.cosine_embedding(a, b, y)",
        {"a": [[1e-7, 0.0]], "b": [[1e-7, 0.0]], "y": [1]},
        0.0,
        "An epsilon is added to squared lengths, so the loss of short vectors depends on their"
        " lengths. These are parallel.",
    ),
    Differs(
        "F.cosine_embedding_loss(a, b, y)",
        "lossary.cosine_embedding(a, b, y)",
        {"a": [[1e20, 0.0]], "b": [[1e20, 0.0]], "y": [1]},
        0.0,
        "Squares of long vectors overflow, which gives NaN for equal vectors.",
    ),
    Differs(
        "F.cosine_embedding_loss(a, b, y)",
        "lossary.cosine_embedding(a, b, y)",
        {"a": [[1.0, 0.0]], "b": [[1.0, 0.0]], "y": [0]},
        1.0,
        "Labels are -1 and 1 but are not checked: a label of 0 has loss 0.",
    ),
    Differs(
        "F.hinge_embedding_loss(d, y)",
        "lossary.hinge_embedding(d, y)",
        {"d": [0.25], "y": [0]},
        0.75,
        "Labels are -1 and 1 but are not checked: for a label of 0, both losses are added.",
    ),
    Differs(
        "F.margin_ranking_loss(s, t, y)",
        "lossary.margin_ranking(s, t, y)",
        {"s": [2.0], "t": [0.5], "y": [0]},
        1.5,
        "Labels are -1 and 1 but are not checked: for a label of 0, the loss is the margin,"
        " whatever the scores.",
    ),
    Differs(
        "optax.losses.triplet_margin_loss(a, p, n, norm_degree=1)",
        "lossary.triplet_margin(a, p, n, order=1, reduction='none')",
        _APART,
        [5.0],
        "Differences are raised to a power without their absolute value. With odd orders,"
        " opposite signs cancel, and a negative sum gives NaN.",
    ),
    Differs(
        "optax.losses.triplet_margin_loss(a, p, n)",
        "lossary.triplet_margin(a, p, n, reduction='none')",
        _FAR_APART,
        [4e19],
        "Squares of large differences overflow in float32.",
    ),
    Differs(
        "F.triplet_margin_loss(a, p, n)",
        "lossary.triplet_margin(a, p, n)",
        _FAR_APART,
        4e19,
        "Squares of large differences overflow in float32.",
    ),
    Differs(
        "F.triplet_margin_loss(a, p, n)",
        "lossary.triplet_margin(a, p, n)",
        _CLOSE,
        [[0.6, 0.8]],
        "1e-6 is added to each coordinate difference, so the gradient of smaller differences"
        " loses its direction.",
        gradient=True,
    ),
    Differs(
        "keras.losses.cosine_similarity(b, a)",
        "-lossary.cosine_similarity(a, b, reduction='none')",
        {"a": [[1e-8, 0.0]], "b": [[1.0, 0.0]]},
        [-1.0],
        "Vectors shorter than 1e-7 are not normalized, so the similarity depends on their lengths.",
    ),
]
