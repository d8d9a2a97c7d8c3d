"""Why losses take longer than their alternatives: a word for each reason, and its losses."""

from typing import NamedTuple


class Reason(NamedTuple):
    sentence: str
    losses: frozenset[str]


def _reason(sentence: str, losses: str) -> Reason:
    return Reason(sentence, frozenset(losses.split()))


CHECKS = "checks"
REASONS = {
    CHECKS: _reason(
        "Every label, probability, scale, or box is read to find those outside the domain. The alternative"
        " checks nothing, and with class ids it reads one probability in a row. Measured on NumPy and torch"
        ' with `lossary.config(check="never")`; in a compiled JAX function invalid values become NaN by an'
        " operation on each.",
        "",
    ),
    "digits": _reason(
        "Small losses keep their digits. Where the alternative subtracts rounded numbers, as in 1 - cosine,"
        " 1 - IoU, or a divergence of distributions that nearly agree, a formula with two to four times as"
        " many operations takes over. Rows of class scores leave the label's class out of the sum of"
        " exponentials.",
        "pseudo_huber general_robust log_cosh squared_log_error cosine_similarity cosine_distance"
        " cosine_embedding kl_divergence log_kl_divergence softmax_kl_divergence jensen_shannon"
        " softmax_jensen_shannon generalized_kl_divergence gaussian_kl_divergence log_gamma_nll log_tweedie"
        " student_t_nll negative_binomial log_negative_binomial zero_inflated_poisson gaussian_crps iou"
        " generalized_iou distance_iou complete_iou dice tversky focal_tversky sigmoid_dice sigmoid_tversky"
        " sigmoid_focal_tversky generalized_dice barlow_twins vicreg softmax_cross_entropy softmax_focal"
        " softmax_poly1 softmax_generalized_cross_entropy generalized_cross_entropy cosface arcface brier"
        " orpo binary_focal categorical_focal triplet_margin poisson",
    ),
    "ends": _reason(
        "Infinities, zeros, and masked classes have the loss and the gradient of the limit, not NaN, and a"
        " kink has a defined side. That takes a selection or two bounds for each number, and on a CPU XLA"
        " writes the result of a selection to memory before it is summed.",
        "hinge squared_hinge perceptron sparsemax logistic hinge_embedding margin_ranking triplet"
        " triplet_margin epsilon_insensitive squared_epsilon_insensitive expectile pinball quantile_huber"
        " interval_score tukey_biweight smooth_l1 contrastive multi_margin multiclass_hinge"
        " multiclass_perceptron multilabel_margin multilabel_soft_margin sigmoid_binary_cross_entropy"
        " binary_cross_entropy sigmoid_quality_focal sigmoid_asymmetric sigmoid_ordinal"
        " sigmoid_conditional_ordinal softmax_distribution_focal discrete_hazard dpo ipo kto simpo orpo"
        " log_poisson gaussian_nll laplace_nll absolute_percentage_error symmetric_absolute_percentage_error"
        " categorical_cross_entropy negative_log_likelihood softmax_ranking softmax_kl_divergence"
        " log_kl_divergence kl_divergence poisson pairwise_logistic general_robust",
    ),
    "order": _reason(
        "Rows are sorted, and equal numbers share their gradient, whatever their order. Risk sets are summed"
        " pair by pair, without subtracting one maximum from all scores, unless NumPy sees that scores are"
        " close enough for differences in double precision.",
        "cox list_mle lovasz lovasz_hinge lovasz_softmax crps_ensemble multiclass_sparsemax",
    ),
    "chunks": _reason(
        "Similarities are computed in chunks, and again for the gradient, so memory does not grow with the"
        " square of the batch or with the vocabulary.",
        "info_nce nt_xent supervised_contrastive circle multi_similarity sigmoid_contrastive"
        " linear_cross_entropy linear_arcface",
    ),
    "twice": _reason(
        "Value and gradient are two formulas; the alternative's gradient is one multiplication by what its"
        " value left in memory.",
        "absolute_error squared_error half_squared_error",
    ),
}
_CLEARLY = 0.85
"""Checks count as a reason if the time without them is less than this part."""


def reasons(loss: str, ratios: dict[str, list[float]]) -> str:
    """The words for a loss, with its ratios without checks where they matter."""
    saved = {
        library: numbers[2]
        for library, numbers in ratios.items()
        if len(numbers) > 2 and numbers[0] > 1 and numbers[2] < _CLEARLY * numbers[0]
    }
    words = [word for word, reason in REASONS.items() if loss in reason.losses]
    if saved:
        without = ", ".join(f"{_SHORT[library]} {number:.2f}" for library, number in saved.items())
        words.insert(0, f"{CHECKS} (without: {without})")
    return "; ".join(words)


_SHORT = {"numpy": "NumPy", "torch": "torch"}


def explained() -> str:
    """What the words mean."""
    return "\n".join(f"* *{word}*: {reason.sentence}" for word, reason in REASONS.items())
