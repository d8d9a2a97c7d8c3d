"""The lines over which losses are plotted: one number of the first input changes along each line.

Most losses take one number or class scores, and a call tells which. The others have their lines here.
"""

from collections.abc import Callable, Mapping
from inspect import signature
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

import lossary
from lossary._check import LossInputError, LossTypeError
from lossary.cli._terminal import UsageError

NUMBERS = np.linspace(-6.0, 6.0, 401)
POSITIVE = np.linspace(0.005, 6.0, 401)
LOGARITHMS = np.linspace(-2.0, 3.0, 401)
COSINES = np.linspace(-0.99, 0.99, 401)
UNIT = np.linspace(0.03, 0.97, 401)


class Line(NamedTuple):
    """The first input is start + x·direction for each x; the other inputs stay as they are."""

    name: str
    over: str
    x: Any
    start: Any
    direction: Any
    others: tuple[Any, ...]
    options: Mapping[str, Any] = MappingProxyType({})


class Curve(NamedTuple):
    name: str
    over: str
    x: Any
    value: Any
    grad: Any
    hess: Any | None
    """None if examples share inputs: then there is no diagonal Hessian."""


def curves(name: str, loss: Any) -> list[Curve]:
    """One curve per line."""
    if name in _LINES:
        return [_along(loss, line) for line in _LINES[name]]
    for lines in (_of_number, _of_class):
        try:
            return [_along(loss, line) for line in lines(loss)]
        except (LossInputError, LossTypeError, TypeError, ValueError):
            continue
    raise UsageError(f"{name} cannot be plotted over one number or over one of three scores")


def _along(loss: Any, line: Line) -> Curve:
    """Value and derivatives along the line.

    The curvature is right if only one number changes, or if the Hessian is diagonal, as for a sum over
    probabilities.
    """
    many = len(line.x)
    direction = np.asarray(line.direction, dtype=float)
    first = line.start + np.multiply.outer(line.x, direction)
    others = [np.broadcast_to(other, (many, *np.shape(other))).copy() for other in line.others]

    def derived(transform: Callable[..., Any]) -> list[Any]:
        value, *slopes = transform(loss)(first, *others, reduction="none", **line.options)
        scaled = [slope * direction**order for order, slope in enumerate(slopes, start=1)]
        return [array.reshape(many, -1).sum(axis=1) for array in (value, *scaled)]

    try:
        value, grad, hess = derived(lossary.value_grad_hess)
    except LossInputError as error:
        if error.code != "L006":
            raise
        (value, grad), hess = derived(lossary.value_and_grad), None
    return Curve(line.name, line.over, line.x, value, grad, hess)


def _of_number(loss: Any) -> list[Line]:
    """A number, and its label or target."""
    first, second, *_ = signature(loss).parameters
    x = UNIT if first in ("probs", "rates", "distances") else NUMBERS
    labels = (0.0, 1.0) if second == "labels" else (0.0,)
    return [Line(f"{second.rstrip('s')} {label:g}", first, x, 0.0, 1.0, (label,)) for label in labels]


def _of_class(loss: Any) -> list[Line]:
    """The score of one of three classes, which is or is not the label."""
    names = ("its score, the others 0", "the score of another class")
    return [_scores(name, label) for label, name in enumerate(names)]


def _scores(name: str, *others: Any, over: str = "logits", **options: Any) -> Line:
    return Line(name, over, NUMBERS, np.zeros(3), (1, 0, 0), others, options)


def _share(name: str, *others: Any) -> Line:
    """The probability of one class; the other two share the rest equally."""
    return Line(name, "probability of the first class", UNIT, (0, 0.5, 0.5), (1, -0.5, -0.5), others)


def _log_share(name: str, *others: Any) -> Line:
    return Line(name, "log-probability of the first class", np.log(UNIT), (0, -1, -1), (1, 0, 0), others)


def _pixel(name: str, start: tuple[float, ...], x: Any, over: str) -> Line:
    """The first of four pixels; the first two belong to the region."""
    return Line(name, over, x, start, (1, 0, 0, 0), ((1, 1, 0, 0),), {"axis": -1})


def _point(name: str, *others: Any, start: Any = (0.0, 1.0), direction: Any = (1, 0), **options: Any) -> Line:
    return Line(name, "x of the point (x, 1)", NUMBERS, start, direction, others, options)


