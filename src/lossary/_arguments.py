"""The arguments of losses: their names, their valid values, and advice for common mistakes."""

from lossary._advice import (
    Advice,
    on_bins,
    on_centers,
    on_class_ids,
    on_class_labels,
    on_corners,
    on_label_rows,
    on_labels,
    on_lengths,
    on_probs,
    on_ranks,
    on_sequences,
)
from lossary._kernel import Argument, Domain

_UNIT = Domain(0, 1)
_SIMPLEX = Domain(0, 1, sums_to_one=True)
_NOT_NEGATIVE = Domain(low=0)
_LOG1P = Domain(low=-1)

PREDICTIONS = Argument("predictions")
TARGETS = Argument("targets")
LOGITS = Argument("logits")
COSINES = Argument(
    "cosines",
    Domain(-1, 1),
    Advice(
        "L120",
        "beyond them is no cosine",
        "embeddings and classes of length 1: x / np.linalg.norm(x, axis=-1, keepdims=True)",
    ),
)
EMBEDDINGS = Argument("embeddings")
OTHER_EMBEDDINGS = Argument("other_embeddings")
SCORES = Argument("scores")
OTHER_SCORES = Argument("other_scores")
ANCHORS = Argument("anchors")
POSITIVES = Argument("positives")
NEGATIVES = Argument("negatives")
POSITIVE_DISTANCES = Argument("positive_distances")
NEGATIVE_DISTANCES = Argument("negative_distances")
LOG_RATES = Argument("log_rates")
LOG_RATIOS = Argument("log_ratios")
CHOSEN = Argument("chosen")
REJECTED = Argument("rejected")
BASELINES = Argument("baselines")
LOG_MEANS = Argument("log_means")
MEANS_OF_NORMALS = Argument("means")
PRIOR_MEANS = Argument("prior_means")
LOSSES = Argument("losses")
LOG_HAZARDS = Argument("log_hazards")
TIMES = Argument("times")

_CORNERS = Domain(box="corners"), on_corners
_CENTERS = Domain(box="center"), on_centers
BOXES = {
    "corners": (Argument("predictions", *_CORNERS), Argument("targets", *_CORNERS)),
    "center": (Argument("predictions", *_CENTERS), Argument("targets", *_CENTERS)),
}
"""Those of a loss of boxes, by their format."""

PROBS = Argument("probs", _UNIT, on_probs)
CLASS_PROBS = Argument("probs", _SIMPLEX, on_probs)
LOG_PROBS = Argument(
    "log_probs",
    Domain(high=0),
    Advice(
        "L102",
        "the logarithm of a probability is at most 0",
        "log_softmax(logits), or the loss that takes logits",
    ),
)

_OF_ANSWERS = Advice(
    "L102",
    "the logarithm of a probability is at most 0, and so is the mean of some",
    "log-probabilities, not ratios to a reference model, for which there is dpo",
)
CHOSEN_LOG_PROBS = Argument("chosen", Domain(high=0), _OF_ANSWERS)
REJECTED_LOG_PROBS = Argument("rejected", Domain(high=0), _OF_ANSWERS)

LABELS = Argument("labels", _UNIT, on_labels)
CLASS_IDS = Argument("labels", Domain(is_class_id=True), on_class_ids)
RANKS = Argument("labels", Domain(is_class_id=True, beyond=1), on_ranks)
BINS = Argument("labels", Domain(low=0, length_of="c", beyond=-1), on_bins)
LABEL_LOGITS = Argument("labels")
CLASS_LABELS = Argument("labels", _SIMPLEX, on_class_labels, on_label_rows)
LOG_LABELS = Argument(
    "labels",
    Domain(high=0),
    Advice(
        "L120", "the logarithm of a probability is at most 0", 'labels_in="probs", if these are probabilities'
    ),
)
SIGNS = Argument(
    "labels",
    Domain(-1, 1),
    Advice("L101", "the sign of a label tells on which side the score should be", "-1 or 1, or between them"),
)
RELEVANCES = Argument(
    "labels",
    _NOT_NEGATIVE,
    Advice(
        "L120",
        "an item with negative relevance would be rewarded for an ever lower score",
        "items=labels >= 0, if negative labels mark padding",
    ),
)

ITEMS = Argument("items", _UNIT, Advice("L120", "an item is either present or not", "items=items != 0"))
EVENTS = Argument(
    "events",
    _UNIT,
    Advice("L120", "an event either happened or did not", "times before events, each 1 or 0"),
)
SEGMENTS = Argument("segments", Domain(0, 2**24))  # integers that float32 can represent
COUNTS = Argument(
    "counts",
    _NOT_NEGATIVE,
    Advice(
        "L120",
        "a count cannot be negative",
        "where=counts >= 0, if negative counts mark missing data",
    ),
    counts=True,
)
QUANTITIES = Argument(
    "targets",
    _NOT_NEGATIVE,
    Advice(
        "L120",
        "a negative amount has no logarithm, and the loss has no minimum",
        "where=, if a negative amount marks missing data; np.clip(targets, 0, None), if it is noise",
    ),
)
RATES = Argument(
    "rates",
    _NOT_NEGATIVE,
    Advice("L120", "these look like logarithms of rates", "log_poisson(log_rates, counts)"),
)
MEANS = Argument(
    "means",
    _NOT_NEGATIVE,
    Advice("L120", "these look like logarithms", "log_negative_binomial(log_means, counts, dispersions)"),
)
DISPERSIONS = Argument(
    "dispersions",
    _NOT_NEGATIVE,
    Advice(
        "L120",
        "the variance cannot be less than that of a Poisson distribution",
        "np.exp(dispersions), if these are logarithms",
    ),
)
SCALES = Argument(
    "scales",
    _NOT_NEGATIVE,
    Advice("L120", "a scale cannot be negative", "np.exp(scales), if these are logarithms"),
)
VARIANCES = Argument(
    "variances",
    _NOT_NEGATIVE,
    Advice("L120", "a variance cannot be negative", "np.exp(variances), if these are logarithms"),
)
PRIOR_VARIANCES = Argument(
    "prior_variances",
    _NOT_NEGATIVE,
    Advice("L120", "a variance cannot be negative", "np.exp(prior_variances), if these are logarithms"),
)
DISTANCES = Argument(
    "distances",
    _NOT_NEGATIVE,
    Advice(
        "L120",
        "a pair with a negative distance would be rewarded without end",
        "1 - similarity, if these are similarities",
    ),
)
AMOUNTS = Argument(
    "predictions",
    _LOG1P,
    Advice(
        "L120",
        "below -1 there is no logarithm",
        "a layer that keeps predictions positive, such as softplus, before the loss",
    ),
)
TRUE_AMOUNTS = Argument(
    "targets",
    _LOG1P,
    Advice(
        "L120",
        "below -1 there is no logarithm",
        "where=targets >= 0, if negative targets mark missing data",
    ),
)
LOGIT_LENGTHS = Argument("logit_lengths", Domain(low=0, length_of="t"), on_lengths)
LABEL_LENGTHS = Argument("label_lengths", Domain(low=0, length_of="l"), on_lengths)
CLASS_SEQUENCES = Argument("labels", Domain(is_class_id=True), on_sequences)
