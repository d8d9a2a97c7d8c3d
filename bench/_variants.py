"""Which losses are measured, with which options, on which inputs."""

from dataclasses import dataclass, field
from typing import Any

GAMMAS = (0.0, 0.5, 1.0, 2.0, 5.0)
DTYPES = ("float64", "float32", "bfloat16", "float16")
HALVES = ("bfloat16", "float16")
"""Losses compute these in float32."""
ORDERS = ("value", "grad", "hess")

_WEIGHTS = (1.0, 0.3, 2.7, 0.5)


@dataclass(frozen=True)
class Variant:
    """One loss with one set of options, on one kind of grid (see `bench._grids`)."""

    loss: str
    name: str
    grid: str
    options: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def rows(self) -> bool:
        """Whether an example is a row of classes."""
        return " of " in self.grid

    @property
    def wide(self) -> bool:
        """Whether rows are too long for methods that need a pass per class."""
        return self.grid.startswith("wide")

    @property
    def ids(self) -> bool:
        return self.grid.endswith("ids")

    @property
    def gamma(self) -> float:
        return self.options.get("gamma", 2.0) if "focal" in self.loss else 0.0

    def __str__(self) -> str:
        return f"{self.loss} ({self.name})"


def _binary_logits() -> list[Variant]:
    bce, focal = "sigmoid_binary_cross_entropy", "sigmoid_focal"
    return [
        Variant(bce, "plain", "logits"),
        Variant(bce, "pos_weight 3", "logits", {"pos_weight": 3.0}),
        Variant(bce, "smoothing 0.1", "logits", {"label_smoothing": 0.1}),
        *[Variant(focal, f"gamma {g:g}", "logits", {"gamma": g}) for g in GAMMAS],
        Variant(focal, "alpha 0.25", "logits", {"alpha": 0.25}),
        Variant(focal, "smoothing 0.1", "logits", {"label_smoothing": 0.1}),
    ]


def _binary_probs() -> list[Variant]:
    bce, focal = "binary_cross_entropy", "binary_focal"
    return [
        Variant(bce, "plain", "probs"),
        Variant(bce, "smoothing 0.1", "probs", {"label_smoothing": 0.1}),
        Variant(bce, "min_prob 1e-7", "probs", {"min_prob": 1e-7}),
        *[Variant(focal, f"gamma {g:g}", "probs", {"gamma": g}) for g in GAMMAS],
        Variant(focal, "alpha 0.25", "probs", {"alpha": 0.25}),
    ]


def _class_logits() -> list[Variant]:
    ce, focal = "softmax_cross_entropy", "softmax_focal"
    smooth, weighted = {"label_smoothing": 0.1}, {"class_weights": _WEIGHTS}
    found = []
    for labels in ("ids", "distributions"):
        grid = f"rows of {labels}"
        found += [
            Variant(ce, labels, grid),
            Variant(ce, f"{labels}, smoothing 0.1", grid, smooth),
            Variant(ce, f"{labels}, class weights", grid, weighted),
            *[Variant(focal, f"{labels}, gamma {g:g}", grid, {"gamma": g}) for g in GAMMAS],
        ]
    return [
        *found,
        Variant(ce, "1000 classes, ids", "wide rows of ids"),
        Variant(ce, "1000 classes, ids, smoothing 0.1", "wide rows of ids", smooth),
        Variant(ce, "1000 classes, distributions", "wide rows of distributions"),
        Variant(focal, "ids, smoothing 0.1, class weights", "rows of ids", {**smooth, **weighted}),
        Variant(focal, "1000 classes, ids, gamma 2", "wide rows of ids", {"gamma": 2.0}),
    ]


def _class_probs() -> list[Variant]:
    ce, focal, nll = "categorical_cross_entropy", "categorical_focal", "negative_log_likelihood"
    ids, distributions = "prob rows of ids", "prob rows of distributions"
    weighted = {"class_weights": _WEIGHTS}
    return [
        Variant(ce, "ids", ids),
        Variant(ce, "distributions", distributions),
        Variant(ce, "ids, class weights", ids, weighted),
        Variant(ce, "distributions, smoothing 0.1", distributions, {"label_smoothing": 0.1}),
        *[Variant(focal, f"ids, gamma {g:g}", ids, {"gamma": g}) for g in GAMMAS],
        Variant(focal, "distributions, class weights", distributions, {"gamma": 2.0, **weighted}),
        Variant(nll, "ids", "log rows of ids"),
        Variant(nll, "distributions", "log rows of distributions"),
        Variant(nll, "ids, smoothing 0.1, class weights", "log rows of ids",
                {"label_smoothing": 0.1, **weighted}),
    ]  # fmt: skip


def _regression() -> list[Variant]:
    return [
        Variant("squared_error", "plain", "errors"),
        Variant("absolute_error", "plain", "errors"),
        *[Variant("huber", f"delta {d:g}", "errors", {"delta": d}) for d in (1.0, 0.3, 100.0)],
        *[Variant("pseudo_huber", f"delta {d:g}", "errors", {"delta": d}) for d in (1.0, 0.3)],
        Variant("expectile", "level 0.8", "errors", {"level": 0.8}),
        Variant("epsilon_insensitive", "tolerance 0.125", "errors", {"tolerance": 0.125}),
        Variant("squared_epsilon_insensitive", "tolerance 0.125", "errors", {"tolerance": 0.125}),
        *[
            Variant("general_robust", f"shape {a:g}", "errors", {"shape": a, "scale": 2.0})
            for a in (1.0, 0.0, -2.0, float("-inf"), 1.5)
        ],
        Variant("tukey_biweight", "scale 4", "errors", {"scale": 4.0}),
        Variant("quantile_huber", "quantile 0.8", "errors", {"quantile": 0.8, "delta": 1.0}),
    ]


def all_variants() -> list[Variant]:
    return [
        *_binary_logits(),
        *_class_logits(),
        *_binary_probs(),
        *_class_probs(),
        *_regression(),
    ]


def first_of_each() -> list[Variant]:
    """The first variant of every loss."""
    return list({v.loss: v for v in reversed(all_variants())}.values())[::-1]