def _each(name: str, option: str, values: tuple[float, ...], target: float) -> tuple[Line, ...]:
    """A line for each value of an option."""
    return tuple(
        [Line(name.format(v), "predictions", NUMBERS, 0.0, 1.0, (target,), {option: v}) for v in values]
    )


def _of_amounts(name: str, targets: tuple[float, ...]) -> tuple[Line, ...]:
    return tuple([Line(name.format(y), "log_means", LOGARITHMS, 0.0, 1.0, (y,)) for y in targets])


def _of_scales(name: str, scales: tuple[float, ...]) -> tuple[Line, ...]:
    return tuple([Line(name.format(s), "predictions", NUMBERS, 0.0, 1.0, (0.0, s)) for s in scales])


_ITS_CLASS = (_share("the label's class", 0),)
_OF_TWO_LABELS = (_scores("right, as is the second", (1, 1, 0)), _scores("wrong", (0, 1, 0)))
_OF_GRADES = tuple(_scores(f"label {y}, the others 0", y) for y in (0, 1, 3))
_OF_COSINES = (
    Line("the label's, the others 0.3", "cosine", COSINES, (0.0, 0.3, 0.3), (1, 0, 0), (0,), {"scale": 8.0}),
)
_DISTRIBUTION = (0.6, 0.3, 0.1)
_LABELS = "labels 0.6, 0.3, 0.1"
_PROBS = (_pixel("the others 0.8; 0.2, 0.2", (0, 0.8, 0.2, 0.2), UNIT, "probability of a pixel inside"),)
_LOGITS = (_pixel("the others 2; -2, -2", (0, 2, -2, -2), NUMBERS, "logit of a pixel inside"),)
_COSINE = (_point("target (1, 0)", (1.0, 0.0)),)
_THREE = np.array([(0.0, 1.0), (1.0, 1.0), (-1.0, 1.0)])
_FIRST_OF_THREE = np.array([(1, 0), (0, 0), (0, 0)])
_GROUPS = "group at (1, 1)"
_OF_GROUPS = (_point(_GROUPS, (0, 0, 1), start=_THREE, direction=_FIRST_OF_THREE, temperature=0.5),)
_PAIRS = (
    _point(
        *("its like at (1, 1)", ((1.0, 1.0), (-1.0, 1.0))),
        start=np.array([(0.0, 1.0), (-1.0, 1.0)]),
        direction=np.array([(1, 0), (0, 0)]),
    ),
)
_VIEWS = (
    _point(
        *("its other view at (1, 1)", ((1.0, 1.0), (1.0, 0.0), (-1.0, -1.0))),
        start=np.array([(0.0, 1.0), (1.0, 0.0), (-1.0, -1.0)]),
        direction=_FIRST_OF_THREE,
    ),
)
_SECOND_FRAME = np.array([(0, 0, 0), (0, 1, 0), (0, 0, 0), (0, 0, 0)])
_FIRST_NODE = np.zeros((4, 3, 3))
_FIRST_NODE[0, 0, 1] = 1.0
_TWO_CLASSES = np.array([(0.0, 0.5), (0.8, 0.2), (0.1, 0.9), (0.2, 0.8)])
_FIRST_OF_CLASSES = np.array([(1, 0), (0, 0), (0, 0), (0, 0)])
_OF_CLASSES = (
    Line(
        *("the right class", "probability of the first pixel", UNIT, _TWO_CLASSES, _FIRST_OF_CLASSES),
        *((((1, 0), (1, 0), (0, 1), (0, 1)),), {"axis": -2}),
    ),
)

