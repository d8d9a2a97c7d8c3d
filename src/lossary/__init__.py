"""lossary: a glossary of losses for any array."""

from importlib import import_module

__version__ = "0.1.0"

# A name imports its module on first use, so `import lossary` costs nothing. `__init__.pyi` tells type
# checkers and editors the same.
_HOMES = {
    "lossary._check": (
        "LossInputError",
        "LossTypeError",
    ),
    "lossary._config": ("config",),
    "lossary._engine": ("Total",),
    "lossary.diagnosis": (
        "diagnose",
        "diagnose_history",
    ),
    "lossary.losses.boxes": (
        "complete_iou",
        "distance_iou",
        "generalized_iou",
        "iou",
    ),
    "lossary.losses.classification": (
        "arcface",
        "binary_cross_entropy",
        "binary_focal",
        "brier",
        "categorical_cross_entropy",
        "categorical_focal",
        "cosface",
        "fenchel_young",
        "generalized_cross_entropy",
        "hinge",
        "linear_arcface",
        "linear_cross_entropy",
        "logistic",
        "multi_margin",
        "multiclass_hinge",
        "multiclass_perceptron",
        "multiclass_sparsemax",
        "multilabel_margin",
        "multilabel_soft_margin",
        "negative_log_likelihood",
        "perceptron",
        "sigmoid_asymmetric",
        "sigmoid_binary_cross_entropy",
        "sigmoid_conditional_ordinal",
        "sigmoid_focal",
        "sigmoid_ordinal",
        "sigmoid_quality_focal",
        "smooth_labels",
        "softmax_cross_entropy",
        "softmax_distribution_focal",
        "softmax_focal",
        "softmax_generalized_cross_entropy",
        "softmax_poly1",
        "sparsemax",
        "squared_hinge",
    ),
    "lossary.losses.divergences": (
        "gaussian_kl_divergence",
        "generalized_kl_divergence",
        "jensen_shannon",
        "kl_divergence",
        "log_kl_divergence",
        "softmax_jensen_shannon",
        "softmax_kl_divergence",
    ),
    "lossary.losses.likelihoods": (
        "crps_ensemble",
        "discrete_hazard",
        "gaussian_crps",
        "gaussian_nll",
        "laplace_nll",
        "log_gamma_nll",
        "log_negative_binomial",
        "log_poisson",
        "log_tweedie",
        "negative_binomial",
        "poisson",
        "student_t_nll",
        "zero_inflated_poisson",
    ),
    "lossary.losses.lists": (
        "cox",
        "list_mle",
        "pairwise_logistic",
        "softmax_ranking",
    ),
    "lossary.losses.metric": (
        "barlow_twins",
        "circle",
        "contrastive",
        "cosine_distance",
        "cosine_embedding",
        "cosine_similarity",
        "hinge_embedding",
        "info_nce",
        "margin_ranking",
        "multi_similarity",
        "nt_xent",
        "sigmoid_contrastive",
        "supervised_contrastive",
        "triplet",
        "triplet_margin",
        "vicreg",
    ),
    "lossary.losses.preferences": (
        "dpo",
        "ipo",
        "kto",
        "orpo",
        "simpo",
    ),
    "lossary.losses.regression": (
        "absolute_error",
        "absolute_percentage_error",
        "epsilon_insensitive",
        "expectile",
        "general_robust",
        "half_squared_error",
        "huber",
        "interval_score",
        "log_cosh",
        "pinball",
        "pseudo_huber",
        "quantile_huber",
        "smooth_l1",
        "squared_epsilon_insensitive",
        "squared_error",
        "squared_log_error",
        "symmetric_absolute_percentage_error",
        "tukey_biweight",
    ),
    "lossary.losses.segmentation": (
        "dice",
        "focal_tversky",
        "generalized_dice",
        "lovasz",
        "lovasz_hinge",
        "lovasz_softmax",
        "sigmoid_dice",
        "sigmoid_focal_tversky",
        "sigmoid_tversky",
        "tversky",
    ),
    "lossary.losses.sequence": ("ctc", "rnnt"),
    "lossary.transforms": (
        "accelerate",
        "check",
        "total",
        "value_and_grad",
        "value_grad_hess",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        from lossary._words import no_such_name

        raise no_such_name(name, tuple(__all__))
    found: object = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*globals(), *__all__]