_BOX = (
    Line(
        *(
            "at the same height and of the same size",
            "x of the center",
            NUMBERS,
            np.array([0.0, 0.0, 2.0, 1.0]),
        ),
        *((1, 0, 0, 0), ((0.0, 0.0, 2.0, 1.0),), {"format": "center"}),
    ),
)
_LINES: dict[str, tuple[Line, ...]] = {
    "absolute_percentage_error": (Line("target 2", "predictions", NUMBERS, 0.0, 1.0, (2.0,)),),
    "pinball": _each("target 0, quantile {:g}", "quantile", (0.5, 0.9), 0.0),
    "squared_log_error": (Line("target 1", "predictions", POSITIVE, 0.0, 1.0, (1.0,)),),
    "poisson": (
        Line("count 1", "rates", POSITIVE, 0.0, 1.0, (1.0,)),
        Line("count 3", "rates", POSITIVE, 0.0, 1.0, (3.0,)),
    ),
    "gaussian_nll": _of_scales("target 0, variance {:g}", (1.0, 4.0)),
    "expectile": _each("target 0, level {:g}", "level", (0.5, 0.9), 0.0),
    "quantile_huber": _each("target 0, quantile {:g}", "quantile", (0.5, 0.9), 0.0),
    "general_robust": _each("target 0, shape {:g}", "shape", (1.0, -2.0), 0.0),
    "symmetric_absolute_percentage_error": (Line("target 2", "predictions", NUMBERS, 0.0, 1.0, (2.0,)),),
    "interval_score": (
        Line("target 0, lower bound -1", "upper bound", NUMBERS, np.array([-1.0, 0.0]), (0, 1), (0.0,)),
    ),
    "log_gamma_nll": _of_amounts("target {:g}", (1.0, 3.0)),
    "log_tweedie": _of_amounts("target {:g}", (0.0, 3.0)),
    "negative_binomial": tuple(
        Line(f"count 3, dispersion {a:g}", "means", POSITIVE, 0.0, 1.0, (3.0, a)) for a in (0.0, 1.0)
    ),
    "log_negative_binomial": tuple(
        Line(f"count 3, dispersion {a:g}", "log_means", LOGARITHMS, 0.0, 1.0, (3.0, a)) for a in (0.0, 1.0)
    ),
    "zero_inflated_poisson": tuple(
        Line(f"count {n:g}, logit 0", "log_rates", LOGARITHMS, 0.0, 1.0, (n, 0.0)) for n in (0.0, 3.0)
    ),
    "student_t_nll": _of_scales("target 0, scale {:g}", (1.0, 2.0)),
    "laplace_nll": _of_scales("target 0, scale {:g}", (1.0, 2.0)),
    "gaussian_crps": _of_scales("target 0, variance {:g}", (1.0, 4.0)),
    "crps_ensemble": (
        Line(
            "target 0, other members -2, 1",
            "a member",
            NUMBERS,
            np.array([0.0, -2.0, 1.0]),
            (1, 0, 0),
            (0.0,),
        ),
    ),
    "gaussian_kl_divergence": (
        Line("variance 1", "means", NUMBERS, 0.0, 1.0, (1.0, 0.0, 1.0)),
        Line("variance 0.25", "means", NUMBERS, 0.0, 1.0, (0.25, 0.0, 1.0)),
    ),
    **{
        loss: (Line("rejected 0", "chosen", 2.0 * NUMBERS, 0.0, 1.0, (0.0,), {"beta": 0.5}),)
        for loss in ("dpo", "ipo", "simpo")
    },
    "kto": tuple(
        Line(f"label {y:g}, baseline 0", "log_ratios", 2.0 * NUMBERS, 0.0, 1.0, (y, 0.0), {"beta": 0.5})
        for y in (0.0, 1.0)
    ),
    "orpo": (Line("rejected -1", "chosen", np.linspace(-6.0, -0.01, 401), 0.0, 1.0, (-1.0,)),),
    "brier": _ITS_CLASS,
    "sigmoid_quality_focal": tuple(
        Line(f"label {y:g}", "logits", NUMBERS, 0.0, 1.0, (y,)) for y in (0.0, 0.5, 1.0)
    ),
    "sigmoid_ordinal": _OF_GRADES,
    "sigmoid_conditional_ordinal": _OF_GRADES,
    "softmax_distribution_focal": (_scores("label 0.25, the others 0", 0.25), _scores("label 2", 2.0)),
    "cosface": _OF_COSINES,
    "arcface": _OF_COSINES,
    "linear_arcface": (
        Line(
            *("the label's class at (0, 1)", "x of the embedding (x, 1)", NUMBERS),
            *((0.0, 1.0), (1, 0), ()),
            {
                "weight": np.array([(0, 1), (1, 0), (-1, 0)]),
                "labels": np.zeros(len(NUMBERS), dtype=int),
                "scale": 8.0,
            },
        ),
    ),
    "linear_cross_entropy": (
        Line(
            *("the label's class", "first of three states", NUMBERS, np.zeros(3), (1, 0, 0), ()),
            {"weight": np.eye(3), "labels": np.zeros(len(NUMBERS), dtype=int)},
        ),
    ),
    "categorical_cross_entropy": _ITS_CLASS,
    "categorical_focal": _ITS_CLASS,
    "generalized_cross_entropy": _ITS_CLASS,
    "negative_log_likelihood": (_log_share("the label's class", 0),),
    "multilabel_margin": _OF_TWO_LABELS,
    "multilabel_soft_margin": _OF_TWO_LABELS,
    "kl_divergence": (_share(_LABELS, _DISTRIBUTION),),
    "jensen_shannon": (_share(_LABELS, _DISTRIBUTION),),
    "log_kl_divergence": (_log_share(_LABELS, _DISTRIBUTION),),
    "generalized_kl_divergence": (_scores("targets 3, 2, 1", (3.0, 2.0, 1.0), over="log_rates"),),
    "softmax_kl_divergence": (_scores(_LABELS, _DISTRIBUTION),),
    "softmax_jensen_shannon": (_scores(_LABELS, _DISTRIBUTION),),
    "list_mle": (
        _scores("the most relevant", (2, 1, 0)),
        _scores("the least relevant", (0, 1, 2)),
    ),
    "pairwise_logistic": (
        _scores("the most relevant", (2, 1, 0)),
        _scores("the least relevant", (0, 1, 2)),
    ),
    "cox": (
        _scores("the first to have the event", (1, 2, 3), (1, 1, 1), over="log_hazards"),
        _scores("the last to be seen", (3, 1, 2), (0, 1, 1), over="log_hazards"),
    ),
    "discrete_hazard": (
        _scores("an event in the first interval", 0, 1),
        _scores("an event later on", 2, 1),
    ),
    "softmax_ranking": (
        _scores("the most relevant", (2, 1, 0)),
        _scores("the least relevant", (0, 1, 2)),
    ),
    **dict.fromkeys(("dice", "focal_tversky", "lovasz", "tversky"), _PROBS),
    **dict.fromkeys(("sigmoid_dice", "lovasz_hinge", "sigmoid_focal_tversky", "sigmoid_tversky"), _LOGITS),
    **dict.fromkeys(("complete_iou", "distance_iou", "generalized_iou", "iou"), _BOX),
    "generalized_dice": _OF_CLASSES,
    "lovasz_softmax": _OF_CLASSES,
    "cosine_similarity": _COSINE,
    "cosine_distance": _COSINE,
    "cosine_embedding": (
        _point("belongs to (1, 0)", (1.0, 0.0), 1),
        _point("does not", (1.0, 0.0), 0, margin=0.5),
    ),
    "margin_ranking": (
        Line("should be above 0", "scores", NUMBERS, 0.0, 1.0, (0.0, 1)),
        Line("should be below", "scores", NUMBERS, 0.0, 1.0, (0.0, 0)),
    ),
    "triplet_margin": (_point("to (0, 0), from (2, 0)", (0.0, 0.0), (2.0, 0.0)),),
    "barlow_twins": _VIEWS,
    "vicreg": _VIEWS,
    "info_nce": _PAIRS,
    "sigmoid_contrastive": _PAIRS,
    "supervised_contrastive": _OF_GROUPS,
    "nt_xent": _OF_GROUPS,
    "multi_similarity": (
        _point(_GROUPS, (0, 0, 1), start=_THREE, direction=_FIRST_OF_THREE, negative_scale=4.0),
    ),
    "circle": (_point(_GROUPS, (0, 0, 1), start=_THREE, direction=_FIRST_OF_THREE, gamma=4.0),),
    "ctc": (
        Line(
            *("labels 1, 2", "logit of label 1 in the second of four frames", NUMBERS, np.zeros((4, 3))),
            *(_SECOND_FRAME, ((1, 2),)),
        ),
    ),
    "rnnt": (
        Line(
            *("labels 1, 2", "logit of label 1 at the first of four frames", NUMBERS, np.zeros((4, 3, 3))),
            *(_FIRST_NODE, ((1, 2),)),
        ),
    ),
}
